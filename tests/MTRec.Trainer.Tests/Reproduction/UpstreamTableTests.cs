using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Fitting;
using MTRec.Learning.Pipelines;
using MTRec.Testing;
using MTRec.Trainer.Reproduction;
using Xunit;

namespace MTRec.Trainer.Tests.Reproduction;

[Collection(nameof(LearnsInProcess))]
public sealed class UpstreamTableTests
{
    private static readonly string Data = Path.Combine(SharedData.KuaiRand, "..");

    [KuaiRandFact]
    public void A_few_users_give_every_figure_with_its_interval()
    {
        var table = new UpstreamTable { Quick = new UpstreamBudget(0.01, 1, 10) };
        var report = table.Run(new ReproductionOptions(Data, 2, false, 1), new Progress<FitProgress>(), CancellationToken.None);

        Assert.Equal(
            ["auc.test.warm", "aucDifference", "auc.test.cold", "withinUserAuc.test", "calibration.test", "auc.dev.warm", "cost"],
            report.Tables.Select(figures => figures.Name));
        foreach (var figures in report.Tables)
            Assert.All(figures.Rows, row => Assert.Equal(figures.Columns.Count, row.Cells.Count));
        Assert.Equal(["positives", "logistic regression", "MMoE", "PLE", "MFH"], report.Tables[0].Rows.Select(row => row.Label));
        foreach (var row in report.Tables[0].Rows.Skip(1))
        {
            var click = row.Cells[0]!;
            Assert.True(click.Low <= click.Value && click.Value <= click.High);
            Assert.Equal(click.Value, click.BySeed!.Average(), 1e-12);
            Assert.NotEqual(click.BySeed![0], click.BySeed[1]);
        }

        // A difference is that of the means.
        Assert.Equal(report.Tables[0].Rows[3].Cells[0]!.Value - report.Tables[0].Rows[2].Cells[0]!.Value, report.Tables[1].Rows[1].Cells[0]!.Value, 1e-9);
        Assert.Equal(2, report.Plots.Count);
    }

    [KuaiRandFact]
    public void Scores_that_know_the_answer_are_perfect_and_their_opposites_the_reverse()
    {
        var data = KuaiRandFolder.Read(SharedData.KuaiRand, 0.02, CancellationToken.None);
        var test = KuaiRandExamples.From(data, 5, 2, 1).Test!;
        var figures = new UpstreamFigures("test", test, new SeedAndUserBootstrap(1, 20), 1, new Progress<FitProgress>(), CancellationToken.None);
        var (right, _) = new TaskTargets(test.Log, BehaviourTask.Wide).Of([.. Enumerable.Range(0, test.Count)]);
        var scores = new Dictionary<string, IReadOnlyList<float[]>>
        {
            ["right"] = [right],
            ["wrong"] = [Array.ConvertAll(right, value => 1 - value)],
            ["constant"] = [new float[right.Length]],
        };

        var auc = figures.Auc("auc", "", scores);
        Assert.Equal(test.Did(Core.Sessions.UserActions.Click).Count(did => did), auc.Rows[0].Cells[0]!.Value);
        AssertAll(1, auc.Rows[1]);
        AssertAll(0, auc.Rows[2]);
        AssertAll(0.5, auc.Rows[3]);
        var within = figures.WithinUsers("within", "", scores);
        AssertAll(1, within.Rows[0]);
        AssertAll(0, within.Rows[1]);
        AssertAll(0, figures.CalibrationErrors("calibration", "", scores).Rows[0]);
        AssertAll(1, figures.Differences(scores, "wrong").Table.Rows[0]);
    }

    // A rare task may have no positive among so few users.
    private static void AssertAll(double expected, ReportRow row) =>
        Assert.All(row.Cells.Where(cell => !double.IsNaN(cell!.Value)), cell => Assert.Equal(expected, cell!.Value, 1e-9));
}
