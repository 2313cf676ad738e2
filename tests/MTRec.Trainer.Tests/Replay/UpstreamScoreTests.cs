using FsCheck;
using FsCheck.Fluent;
using MTRec.Core.Fusion;
using MTRec.Trainer.Replay;
using Xunit;

namespace MTRec.Trainer.Tests.Replay;

public sealed class UpstreamScoreTests
{
    [Theory]
    [InlineData(FusionFormula.WeightedSum)]
    [InlineData(FusionFormula.LogSum)]
    [InlineData(FusionFormula.PowerProduct)]
    public void It_orders_as_the_score_that_was_fused_whatever_the_policy_did(FusionFormula formula)
    {
        // Thousandths, apart enough for floats; each request with an action of its own, also a negative one.
        var number = Gen.Choose(1, 999).Select(thousandth => thousandth / 1000f);
        var request = Gen.Zip(number, Gen.Zip(Gen.Elements(-2f, -0.5f, 0.3f, 1f, 4f), Gen.Elements(0.05f, 0.2f, 1f)));
        Prop.ForAll(Gen.Zip(request, request).ToArbitrary(), pair =>
        {
            var first = Seen(pair.Item1);
            var second = Seen(pair.Item2);
            return pair.Item1.Item1.CompareTo(pair.Item2.Item1) switch
            {
                0 => Math.Abs(first - second) < 1e-4,
                var order => Math.Sign(first - second) == Math.Sign(order),
            };
        }).QuickCheckThrowOnFailure();

        double Seen((float Score, (float Weight, float Bias) Action) fused)
        {
            var names = Fuser.ActionNames(formula, ["click"]);
            float[] action = formula == FusionFormula.PowerProduct ? [fused.Action.Weight, fused.Action.Bias] : [fused.Action.Weight];
            var contributions = new float[1];
            Fuser.Fuse(formula, [fused.Score], action, [0.1f], contributions);
            var explanation = new Explanation(
                names.Zip(action).ToDictionary(pair => pair.First, pair => (double)pair.Second),
                new Dictionary<string, double> { ["click"] = contributions[0] });
            return UpstreamScore.Of("click", explanation)!.Value;
        }
    }

    [Fact]
    public void Without_weight_or_explanation_it_is_not_told()
    {
        var weightless = new Explanation(new Dictionary<string, double> { ["click.weight"] = 0 }, new Dictionary<string, double> { ["click"] = 0 });

        Assert.Null(UpstreamScore.Of("click", weightless));
        Assert.Null(UpstreamScore.Of("like", weightless));
        Assert.Null(UpstreamScore.Of("click", null));
    }
}
