using MTRec.Learning.Evaluation;
using MTRec.Learning.Evaluation.OffPolicy;
using Xunit;

namespace MTRec.Learning.Tests.Evaluation.OffPolicy;

public sealed class ItemMarginalsTests
{
    private const int K = 100;

    [Fact]
    public void It_has_its_closed_form()
    {
        // Weights (9 + 1) / (1 + 1) = 5 of the candidate's item, 10 / 5 = 2 of the serving one's.
        ExploredList[] lists =
        [
            new(0, [0], [1, 4, 4], [0], [1]),
            new(1, [1], [1, 4, 4], [0], [1]),
            new(1, [2], [1, 4, 4], [2], [2]),
            new(1, [2], [1, 4, 4], [0], [1]),
        ];
        float[][] values = [[3], [7], [100], [50]];
        double[] model = [2, 1, 4];
        var marginals = new ItemMarginals(lists, 9, 2, new UserBootstrap(1, 100));

        // The third list is the same for both, the fourth shows neither's item.
        var expected = ((1 + (5 * (3 - 2))) + (1 - (2 * (7 - 1))) + 0 + 1) / 4.0;
        Assert.Equal(expected, marginals.Difference(values, (_, item) => model[item]).Value, 12);
        Assert.Equal((1 + (1 + (2 * 6)) + (4 + (2 * 96)) + 1) / 4.0, marginals.Serving(values, (_, item) => model[item]).Value, 12);
        Assert.Equal(49.0 / (25 + 4), marginals.Effective, 12);
        Assert.Equal(3, marginals.Changed);
        Assert.Equal(0.75, ItemMarginals.Unsupported(lists.Select(list => (list.Candidate, list.Draws)), 9, 0.2));
        Assert.True(double.IsNaN(new ItemMarginals([], 9, 0, new UserBootstrap(1, 100)).Difference([], (_, _) => 0).Value));
        Assert.Throws<UnusableLogException>(() => marginals.Difference([[float.NaN], [1], [1], [1]], (_, _) => 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_mean_over_many_logs_is_the_truth_and_the_intervals_hold_it_as_often_as_they_say(int length)
    {
        const int Logs = 120;
        var held = 0;
        var values = new List<double>();
        for (var log = 0; log < Logs; log++)
        {
            var estimate = Estimate(new World(log, length), users: 150, perUser: 4, out _);
            values.Add(estimate.Value);
            held += estimate.Low <= 0.2 * length && 0.2 * length <= estimate.High ? 1 : 0;
        }

        // The two policies differ in how many items at .2 each of the list: the truth is known.
        var error = Math.Sqrt(values.Average(value => Math.Pow(value - values.Average(), 2)) / Logs);
        Assert.InRange(values.Average(), (0.2 * length) - (3 * error), (0.2 * length) + (3 * error));
        Assert.InRange(held / (double)Logs, 0.88, 0.995);
    }

    [Fact]
    public void Where_the_reward_is_no_line_in_the_action_it_is_right_and_a_slope_is_not()
    {
        // One of three items by where a in [-1, 1] falls; the middle one is the best. The serving policy's a is 0, the candidate's .9.
        var random = new Random(5);
        float[] worth = [1, 3, 2];
        var (lists, values, slope) = (new List<ExploredList>(), new List<float[]>(), 0.0);
        const int Count = 20_000;
        for (var row = 0; row < Count; row++)
        {
            var draws = new int[3];
            for (var k = 0; k < K; k++)
                draws[Item(Even())]++;
            var a = Even();
            var reward = worth[Item(a)] + (float)(random.NextDouble() - 0.5);
            lists.Add(new ExploredList(row % 500, [Item(a)], draws, [2], [1]));
            values.Add([reward]);
            slope += (reward - 2) * a * 0.9 * 3 / Count;
        }

        var estimate = new ItemMarginals(lists, K, 500, new UserBootstrap(1, 500)).Difference([.. values], (_, _) => 2);
        Assert.InRange(-1, estimate.Low, estimate.High);
        Assert.True(estimate.High < 0, $"{estimate}");
        Assert.True(slope > 0.3, $"{slope}");

        double Even() => (2 * random.NextDouble()) - 1;

        static int Item(double a) => a < -1 / 3.0 ? 0 : a < 1 / 3.0 ? 1 : 2;
    }

    [Fact]
    public void What_chance_hardly_ever_shows_is_left_to_the_model_and_no_weight_is_wild()
    {
        // p = .002: the expectation is model + (r - model) (1 - (1 - p)^101).
        const double P = 0.002;
        var random = new Random(3);
        var (lists, values) = (new List<ExploredList>(), new List<float[]>());
        const int Count = 100_000;
        for (var row = 0; row < Count; row++)
        {
            var draws = new int[2];
            for (var k = 0; k < K; k++)
                draws[random.NextDouble() < P ? 0 : 1]++;
            var item = random.NextDouble() < P ? 0 : 1;
            lists.Add(new ExploredList(row % 1000, [item], draws, [0], [1]));
            values.Add([item == 0 ? 5 : 1]);
        }

        var estimate = new ItemMarginals(lists, K, 1000, new UserBootstrap(1, 500)).Difference([.. values], (_, item) => item == 0 ? 2 : 1);
        var expected = 2 - 1 + (3 * (1 - Math.Pow(1 - P, K + 1)));
        Assert.InRange(expected, estimate.Low, estimate.High);
        Assert.InRange(estimate.High - estimate.Low, 0.01, 0.3);
        Assert.Equal(1, ItemMarginals.Unsupported(lists.Select(list => (list.Candidate, list.Draws)).Take(100), K, 0.05));
    }

    [Fact]
    public void A_model_of_the_reward_takes_variance_away_and_a_wrong_one_moves_nothing()
    {
        var right = Estimate(new World(1, 1), 2000, 4, out var width);
        var without = Estimate(new World(1, 1), 2000, 4, out var wider, model: World.None);
        var wrong = Estimate(new World(1, 1), 2000, 4, out _, model: World.Wrong);

        Assert.True(width < 0.85 * wider, $"{width} {wider}");
        foreach (var estimate in new[] { right, without, wrong })
            Assert.InRange(0.2, estimate.Low, estimate.High);
    }

    [Fact]
    public void The_model_of_items_finds_a_line_in_scores_and_their_logarithms()
    {
        var random = new Random(1);
        float[] scores = [.. Enumerable.Range(0, 4000).Select(_ => random.NextSingle())];
        float[] values = [.. scores.Chunk(2).Select(o => 1 + (2 * o[0]) - MathF.Log(o[1] + 0.01f) + (0.1f * (random.NextSingle() - 0.5f)))];
        var model = ItemValueModel.Fit(scores, values);

        Assert.InRange(model.Of([0.5f, 0.5f]), 2 - Math.Log(0.51) - 0.02, 2 - Math.Log(0.51) + 0.02);
        Assert.InRange(model.Of([0.9f, 0.1f]), 2.8 - Math.Log(0.11) - 0.02, 2.8 - Math.Log(0.11) + 0.02);
        Assert.Equal(3, ItemValueModel.Fit([0, 0], [3f, 3f]).Of([0]), 9);
    }

    private static Estimate Estimate(World world, int users, int perUser, out double width, Func<World, int, int, double>? model = null)
    {
        var (lists, values) = world.Log(users, perUser);
        var estimate = new ItemMarginals(lists, K, users, new UserBootstrap(1, 400)).Difference(values, (row, item) => (model ?? World.Right)(world, row, item));
        width = estimate.High - estimate.Low;
        return estimate;
    }

    /// <summary>
    /// Eight candidates, two of a kind; chance adds noise to each one's score and shows the best L. The candidate policy's items are worth .2 more than those of the serving policy.
    /// </summary>
    private sealed class World(int seed, int length)
    {
        private readonly List<double[]> _worth = [];

        public static double Right(World world, int row, int item) => world._worth[row][item];

        public static double None(World world, int row, int item) => 0;

        public static double Wrong(World world, int row, int item) => 3 - (2 * world._worth[row][item]);

        public (ExploredList[] Lists, float[][] Values) Log(int users, int perUser)
        {
            var random = new Random(seed);
            var (lists, values) = (new List<ExploredList>(), new List<float[]>());
            for (var row = 0; row < users * perUser; row++)
            {
                var worth = Enumerable.Range(0, 8).Select(_ => 2 * random.NextDouble()).ToArray();
                var (candidate, serving) = (Enumerable.Range(0, length).ToArray(), Enumerable.Range(4, length).ToArray());
                for (var i = 0; i < length; i++)
                    worth[candidate[i]] = worth[serving[i]] + 0.2;
                _worth.Add(worth);
                var mood = 0.3 * (random.NextDouble() - 0.5);
                var draws = new int[8];
                for (var k = 0; k < K; k++)
                {
                    foreach (var item in Shown())
                        draws[item]++;
                }

                var shown = Shown();
                lists.Add(new ExploredList(row / perUser, shown, draws, candidate, serving));
                values.Add([.. shown.Select(item => (float)(worth[item] + mood + (0.4 * (random.NextDouble() - 0.5))))]);

                int[] Shown() => [.. Enumerable.Range(0, 8).OrderBy(item => item + (20 * random.NextDouble())).Take(length)];
            }

            return ([.. lists], [.. values]);
        }
    }
}
