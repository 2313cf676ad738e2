using FsCheck;
using FsCheck.Fluent;
using MTRec.Core.Fusion;
using MTRec.Core.Tasks;
using Xunit;

namespace MTRec.Core.Tests.Fusion;

public class FuserTests
{
    private static readonly float[] Scores = [0.5f, 0.25f];

    [Fact]
    public void Weighted_sum()
    {
        var contributions = new float[2];

        var f = Fuser.Fuse(FusionFormula.WeightedSum, Scores, [2, -4], [], contributions);

        Assert.Equal([1, -1], contributions);
        Assert.Equal(0, f);
    }

    [Fact]
    public void Log_sum_with_priors()
    {
        var contributions = new float[2];

        var f = Fuser.Fuse(FusionFormula.LogSum, Scores, [2, 3], [0.5f, 0.75f], contributions);

        // 2 log 1 + 3 log 1.
        Assert.Equal([0, 0], contributions);
        Assert.Equal(0, f);
        Assert.Equal(2 * MathF.Log(0.5f), Fuser.Fuse(FusionFormula.LogSum, Scores, [2, 0], [0, 0], contributions), 1e-6f);
    }

    [Fact]
    public void Power_product_in_log_space()
    {
        var contributions = new float[2];

        var f = Fuser.Fuse(FusionFormula.PowerProduct, Scores, [2, -1, 0.5f, 0], [], contributions);

        // log(1^2 * 0.25^-1).
        Assert.Equal(MathF.Log(4), f, 1e-6f);
        Assert.Equal(0, contributions[0]);
    }

    [Fact]
    public void The_power_product_orders_as_the_product()
    {
        var number = Gen.Choose(0, 1000).Select(i => i / 1000f);
        var two = from first in number.ArrayOf(3)
                  from second in number.ArrayOf(3)
                  from action in Gen.Choose(-3000, 3000).Select(i => i / 1000f).ArrayOf(3)
                  from bias in Gen.Choose(10, 1000).Select(i => i / 1000f).ArrayOf(3)
                  select (first, second, action, bias);

        Prop.ForAll(Arb.From(two), sample =>
        {
            var (first, second, powers, bias) = sample;
            var product = Product(first) - Product(second);
            var fused = Fused(first) - Fused(second);

            // Ties of one may be split by the other's rounding.
            return Math.Abs(fused) < 1e-4 || Math.Sign(product) == Math.Sign(fused);

            double Product(float[] o) => o.Select((score, k) => Math.Pow((double)score + bias[k], powers[k])).Aggregate(1.0, (a, b) => a * b);

            float Fused(float[] o) => Fuser.Fuse(FusionFormula.PowerProduct, o, [.. powers, .. bias], [], new float[3]);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(FusionFormula.WeightedSum)]
    [InlineData(FusionFormula.LogSum)]
    [InlineData(FusionFormula.PowerProduct)]
    public void The_score_is_finite_and_the_sum_of_its_contributions(FusionFormula formula)
    {
        var gen = from scores in Gen.Choose(0, 100).Select(i => i / 100f).ArrayOf(4)
                  from action in Gen.Choose(-500, 500).Select(i => i / 100f).ArrayOf(8)
                  select (scores, action);

        Prop.ForAll(Arb.From(gen), sample =>
        {
            var contributions = new float[4];
            var action = formula == FusionFormula.PowerProduct ? sample.action : sample.action[..4];
            var f = Fuser.Fuse(formula, sample.scores, action, [0, 0, 1, 2], contributions);
            return float.IsFinite(f) && Math.Abs(f - contributions.Sum()) <= 1e-5f * Math.Max(1, contributions.Sum(Math.Abs));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Arguments_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Fuser.Fuse(FusionFormula.WeightedSum, Scores, [1], [], new float[2]));
        Assert.Throws<ArgumentException>(() => Fuser.Fuse(FusionFormula.WeightedSum, Scores, [1, 2], [], new float[1]));
        Assert.Throws<ArgumentException>(() => Fuser.Fuse(FusionFormula.PowerProduct, Scores, [1, 2], [], new float[2]));
        Assert.Throws<ArgumentException>(() => Fuser.Fuse(FusionFormula.LogSum, Scores, [1, 2], [], new float[2]));
    }

    [Fact]
    public void Actions_are_named_by_task_and_part()
    {
        Assert.Equal(["click.weight", "like.weight"], Fuser.ActionNames(FusionFormula.WeightedSum, ["click", "like"]));
        Assert.Equal(["click.alpha", "like.alpha"], Fuser.ActionNames(FusionFormula.LogSum, ["click", "like"]));
        Assert.Equal(
            ["click.power", "like.power", "click.bias", "like.bias"], Fuser.ActionNames(FusionFormula.PowerProduct, ["click", "like"]));
    }

    [Theory]
    [InlineData(-10, 0)]
    [InlineData(-20, 0)]
    [InlineData(300, 1)]
    [InlineData(1e30f, 1)]
    [InlineData(145, 0.5f)]
    public void Scores_are_normalised_to_their_range(float score, float expected) =>
        Assert.Equal(expected, new TaskDefinition("watchTime", -10, 300, 20, "seconds").Normalise(score), 1e-6f);
}
