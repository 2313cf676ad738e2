using MTRec.Core.Fusion;
using MTRec.Testing;
using Xunit;

namespace MTRec.Inference.Tests;

public class BundleTests
{
    [Theory]
    [InlineData(FusionFormula.WeightedSum)]
    [InlineData(FusionFormula.LogSum)]
    [InlineData(FusionFormula.PowerProduct)]
    public void A_published_bundle_loads_and_fuses_as_the_formula_says(FusionFormula formula)
    {
        using var registry = new TemporaryFolder();
        using var bundle = Bundle.Load(TestBundles.Publish(registry.Path, formula: formula));
        using var inputs = new RankingInputs(bundle.Shape, 2);
        using var outputs = new RankingOutputs(bundle.Shape, 2);
        float[] scores = [0.9f, 0.1f, 0.4f];
        scores.CopyTo(inputs.ScoresOf(1));

        bundle.Scorer.Fuse(inputs, outputs, explain: true);

        var contributions = new float[3];
        var expected = Fuser.Fuse(formula, scores, TestBundles.Action(formula), [0.1f, 0.1f, 0.1f], contributions);
        Assert.Equal(expected, outputs.FusionScores[1], 1e-5f);
        Assert.Equal(contributions, outputs.ContributionsOf(1).ToArray(), (a, b) => Math.Abs(a - b) < 1e-5f);
        Assert.Equal(TestBundles.Action(formula), outputs.ActionOf(1).ToArray());
    }
}
