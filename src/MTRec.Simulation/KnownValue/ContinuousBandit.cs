using MTRec.Learning.Evaluation.OffPolicy;
using static TorchSharp.torch;

namespace MTRec.Simulation.KnownValue;

/// <summary>
/// A log of a contextual bandit with a continuous action, to test estimators on: x ~ U(-1, 1), the logging policy draws a ~ N(0.3 x, 0.5^2),
/// r = 1 - (a - 0.5 x)^2 + the user's mood + noise. A policy N(0.5 x + shift, s^2) is worth exactly 1 - shift^2 - s^2.
/// </summary>
public sealed class ContinuousBandit
{
    /// <summary>Rows of one user, who has one mood.</summary>
    public const int RowsPerUser = 3;

    private const double LoggedSlope = 0.3;
    private const double LoggedDeviation = 0.5;
    private const double BestSlope = 0.5;
    private const double NoiseDeviation = 0.3;

    /// <summary>Draws a log.</summary>
    /// <param name="users">Number of users, 1 or more.</param>
    /// <param name="seed">Seed of the log.</param>
    public ContinuousBandit(int users, int seed)
    {
        var random = new Random(seed);
        var rows = users * RowsPerUser;
        var (user, x, action, reward) = (new int[rows], new double[rows], new double[rows], new double[rows]);
        var mood = 0.0;
        for (var row = 0; row < rows; row++)
        {
            if (row % RowsPerUser == 0)
                mood = NoiseDeviation * NormalDraw.Of(random);
            user[row] = row / RowsPerUser;
            x[row] = (2 * random.NextDouble()) - 1;
            action[row] = (LoggedSlope * x[row]) + (LoggedDeviation * NormalDraw.Of(random));
            reward[row] = ExpectedReward(x[row], action[row]) + mood + (NoiseDeviation * NormalDraw.Of(random));
        }

        (User, X, Action, Reward) = (user, x, action, reward);
    }

    /// <summary>Each row's user [rows].</summary>
    public IReadOnlyList<int> User { get; }

    /// <summary>The context [rows].</summary>
    public IReadOnlyList<double> X { get; }

    /// <summary>What the logging policy drew [rows].</summary>
    public IReadOnlyList<double> Action { get; }

    /// <summary>The reward [rows].</summary>
    public IReadOnlyList<double> Reward { get; }

    /// <summary>The mean reward of an action over moods and noise.</summary>
    public static double ExpectedReward(double x, double action) => 1 - Math.Pow(action - (BestSlope * x), 2);

    /// <summary>The value of the policy N(0.5 x + shift, deviation^2).</summary>
    public static double Value(double shift, double deviation) => 1 - (shift * shift) - (deviation * deviation);

    /// <summary>Logarithms of the densities with which the actions were drawn [rows].</summary>
    public double[] LoggedLogDensity() => ActionDensity.Gaussian(Column(Action), Column([.. X.Select(x => LoggedSlope * x)]), LoggedDeviation);

    /// <summary>Logarithms of the densities of the policy N(0.5 x + shift, deviation^2) [rows].</summary>
    public double[] EvaluatedLogDensity(double shift, double deviation) => ActionDensity.Gaussian(Column(Action), Chosen(shift), deviation);

    /// <summary>Logarithms of a kernel around the deterministic policy 0.5 x + shift [rows].</summary>
    public double[] KernelLogDensity(double shift, ActionKernel kernel) => kernel.LogDensity(Column(Action), Chosen(shift));

    /// <summary>The log as estimators read it.</summary>
    /// <param name="logged">Logarithms of the logged densities [rows].</param>
    /// <param name="evaluated">Logarithms of the evaluated densities [rows].</param>
    public DecisionLog Log(ReadOnlySpan<double> logged, ReadOnlySpan<double> evaluated) =>
        new([.. User], [.. Reward], ImportanceRatios.OfLogs(logged, evaluated));

    private Tensor Chosen(double shift) => Column([.. X.Select(x => (BestSlope * x) + shift)]);

    private static Tensor Column(IReadOnlyList<double> values) => tensor(values.ToArray()).unsqueeze(1);
}
