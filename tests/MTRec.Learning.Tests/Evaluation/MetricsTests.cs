using MTRec.Learning.Evaluation;
using Xunit;

namespace MTRec.Learning.Tests.Evaluation;

public sealed class MetricsTests
{
    [Fact]
    public void Auc_counts_pairs_and_half_of_the_ties()
    {
        // Pairs (positive, negative): (.8,.5) won, (.8,.5) won, (.5,.5) tied twice, so (1 + 1 + .5 + .5) / 4.
        Assert.Equal(0.75, Auc.Of([0.5f, 0.8f, 0.5f, 0.5f], [false, true, true, false]), 12);
        Assert.Equal(1, Auc.Of([1, 2, 3], [false, false, true]));
        Assert.Equal(0, Auc.Of([1, 2, 3], [true, false, false]));
        Assert.True(double.IsNaN(Auc.Of([1, 2], [true, true])));
        Assert.Throws<ArgumentException>(() => Auc.Of([float.NaN], [true]));
        Assert.Throws<ArgumentException>(() => Auc.Of([1], [true, false]));
    }

    [Fact]
    public void Auc_agrees_with_counting_every_pair()
    {
        var random = new Random(3);
        for (var trial = 0; trial < 50; trial++)
        {
            var scores = Enumerable.Range(0, 40).Select(_ => (float)random.Next(8)).ToArray();
            var labels = scores.Select(_ => random.Next(3) == 0).ToArray();
            var weights = scores.Select(_ => (double)random.Next(4)).ToArray();
            double won = 0, all = 0;
            for (var i = 0; i < 40; i++)
            {
                for (var j = 0; j < 40; j++)
                {
                    if (!labels[i] || labels[j])
                        continue;
                    all += weights[i] * weights[j];
                    won += weights[i] * weights[j] * (scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0);
                }
            }

            Assert.Equal(won / all, new Auc(scores, labels).Value(weights), 10);
        }
    }

    [Fact]
    public void Bootstrap_by_user_is_wider_than_by_row_where_users_differ()
    {
        // Every user's rows are copies of each other: the sample is as good as its number of users.
        var random = new Random(1);
        var users = Enumerable.Range(0, 2000).Select(i => i / 20).ToArray();
        var label = Enumerable.Range(0, 100).Select(_ => random.Next(2) == 0).ToArray();
        var score = Enumerable.Range(0, 100).Select(u => (float)(random.NextDouble() + (label[u] ? 0.5 : 0))).ToArray();
        var scores = users.Select(u => score[u]).ToArray();
        var labels = users.Select(u => label[u]).ToArray();

        var byUser = Auc.ByUser(scores, labels, users, new UserBootstrap(5, 400));
        var byRow = Auc.ByUser(scores, labels, [.. Enumerable.Range(0, 2000)], new UserBootstrap(5, 400));

        Assert.Equal(byUser.Value, byRow.Value, 12);
        Assert.InRange(byUser.Value, byUser.Low, byUser.High);
        Assert.True(byUser.High - byUser.Low > 3 * (byRow.High - byRow.Low));
        Assert.Equal(byUser, Auc.ByUser(scores, labels, users, new UserBootstrap(5, 400)));
    }

    [Fact]
    public void Bootstrap_interval_of_a_mean_covers_the_truth_as_often_as_it_says()
    {
        var random = new Random(11);
        var covered = 0;
        for (var trial = 0; trial < 300; trial++)
        {
            var sample = Enumerable.Range(0, 60).Select(_ => (random.NextDouble(), 1.0)).ToArray();
            var interval = WeightedMean.ByUser(sample, new UserBootstrap(trial, 200));
            if (interval.Low <= 0.5 && interval.High >= 0.5)
                covered++;
        }

        Assert.InRange(covered / 300.0, 0.90, 0.985);
    }

    [Fact]
    public void Within_user_auc_weighs_users_by_their_rows_and_leaves_out_those_with_one_class()
    {
        // User 7: 1 over 2 rows. User 9: positives 5 and 1 against 5, (1/2 + 0) / 2 over 3 rows. User 4 has positives only.
        var value = WithinUserAuc.ByUser(
            [1, 2, 5, 5, 6, 9, 1],
            [false, true, true, false, true, true, true],
            [7, 7, 9, 9, 4, 4, 9],
            new UserBootstrap(1, 10));
        Assert.Equal(((1 * 2) + (0.25 * 3)) / 5, value.Value, 12);

        var oneClass = WithinUserAuc.ByUser([1, 2], [true, true], [1, 1], new UserBootstrap(1, 10));
        Assert.True(double.IsNaN(oneClass.Value));
    }

    [Fact]
    public void Ndcg_and_reciprocal_rank_have_their_closed_forms()
    {
        Assert.Equal(1 / Math.Log2(3), RankedList.Ndcg([0, 1], 10), 12);
        Assert.Equal(((3 / Math.Log2(2)) + (2 / Math.Log2(4))) / ((3 / Math.Log2(2)) + (2 / Math.Log2(3))), RankedList.Ndcg([3, 0, 2], 3), 12);
        Assert.Equal(0, RankedList.Ndcg([0, 0, 1], 2));
        Assert.True(double.IsNaN(RankedList.Ndcg([0, 0], 2)));
        Assert.Equal(1.0 / 3, RankedList.ReciprocalRank([false, false, true, true]));
        Assert.Equal(0, RankedList.ReciprocalRank([false]));
        Assert.Equal([2, 1, 3], RankedList.Order([0.5, 0.9, 0.5], [1, 2, 3]));
    }

    [Fact]
    public void Spearman_sees_order_only_and_shares_the_ranks_of_ties()
    {
        Assert.Equal(1, Spearman.Of([1, 2, 3, 4], [1, 10, 100, 1000]), 12);
        Assert.Equal(-1, Spearman.Of([1, 2, 3], [0, -1, -2]), 12);
        // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5, variances 4.5 and 5.
        Assert.Equal(4.5 / Math.Sqrt(4.5 * 5), Spearman.Of([1, 2, 2, 3], [1, 2, 3, 4]), 12);
        Assert.True(double.IsNaN(Spearman.Of([1, 1], [1, 2])));
    }

    [Fact]
    public void Calibration_has_its_closed_forms()
    {
        // Two bins: mean .2 against 1/2, mean .9 against 1.
        Assert.Equal((0.3 + 0.1) / 2, Calibration.ExpectedError([0.9f, 0.1f, 0.9f, 0.3f], [true, true, true, false], 2), 6);
        Assert.Equal(-(Math.Log(0.25) + Math.Log(0.5)) / 2, Calibration.LogLoss([0.25f, 0.5f], [true, false]), 6);
        Assert.Equal([0.5, 1], Calibration.Coverage([0, 1, 0, 3], [1, 0]));
    }

    [Fact]
    public void Coverage_of_true_quantiles_is_their_level()
    {
        var random = new Random(2);
        var outcomes = Enumerable.Range(0, 20000).Select(_ => (float)random.NextDouble()).ToArray();
        var quantiles = outcomes.SelectMany(_ => Enumerable.Range(1, 10).Select(i => ((2 * i) - 1) / 20f)).ToArray();
        var coverage = Calibration.Coverage(quantiles, outcomes);
        for (var i = 0; i < 10; i++)
            Assert.Equal((i + 0.5) / 10, coverage[i], 0.01);
    }
}
