namespace MTRec.Simulation.SoftOptimal;

/// <summary>A <see cref="SoftOptimalWorld"/> without structure: every mood and item has a reward of its own, every response a move of its own.</summary>
public sealed record TabularWorld
{
    /// <summary>M.</summary>
    public int Moods { get; init; } = 6;

    /// <summary>I.</summary>
    public int Items { get; init; } = 8;

    /// <summary>gamma.</summary>
    public double Discount { get; init; } = 0.9;

    /// <summary>How much moods differ: r* = U(-1, 1) by mood and item + this * U(-1, 1) by mood.</summary>
    public double MoodSpread { get; init; } = 1.5;

    /// <summary>How sure the next mood is: chances are in proportion to the power of this order of standard exponential numbers; 1 is evenly from the simplex.</summary>
    public double Certainty { get; init; } = 3;

    /// <summary>See <see cref="SoftOptimalWorld.RewardNoise"/>.</summary>
    public double RewardNoise { get; init; }

    /// <summary>Draws a world and solves it. Moods and items are one-hot.</summary>
    public SoftOptimalWorld Draw(int seed)
    {
        var random = new Random(seed);
        var reward = new double[Moods * Items];
        for (var mood = 0; mood < Moods; mood++)
        {
            var level = MoodSpread * Even();
            for (var item = 0; item < Items; item++)
                reward[(mood * Items) + item] = level + Even();
        }

        var transition = new double[Moods * Items * SoftOptimalWorld.Responses * Moods];
        for (var start = 0; start < transition.Length; start += Moods)
        {
            var row = transition.AsSpan(start, Moods);
            foreach (ref var chance in row)
                chance = Math.Pow(-Math.Log(1 - random.NextDouble()), Certainty);
            var sum = 0.0;
            foreach (var chance in row)
                sum += chance;
            foreach (ref var chance in row)
                chance /= sum;
        }

        return new SoftOptimalWorld(
            [reward], [.. Enumerable.Range(0, Items)], transition, Discount, RewardNoise, OneHot(Moods), [[]], OneHot(Items));

        double Even() => (2 * random.NextDouble()) - 1;
    }

    private static float[][] OneHot(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Enumerable.Range(0, count).Select(j => i == j ? 1f : 0f).ToArray())];
}
