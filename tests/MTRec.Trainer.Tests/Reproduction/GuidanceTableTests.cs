using MTRec.Learning.Fitting;
using MTRec.Testing;
using MTRec.Trainer.Reproduction;
using Xunit;

namespace MTRec.Trainer.Tests.Reproduction;

[Collection(nameof(LearnsInProcess))]
public sealed class GuidanceTableTests
{
    [SequencesFact]
    public void Eight_recommenders_thrice_and_virtual_taobao_have_their_figures()
    {
        var options = new ReproductionOptions(Path.Combine(SequencesFactAttribute.Folder, ".."), Seeds: 1, Full: false, Threads: 1);
        var table = new GuidanceTable { Budget = new GuidanceBudget(1, Users: 200, Seeds: 1, [0.1, 0.5], new TaobaoBudget(1_000, 600, 2, 20)) };
        var report = table.Run(options, new Progress<FitProgress>(), default);

        Assert.Equal(["amazon_beauty", "amazon_beauty-choices", "amazon_beauty-rewards", "virtual-taobao"], report.Tables.Select(figures => figures.Name));
        var rows = report.Tables[0].Rows;
        Assert.Equal(27, rows.Count);
        for (var recommender = 0; recommender < rows.Count; recommender += 3)
        {
            var (first, irl, mtrec) = (rows[recommender], rows[recommender + 1], rows[recommender + 2]);
            Assert.Equal([$"{first.Label}-IRL", $"{first.Label}-MTRec"], [irl.Label, mtrec.Label]);
            Assert.Null(first.Cells[1]);
            foreach (var guided in new[] { irl, mtrec })
            {
                // AUC, NCIS and their differences from the unguided one; guidance moves both.
                Assert.Equal(guided.Cells[0]!.Value - first.Cells[0]!.Value, guided.Cells[1]!.Value, 9);
                Assert.Equal(guided.Cells[2]!.Value - first.Cells[2]!.Value, guided.Cells[3]!.Value, 9);
                Assert.NotEqual(0, guided.Cells[3]!.Value);
                Assert.True(guided.Cells[1]!.Low <= guided.Cells[1]!.Value && guided.Cells[1]!.Value <= guided.Cells[1]!.High);
            }

            Assert.InRange(first.Cells[0]!.Value, 0.3, 0.8);
        }

        // Each variant has the choice of the highest AUC of the validation rows.
        var choices = report.Tables[1].Rows.Select(row => row.Cells[0]!.Value).ToArray();
        Assert.Equal(6, choices.Length);
        for (var variant = 1; variant < 3; variant++)
        {
            var weight = choices[2 * variant] > choices[(2 * variant) + 1] ? 0.1 : 0.5;
            Assert.All(rows.Where((_, row) => row % 3 == variant), row => Assert.Equal(weight, row.Cells[5]!.Value, 9));
        }

        Assert.All(report.Tables[2].Rows, row => Assert.All(row.Cells, cell => Assert.InRange(cell!.Value, 0.3, 0.9)));
        Assert.Equal(rows.Where((_, row) => row < 24 && row % 3 == 2).Average(row => row.Cells[1]!.Value), rows[26].Cells[1]!.Value, 9);
    }
}
