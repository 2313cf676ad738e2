using FsCheck;
using FsCheck.Fluent;
using MTRec.Core.Blending;
using Xunit;

namespace MTRec.Core.Tests.Blending;

public class BlendTests
{
    private static readonly float[] Quantiles = [1, 2, 3, 4];
    private static readonly Standardiser Fusion = new(2, 4);
    private static readonly Standardiser Reward = new(1, 0.5);

    [Fact]
    public void Additive_adds_the_two_in_units_of_their_deviations() =>
        Assert.Equal(
            ((6 - 2) / 4.0) + (0.3 * ((2 - 1) / 0.5)),
            new Blend(new BlendParameters(0.3), Fusion, Reward).Score(6, 2, Quantiles), 1e-12);

    [Theory]
    [InlineData(3f)]
    [InlineData(-3f)]
    public void Multiplicative_scales_the_fusion_score(float f)
    {
        var blend = new Blend(new BlendParameters(0.3, BlendForm.Multiplicative), Fusion, Reward);

        Assert.Equal(f * Math.Exp(Math.Sign(f) * 0.3 * 2), blend.Score(f, 2, Quantiles), 1e-12);
    }

    [Theory]
    [InlineData(4.1, 0.5)]
    [InlineData(3.9, 1)]
    public void The_gate_demotes_where_even_the_good_case_is_under_the_threshold(double threshold, double expected) =>
        Assert.Equal(
            expected,
            new Blend(new BlendParameters(0.5, BlendForm.Gate, Threshold: threshold), Fusion, Reward).Score(6, 2, Quantiles), 1e-12);

    [Theory]
    [InlineData(RewardStatistic.Quantile, 0.5, 2.5)]
    [InlineData(RewardStatistic.Cvar, 0.5, 1.5)]
    [InlineData(RewardStatistic.Mean, 0.5, 9)]
    public void The_statistic_is_the_variants_choice(RewardStatistic statistic, double level, double expected) =>
        Assert.Equal(
            1 + Reward.Z(expected),
            new Blend(new BlendParameters(1, Statistic: statistic, Level: level), Fusion, Reward).Score(6, 9, Quantiles), 1e-12);

    // tau = 1/8, 3/8, 5/8, 7/8.
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.125, 1)]
    [InlineData(0.25, 1.5)]
    [InlineData(0.5, 2.5)]
    [InlineData(0.875, 4)]
    [InlineData(1, 4)]
    public void Quantiles_interpolate_between_their_levels(double level, float expected) =>
        Assert.Equal(expected, Blend.QuantileAt(Quantiles, level), 1e-6f);

    [Fact]
    public void A_single_quantile_is_every_quantile()
    {
        Assert.Equal(7, Blend.QuantileAt([7], 0.1));
        Assert.Equal(7, Blend.QuantileAt([7], 0.9));
    }

    // The mean of the lowest share of the mass, each quantile standing for a quarter.
    [Theory]
    [InlineData(0.25, 1)]
    [InlineData(0.1, 1)]
    [InlineData(0.375, (1 + (2 * 0.5)) / 1.5)]
    [InlineData(0.75, 2)]
    [InlineData(0.999999, 2.5)]
    public void Cvar_is_the_mean_of_the_worst_share(double level, double expected) =>
        Assert.Equal(
            Reward.Z(expected),
            new Blend(new BlendParameters(1, Statistic: RewardStatistic.Cvar, Level: level), new Standardiser(0, 1), Reward).Score(0, 0, Quantiles),
            1e-4);

    [Theory]
    [InlineData(BlendForm.Additive)]
    [InlineData(BlendForm.Multiplicative)]
    [InlineData(BlendForm.Gate)]
    public void Without_weight_the_order_is_exactly_the_fusion_order(BlendForm form)
    {
        var blend = new Blend(new BlendParameters(0, form, Threshold: 1000), new Standardiser(0.123, 3.7), Reward);
        var candidates = Gen.Choose(-1_000_000, 1_000_000).Select(i => i / 7f).ListOf(20);

        Prop.ForAll(Arb.From(candidates), sample =>
        {
            var scores = sample.Select((f, i) => blend.Score(f, i * 31 % 7, Quantiles)).ToArray();
            var order = new int[scores.Length];
            RankOrder.Sort(scores, order);
            return order.SequenceEqual(Enumerable.Range(0, scores.Length).OrderByDescending(i => sample[i]).ThenBy(i => i));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(BlendForm.Additive)]
    [InlineData(BlendForm.Multiplicative)]
    [InlineData(BlendForm.Gate)]
    public void More_reward_never_demotes_and_the_score_stays_finite(BlendForm form)
    {
        var gen = from f in Gen.Choose(-1000, 1000).Select(i => i / 10f)
                  from w in Gen.Choose(0, 1000).Select(i => i / 10.0)
                  from low in Gen.Choose(-1000, 1000).Select(i => i / 10f)
                  from more in Gen.Choose(0, 1000).Select(i => i / 10f)
                  select (f, w, low, more);

        Prop.ForAll(Arb.From(gen), sample =>
        {
            var blend = new Blend(new BlendParameters(sample.w, form), Fusion, Reward);
            var less = blend.Score(sample.f, sample.low, [sample.low]);
            var more = blend.Score(sample.f, sample.low + sample.more, [sample.low + sample.more]);
            return double.IsFinite(less) && double.IsFinite(more) && more >= less;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Without_a_mental_reward_the_fusion_score_stands_on_the_blends_scale()
    {
        Assert.Equal(1, new Blend(new BlendParameters(0.3), Fusion, Reward).Score(6));
        Assert.Equal(6, new Blend(new BlendParameters(0.3, BlendForm.Multiplicative), Fusion, Reward).Score(6));
    }

    [Fact]
    public void Ties_stay_in_candidate_order()
    {
        var order = new int[6];

        RankOrder.Sort([1, 2, 1, 2, 3, 1], order);

        Assert.Equal([4, 1, 3, 0, 2, 5], order);
    }

    [Fact]
    public void However_few_are_asked_for_they_are_the_first_of_the_whole_order()
    {
        var random = new Random(17);
        foreach (var count in new[] { 0, 1, 2, 63, 64, 65, 300 })
        {
            // Few different scores, so that many tie.
            var scores = Enumerable.Range(0, count).Select(_ => (double)random.Next(-9, 9)).ToArray();
            var whole = Enumerable.Range(0, count).OrderByDescending(i => scores[i]).ToArray();
            foreach (var asked in new[] { 0, 1, 20, 64, count }.Where(asked => asked <= count))
            {
                var order = new int[asked];
                RankOrder.Sort(scores, order);
                Assert.Equal(whole[..asked], order);
            }
        }
    }
}
