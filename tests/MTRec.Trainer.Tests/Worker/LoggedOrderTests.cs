using MTRec.Core.Blending;
using MTRec.Core.Events;
using MTRec.Core.Experiments;
using MTRec.Core.Fusion;
using MTRec.Testing;
using MTRec.Trainer.Worker.Cycle;
using Xunit;
using static MTRec.Trainer.Tests.Worker.WorkerEvents;

namespace MTRec.Trainer.Tests.Worker;

/// <summary>What a log tells of how its exposures could have been ranked.</summary>
public sealed class LoggedOrderTests
{
    private static readonly Core.Bundles.BundleManifest Manifest = TestBundles.Manifest();

    [Theory]
    [InlineData(BlendForm.Additive, FusionFormula.WeightedSum)]
    [InlineData(BlendForm.Gate, FusionFormula.LogSum)]
    [InlineData(BlendForm.Multiplicative, FusionFormula.PowerProduct)]
    [InlineData(BlendForm.Multiplicative, FusionFormula.WeightedSum)]
    public void Another_action_orders_as_the_service_would_have(BlendForm form, FusionFormula formula)
    {
        var manifest = TestBundles.Manifest(formula: formula);
        var blend = new Blend(new BlendParameters(0.7, form, Threshold: 0.1), manifest.Blending.FusionScore, manifest.Blending.MentalReward!.Value);
        var random = new Random(1);
        var changed = 0;
        for (var request = 0; request < 50; request++)
        {
            float[] scores = [.. Enumerable.Range(0, 12 * 3).Select(_ => random.NextSingle())];
            var mental = Enumerable.Range(0, 12).Select(_ => (random.NextSingle() - 0.5f) * 2).ToArray();
            var (logged, other) = (Action(), Action());
            var exposure = Ranked(scores, logged, Final(logged)) with { Blend = form == BlendForm.Multiplicative ? form : null };
            var fusion = Fuse(other);

            var order = LoggedOrder.Of(exposure, manifest, 3)!;
            Assert.Equal(exposure.Order.AsSpan(0, 3).ToArray(), order.First(Fuse(logged), manifest.Blending.FusionScore));
            var expected = Best(Final(other));
            Assert.Equal(expected, order.First(fusion, manifest.Blending.FusionScore));
            changed += expected.SequenceEqual(exposure.Order.Take(3)) ? 0 : 1;

            float[] Action() => [.. Enumerable.Range(0, manifest.Fusion.Action.Count).Select(_ => 0.2f + (4 * random.NextSingle()))];

            float[] Fuse(float[] action) => [.. scores.Chunk(3).Select(row => Fuser.Fuse(formula, row, action, [.. manifest.Fusion.Priors ?? []], new float[3]))];

            double[] Final(float[] action) => [.. Fuse(action).Select((f, i) => blend.Score(f, mental[i], [mental[i], mental[i] + 0.1f]))];
        }

        Assert.True(changed > 20, $"{changed}");

        static int[] Best(double[] final) => [.. Enumerable.Range(0, final.Length).OrderByDescending(i => final[i]).Take(3)];
    }

    [Theory]
    [InlineData(null, 0.125)]
    [InlineData(0.2, 0.1117)]
    public void An_item_is_drawn_as_often_as_chance_shows_it(double? deviation, double expected)
    {
        // The first candidate wins where its weight exceeds the second's, by weights within 1 +- .4 and 1.4 +- .4: evenly a triangle of .4^2 / 2 of .8^2. Of the truncated
        // Gaussians the same integral was computed numerically.
        var exposure = Drawn([1, 0, 0, 0, 1, 0], [1, 1.4f, 2], [0.16f, 0.16f, 0], deviation);

        var draw = LoggedDraw.Of(exposure, Manifest.Fusion.Action)!;
        var draws = LoggedOrder.Of(exposure, Manifest, 1)!.Draws(draw, 3, 100_000, new SplitMix64(3));

        Assert.Equal(100_000, draws.Sum());
        Assert.InRange(draws[0] / 100_000.0, expected - 0.004, expected + 0.004);
        var action = new float[3];
        var chance = new SplitMix64(4);
        draw.Draw(ref chance, action);
        Assert.Equal(2, action[2]);
    }

    [Fact]
    public void Bounds_end_at_the_ranges_and_what_was_drawn_otherwise_is_refused()
    {
        // .2 of 0 to 5 is -.92: bounds of .16 leave [-1, -.76], which is 0 to .6.
        var exposure = Drawn([1, 0, 0, 0, 1, 0], [0.2f, 1.4f, 2], [0.16f, 0.16f, 0], null, lowest: 0.24);
        var draw = LoggedDraw.Of(exposure, Manifest.Fusion.Action)!;
        var action = new float[3];
        var chance = new SplitMix64(4);
        var drawn = Enumerable.Range(0, 5000).Select(_ =>
        {
            draw.Draw(ref chance, action);
            return action[0];
        }).ToArray();
        Assert.InRange(drawn.Min(), 0, 0.005f);
        Assert.InRange(drawn.Max(), 0.595f, 0.6f);

        Assert.Null(LoggedDraw.Of(exposure with { Exploration = exposure.Exploration! with { LogDensity = [1] } }, Manifest.Fusion.Action));
        Assert.Null(LoggedDraw.Of(exposure with { Exploration = exposure.Exploration! with { Deviation = 0.1 } }, Manifest.Fusion.Action));
        Assert.Null(LoggedDraw.Of(exposure with { Exploration = null }, Manifest.Fusion.Action));
    }

    [Fact]
    public void An_order_that_is_not_that_of_the_final_scores_is_refused()
    {
        var exposure = Ranked([1, 0, 0, 0, 1, 0, 0, 0, 1], [1, 2, 3], [1, 2, 3]);
        Assert.NotNull(LoggedOrder.Of(exposure, Manifest, 1));
        Assert.Null(LoggedOrder.Of(exposure with { Order = [1, 2, 0] }, Manifest, 1));
        Assert.Null(LoggedOrder.Of(exposure with { Order = [1] }, Manifest, 1));
        Assert.Null(LoggedOrder.Of(exposure with { FinalScores = [1] }, Manifest, 1));
    }

    private static ExposureEvent Drawn(float[] scores, float[] baseline, float[] bounds, double? deviation, double? lowest = null)
    {
        var exposure = Ranked(scores, baseline, [.. scores.Chunk(3).Select(row => (row.Zip(baseline, (score, weight) => score * weight).Sum() - 1.5) / 0.5)]);

        // At the centre: even densities, or those of a Gaussian at its mean that holds 2 Phi(.16 / .2) - 1 = .5763 of its mass.
        var density = deviation is { } d ? -2 * Math.Log(d * Math.Sqrt(2 * Math.PI) * 0.57629) : -Math.Log(lowest ?? 0.32) - Math.Log(0.32);
        return exposure with
        {
            Exploration = new ExposureExploration { Baseline = baseline, Lower = [.. bounds.Select(bound => -bound)], Upper = bounds, LogDensity = [(float)density], Deviation = deviation },
        };
    }

    private static ExposureEvent Ranked(float[] scores, float[] action, double[] final) => Exposure("u-1", "r", Start) with
    {
        ItemIds = [.. Enumerable.Range(1, final.Length).Select(item => $"v-{item}")],
        Scores = scores,
        Action = action,
        Exploration = null,
        FinalScores = final,
        Order = [.. Enumerable.Range(0, final.Length).OrderByDescending(i => final[i])],
    };
}
