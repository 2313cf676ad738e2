using MTRec.Serving.Bundles.Shadow;

namespace MTRec.Serving.Tests.Bundles;

public sealed class OrderComparisonTests
{
    [Fact]
    public void Equal_scores_agree_in_everything()
    {
        var comparison = OrderComparison.Of([3, 1, 2], [3, 1, 2], 2);

        Assert.Equal(new OrderComparison(1, 1, 0), comparison);
    }

    [Fact]
    public void The_order_turned_round_is_as_far_away_as_can_be()
    {
        var comparison = OrderComparison.Of([1, 2, 3, 4], [4, 3, 2, 1], 2);

        Assert.Equal(-1, comparison.RankCorrelation, 1e-12);
        Assert.Equal(0, comparison.TopOverlap);
        Assert.Equal(2, comparison.ScoreDifference);
    }

    // The first pair is the usual textbook's: -29/165. In the second the deviations of the ranks are -2 -.5 -.5 1 2 and 1 -2 -.5 -.5 2.
    [Fact]
    public void The_correlation_is_Spearmans()
    {
        Assert.Equal(-29.0 / 165, OrderComparison.Of([106, 100, 86, 101, 99, 103, 97, 113, 112, 110], [7, 27, 2, 50, 28, 29, 20, 12, 6, 17], 3).RankCorrelation, 1e-12);
        Assert.Equal(2.75 / 9.5, OrderComparison.Of([1, 2, 2, 3, 5], [3, 1, 2, 2, 9], 3).RankCorrelation, 1e-12);
    }

    [Fact]
    public void Where_one_side_tells_no_candidates_apart_there_is_no_correlation()
    {
        var comparison = OrderComparison.Of([1, 1, 1], [1, 2, 3], 10);

        Assert.Equal(double.NaN, comparison.RankCorrelation);
        Assert.Equal(1, comparison.TopOverlap);
        Assert.Equal(1, comparison.ScoreDifference);
        Assert.Equal(double.NaN, OrderComparison.Of([1], [2], 10).RankCorrelation);
    }

    [Fact]
    public void The_overlap_counts_the_first_of_both_orders()
    {
        Assert.Equal(2.0 / 3, OrderComparison.Of([9, 8, 7, 1, 2], [9, 1, 7, 8, 2], 3).TopOverlap, 1e-12);
    }
}
