namespace MTRec.Simulation.SoftOptimal;

/// <summary>
/// A small world in which a user's soft-optimal choices are known exactly. The user is in one of M moods and is shown one of I items, drawn
/// evenly whatever happened before; skipping is worth 0, a positive response r*; the response moves the mood. Users of one kind share r*.
/// </summary>
/// <remarks>
/// Q*(m, i, a) = r*(m, i, a) + gamma sum_m' P(m' | m, group of i, a) W(m'), where W(m) = mean_i log sum_a exp Q*(m, i, a); the user draws a from
/// softmax Q*. With <see cref="RewardNoise"/> r* is a mean: the user sees r* + <see cref="Noise"/> before the choice, the log does not.
/// </remarks>
public sealed class SoftOptimalWorld
{
    /// <summary>The responses: skip, positive.</summary>
    public const int Responses = 2;

    /// <summary>How many values the noise has: enough that quantiles are not of a few atoms.</summary>
    public const int NoiseLevels = 20;

    private const double Convergence = 1e-6;

    private readonly double[][] _reward;
    private readonly double[] _transition;
    private readonly int[] _group;
    private readonly int _groups;
    private readonly double[][] _q;

    /// <summary>Solves a world by soft value iteration.</summary>
    /// <param name="reward">r* of a positive response [kinds][M * I].</param>
    /// <param name="group">Which group each item is of [I]: items of a group move the mood alike.</param>
    /// <param name="transition">P(m' | m, group, a) [M * groups * 2 * M].</param>
    /// <param name="discount">gamma, in [0, 1).</param>
    /// <param name="rewardNoise">How far the reward that the user sees is from r* at most, 0 or more.</param>
    /// <param name="moods">What an agent sees of each mood [M].</param>
    /// <param name="kinds">What an agent sees of each kind of user [kinds]; all of one length.</param>
    /// <param name="items">What an agent sees of each item [I]; all of one length.</param>
    /// <exception cref="ArgumentException">The sizes do not fit each other, or the probabilities do not sum up to 1.</exception>
    public SoftOptimalWorld(
        double[][] reward, int[] group, double[] transition, double discount, double rewardNoise, float[][] moods, float[][] kinds, float[][] items)
    {
        _groups = group.Max() + 1;
        if (items.Length != group.Length || reward.Length != kinds.Length || reward.Any(r => r.Length != moods.Length * items.Length))
            throw new ArgumentException("Rewards, moods, kinds and items do not fit each other.", nameof(reward));
        if (transition.Length != moods.Length * _groups * Responses * moods.Length
            || transition.Chunk(moods.Length).Any(row => Math.Abs(row.Sum() - 1) > 1e-9))
        {
            throw new ArgumentException("The transitions are no distributions over the moods.", nameof(transition));
        }

        (_reward, _group, _transition) = (reward, group, transition);
        (Discount, RewardNoise, Moods, Kinds, Items) = (discount, rewardNoise, moods, kinds, items);
        _q = [.. reward.Select(Solve)];
    }

    /// <summary>gamma.</summary>
    public double Discount { get; }

    /// <summary>How far the reward that the user sees is from r* at most.</summary>
    public double RewardNoise { get; }

    /// <summary>What an agent sees of each mood.</summary>
    public IReadOnlyList<float[]> Moods { get; }

    /// <summary>What an agent sees of each kind of user.</summary>
    public IReadOnlyList<float[]> Kinds { get; }

    /// <summary>What an agent sees of each item.</summary>
    public IReadOnlyList<float[]> Items { get; }

    /// <summary>r*(s, positive).</summary>
    public double Reward(int kind, int mood, int item) => _reward[kind][(mood * Items.Count) + item];

    /// <summary>Q*(s, a), with the mean reward.</summary>
    public double Q(int kind, int mood, int item, int response) => _q[kind][(((mood * Items.Count) + item) * Responses) + response];

    /// <summary>Chance of a positive response where the user sees r* + <paramref name="noise"/>.</summary>
    public double Positive(int kind, int mood, int item, double noise = 0) =>
        1 / (1 + Math.Exp(Q(kind, mood, item, 0) - Q(kind, mood, item, 1) - noise));

    /// <summary>The noise that a number from [0, 1) draws: evenly one of <see cref="NoiseLevels"/> values, spaced evenly within +- <see cref="RewardNoise"/>.</summary>
    public double Noise(double draw) => RewardNoise * (((2 * Math.Floor(draw * NoiseLevels)) + 1) / NoiseLevels - 1);

    /// <summary>The next mood that a number from [0, 1) draws.</summary>
    public int Next(int mood, int item, int response, double draw)
    {
        var row = Row(mood, _group[item], response);
        var next = 0;
        while (next < Moods.Count - 1 && (draw -= row[next]) >= 0)
            next++;
        return next;
    }

    private ReadOnlySpan<double> Row(int mood, int group, int response) =>
        _transition.AsSpan(((((mood * _groups) + group) * Responses) + response) * Moods.Count, Moods.Count);

    private double[] Solve(double[] reward)
    {
        var values = new double[Moods.Count];
        var ahead = new double[Moods.Count * _groups * Responses];
        var q = new double[reward.Length * Responses];
        for (var change = double.MaxValue; change > Convergence;)
        {
            for (var place = 0; place < ahead.Length; place++)
                ahead[place] = Discount * Expected(_transition.AsSpan(place * Moods.Count, Moods.Count), values);
            change = 0;
            for (var mood = 0; mood < Moods.Count; mood++)
            {
                var sum = 0.0;
                for (var item = 0; item < Items.Count; item++)
                {
                    var state = (mood * Items.Count) + item;
                    var after = ((mood * _groups) + _group[item]) * Responses;
                    q[state * Responses] = ahead[after];
                    q[(state * Responses) + 1] = reward[state] + ahead[after + 1];
                    sum += Value(q[state * Responses], q[(state * Responses) + 1]);
                }

                change = Math.Max(change, Math.Abs((sum / Items.Count) - values[mood]));
                values[mood] = sum / Items.Count;
            }
        }

        return q;
    }

    // V: over what the user may see of the reward, evenly.
    private double Value(double skip, double positive) =>
        RewardNoise == 0
            ? LogSum(skip, positive)
            : Enumerable.Range(0, NoiseLevels).Average(level => LogSum(skip, positive + Noise((level + 0.5) / NoiseLevels)));

    private static double LogSum(double x, double y) => Math.Max(x, y) + Math.Log(1 + Math.Exp(-Math.Abs(x - y)));

    private static double Expected(ReadOnlySpan<double> chances, double[] values)
    {
        var sum = 0.0;
        for (var i = 0; i < chances.Length; i++)
            sum += chances[i] * values[i];
        return sum;
    }
}
