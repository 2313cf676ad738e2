using MTRec.Learning.Evaluation.OffPolicy;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Evaluation.OffPolicy;

/// <summary>
/// x ~ U(-1, 1); the logging policy draws a ~ N(0.3 x, 0.5^2); r = 1 - (a - 0.5 x)^2 + the user's mood + noise. A policy N(0.5 x + shift, s^2) is worth
/// exactly 1 - shift^2 - s^2.
/// </summary>
internal sealed class ContinuousBandit
{
    private const int RowsPerUser = 3;

    public ContinuousBandit(int users, int seed)
    {
        var random = new Random(seed);
        var rows = users * RowsPerUser;
        (User, X, Action, Reward) = (new int[rows], new double[rows], new double[rows], new double[rows]);
        for (var row = 0; row < rows; row++)
        {
            if (row % RowsPerUser == 0)
                Mood = 0.3 * Normal(random);
            User[row] = row / RowsPerUser;
            X[row] = (2 * random.NextDouble()) - 1;
            Action[row] = (0.3 * X[row]) + (0.5 * Normal(random));
            Reward[row] = Expected(X[row], Action[row]) + Mood + (0.3 * Normal(random));
        }
    }

    public int[] User { get; }

    public double[] X { get; }

    public double[] Action { get; }

    public double[] Reward { get; }

    private double Mood { get; set; }

    public static double Expected(double x, double action) => 1 - Math.Pow(action - (0.5 * x), 2);

    public static double Truth(double shift, double deviation) => 1 - (shift * shift) - (deviation * deviation);

    public double[] LoggedLogDensity() => ActionDensity.Gaussian(Column(Action), Column(Each(x => 0.3 * x)), 0.5);

    public double[] EvaluatedLogDensity(double shift, double deviation) =>
        ActionDensity.Gaussian(Column(Action), Column(Each(x => (0.5 * x) + shift)), deviation);

    public double[] KernelLogDensity(double shift, ActionKernel kernel) => kernel.LogDensity(Column(Action), Column(Each(x => (0.5 * x) + shift)));

    public DecisionLog Log(double[] logged, double[] evaluated) => new(User, Reward, ImportanceRatios.OfLogs(logged, evaluated));

    public double[] Each(Func<double, double> value) => Array.ConvertAll(X, x => value(x));

    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static Tensor Column(double[] values) => tensor(values).unsqueeze(1);
}
