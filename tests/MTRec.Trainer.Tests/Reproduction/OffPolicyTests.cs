using System.Globalization;
using System.Text;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Evaluation.OffPolicy;
using MTRec.Learning.Fitting;
using MTRec.Testing;
using MTRec.Trainer.Reproduction;
using MTRec.Trainer.Reproduction.OffPolicy;
using Xunit;

namespace MTRec.Trainer.Tests.Reproduction;

[Collection(nameof(LearnsInProcess))]
public sealed class OffPolicyTests : IDisposable
{
    private static readonly double[] Clicks = [0.05, 0.2, 0.5];
    private static readonly double[] Skewed = [0.1, 0.2, 0.7];
    private static readonly double[] Uniform = [1 / 3.0, 1 / 3.0, 1 / 3.0];

    private readonly string _folder = Directory.CreateTempSubdirectory("mtrec-ope").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Each_policy_is_found_in_the_other_ones_log()
    {
        Write();
        var (table, plots) = OpenBanditComparison.Run(_folder, new UserBootstrap(1, 2000));

        Assert.Equal(4 * 8, table.Rows.Count);
        Assert.Equal(4, plots.Count);
        foreach (var campaign in new[] { "men", "women" })
        {
            Check($"{campaign}, random", Value(Uniform), Value(Skewed));
            Check($"{campaign}, Thompson sampling", Value(Skewed), Value(Uniform));
        }

        void Check(string policy, double truth, double other)
        {
            Assert.Equal(other, Cell(policy, "log's own (no correction)", 0).Value, 0.03);
            foreach (var estimator in new[] { "IPS", "SNIPS", "clipped IPS at 10", "DR", "SNDR" })
            {
                Assert.Equal(truth, Cell(policy, estimator, 0).Value, 0.035);
                Assert.Equal(truth, Cell(policy, estimator, 1).Value, 0.03);
                var difference = Cell(policy, estimator, 2);
                Assert.Equal((Cell(policy, estimator, 0).Value / Cell(policy, estimator, 1).Value) - 1, difference.Value, 10);
                Assert.InRange(0, difference.Low!.Value, difference.High!.Value);
            }

            Assert.InRange(Cell(policy, "IPS", 3).Value, 500, 3000);
        }

        ReportCell Cell(string policy, string estimator, int column) =>
            Assert.Single(table.Rows, row => row.Label == $"{policy}: {estimator}").Cells[column]!;
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-0.5")]
    public void A_log_that_lacks_one_propensity_is_refused(string propensity)
    {
        Write(propensityOfRow7: propensity);
        var refusal = Assert.Throws<UnusableLogException>(() => OpenBanditComparison.Run(_folder, new UserBootstrap(1, 10)));
        Assert.Equal(("propensity", 7L), (refusal.Field, refusal.Row));
    }

    [OpenBanditTheory]
    [InlineData("men, random")]
    [InlineData("men, Thompson sampling")]
    [InlineData("women, random")]
    [InlineData("women, Thompson sampling")]
    public void On_the_real_logs_the_estimates_agree_with_the_truth_as_far_as_the_logs_tell(string policy)
    {
        var (table, _) = OpenBanditComparison.Run(SharedData.OpenBandit, new UserBootstrap(1, 2000));
        foreach (var estimator in new[] { "IPS", "SNIPS", "DR", "SNDR" })
        {
            var difference = Assert.Single(table.Rows, row => row.Label == $"{policy}: {estimator}").Cells[2]!;
            Assert.InRange(0, difference.Low!.Value, difference.High!.Value);
        }
    }

    [Fact]
    public void Coverage_is_near_its_level_and_bias_near_nothing_but_for_clipping_and_wrong_models()
    {
        var table = SyntheticCoverage.Run(40, new Progress<FitProgress>(), CancellationToken.None);
        Assert.Equal(11, table.Rows.Count);
        foreach (var row in table.Rows.Where(row => row.Label.EndsWith("IPS", StringComparison.Ordinal) || row.Label.Contains("DR", StringComparison.Ordinal)))
        {
            Assert.InRange(row.Cells[4]!.Value, 0.8, 1);
            Assert.InRange(row.Cells[2]!.Value, -0.03, 0.03);
        }

        Assert.True(Assert.Single(table.Rows, row => row.Label == "bandit: clipped IPS at 1").Cells[2]!.Value < -0.01);
        Assert.True(Assert.Single(table.Rows, row => row.Label == "bandit: DM, wrong model").Cells[2]!.Value > 0.05);
    }

    private static double Value(double[] policy) => policy.Zip(Clicks, (chance, click) => chance * click).Sum();

    private void Write(string? propensityOfRow7 = null)
    {
        foreach (var campaign in new[] { "men", "women" })
        {
            File.WriteAllText(Path.Combine(_folder, $"bts_{campaign}_item_context.csv.gz"), "item_id\n0\n1\n2\n");
            File.WriteAllText(Path.Combine(_folder, $"random_{campaign}.csv.gz"), Log(Uniform, 1, null));
            File.WriteAllText(Path.Combine(_folder, $"bts_{campaign}.csv.gz"), Log(Skewed, 2, propensityOfRow7));
        }
    }

    private static string Log(double[] policy, int seed, string? propensityOfRow7)
    {
        var random = new Random(seed);
        var text = new StringBuilder("item_id,position,click,propensity_score\n");
        for (var row = 0; row < 3000; row++)
        {
            var draw = random.NextDouble();
            var item = draw < policy[0] ? 0 : draw < policy[0] + policy[1] ? 1 : 2;
            var propensity = row == 7 && propensityOfRow7 is not null ? propensityOfRow7 : policy[item].ToString("R", CultureInfo.InvariantCulture);
            text.Append(CultureInfo.InvariantCulture, $"{item},{(row % 3) + 1},{(random.NextDouble() < Clicks[item] ? 1 : 0)},{propensity}\n");
        }

        return text.ToString();
    }
}
