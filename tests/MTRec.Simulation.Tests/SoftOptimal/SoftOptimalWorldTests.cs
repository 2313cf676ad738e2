using MTRec.Simulation.SoftOptimal;
using Xunit;

namespace MTRec.Simulation.Tests.SoftOptimal;

public sealed class SoftOptimalWorldTests
{
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.8)]
    public void One_state_has_its_closed_form(double noise)
    {
        const double Reward = 0.7;
        const double Discount = 0.9;
        var world = new SoftOptimalWorld([[Reward]], [0], [1, 1], Discount, noise, [[1]], [[]], [[1]]);

        // W = gamma W + E log(1 + exp(r + noise)).
        var value = Enumerable.Range(0, 20).Average(level => Softplus(Reward + (noise * (level - 9.5) / 10))) / (1 - Discount);
        Assert.Equal(Discount * value, world.Q(0, 0, 0, 0), 1e-5);
        Assert.Equal(Reward + (Discount * value), world.Q(0, 0, 0, 1), 1e-5);
        Assert.Equal(1 / (1 + Math.Exp(-Reward - noise)), world.Positive(0, 0, 0, noise), 1e-9);

        static double Softplus(double x) => Math.Log(1 + Math.Exp(x));
    }

    [Fact]
    public void Two_moods_solve_their_own_equations()
    {
        // Skipping goes to mood 0, a positive response to mood 1, where everything is worth more.
        double[] moves = [1, 0, 0, 1, 1, 0, 0, 1];
        var world = new SoftOptimalWorld([[-1, 2]], [0], moves, 0.5, 0, [[0], [1]], [[]], [[]]);
        double Value(int mood) => Math.Log(Math.Exp(world.Q(0, mood, 0, 0)) + Math.Exp(world.Q(0, mood, 0, 1)));

        for (var mood = 0; mood < 2; mood++)
        {
            Assert.Equal(0.5 * Value(0), world.Q(0, mood, 0, 0), 1e-6);
            Assert.Equal(world.Reward(0, mood, 0) + (0.5 * Value(1)), world.Q(0, mood, 0, 1), 1e-6);
        }
    }

    [Fact]
    public void Draws_follow_the_transitions()
    {
        double[] moves = [0.2, 0.8, 1, 0, 0, 1, 0.5, 0.5];
        var world = new SoftOptimalWorld([[0, 0]], [0], moves, 0.5, 0, [[0], [1]], [[]], [[]]);
        Assert.Equal([0, 1, 1], new[] { 0.19, 0.21, 0.99 }.Select(draw => world.Next(0, 0, 0, draw)));
        Assert.Equal([0, 0], new[] { 0.0, 0.99 }.Select(draw => world.Next(0, 0, 1, draw)));
        Assert.Equal([1, 1], new[] { 0.0, 0.99 }.Select(draw => world.Next(1, 0, 0, draw)));
        Assert.Equal([0, 1], new[] { 0.49, 0.51 }.Select(draw => world.Next(1, 0, 1, draw)));
    }

    [Fact]
    public void A_taste_world_has_the_rewards_and_moves_that_it_says()
    {
        var options = new TasteWorld { Users = 2, Items = 8, Width = 2, Categories = 2, Levels = 3 };
        var world = options.Draw(1);
        var satiation = world.Moods.ToList();
        int Mood(int first, int second) => satiation.FindIndex(mood => mood[0] == first / 2f && mood[1] == second / 2f);
        for (var item = 0; item < 8; item++)
        {
            var features = world.Items[item];
            var taste = world.Kinds[1];
            var liking = ((taste[0] * features[0]) + (taste[1] * features[1])) * 0.8 / Math.Sqrt(2);
            Assert.Equal(liking + 0.5 - (0.9 * (item % 2 == 0 ? 1 : 2)), world.Reward(1, Mood(1, 2), item), 1e-6);
            Assert.Equal(item % 2 == 0 ? [1f, 0f] : [0f, 1f], features[2..4]);
            Assert.Equal(item / 2 % 2, features[4]);
        }

        // One category of the two recovers; then item 0 satiates the first by 1, item 2 wholly.
        Assert.Equal(new[] { Mood(0, 2), Mood(1, 1) }.Order(), Nexts(Mood(1, 2), 0, 0));
        Assert.Equal(new[] { Mood(1, 2), Mood(2, 1) }.Order(), Nexts(Mood(1, 2), 0, 1));
        Assert.Equal(new[] { Mood(2, 2), Mood(2, 1) }.Order(), Nexts(Mood(1, 2), 2, 1));
        Assert.Equal(new[] { Mood(1, 0) }, Nexts(Mood(0, 0), 0, 1));

        IEnumerable<int> Nexts(int mood, int item, int response) =>
            Enumerable.Range(0, 20).Select(i => world.Next(mood, item, response, i / 20.0)).Distinct().Order();
    }

    [Fact]
    public void What_is_no_distribution_is_refused() =>
        Assert.Throws<ArgumentException>(() => new SoftOptimalWorld([[0]], [0], [1, 0.9], 0.9, 0, [[1]], [[]], [[1]]));
}
