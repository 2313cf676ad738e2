using MTRec.Learning.Evaluation.OffPolicy;
using static TorchSharp.torch;

namespace MTRec.Simulation.KnownValue;

/// <summary>
/// A log of a small decision process with a continuous action, to test estimators on: two states, sessions that start in state 0. The reward is
/// 1 - (a - best_s)^2 + noise; then the other state follows with chance 0.5 + 0.4 tanh(a), and the session goes on with chance
/// 0.85 - 0.1 tanh(a), so that what is done decides how long a session is. The logging policy draws a ~ N(0, 0.6^2).
/// </summary>
public sealed class TwoStateProcess
{
    /// <summary>The logging policy's standard deviation; its mean is 0.</summary>
    public const double LoggedDeviation = 0.6;

    private const double NoiseDeviation = 0.2;
    private const int BellmanSweeps = 2000;

    private static readonly double[] Best = [0.5, -0.4];

    private readonly List<long> _session = [];
    private readonly List<long> _step = [];
    private readonly List<long> _state = [];
    private readonly List<double> _action = [];
    private readonly List<double> _reward = [];

    /// <summary>Draws a log.</summary>
    /// <param name="sessions">Number of sessions, 1 or more.</param>
    /// <param name="seed">Seed of the log.</param>
    public TwoStateProcess(int sessions, int seed)
    {
        var random = new Random(seed);
        for (var session = 0; session < sessions; session++)
        {
            var state = 0;
            for (var step = 0; ; step++)
            {
                var action = LoggedDeviation * NormalDraw.Of(random);
                _session.Add(session);
                _step.Add(step);
                _state.Add(state);
                _action.Add(action);
                _reward.Add(ExpectedReward(state, action) + (NoiseDeviation * NormalDraw.Of(random)));
                if (random.NextDouble() < ChanceOfOther(action))
                    state = 1 - state;
                if (random.NextDouble() >= ChanceToGoOn(action))
                    break;
            }
        }
    }

    /// <summary>The logged actions [rows].</summary>
    public IReadOnlyList<double> Actions => _action;

    /// <summary>The mean discounted return a session of the log.</summary>
    public double MeanReturn(double discount) => _reward.Select((reward, row) => Math.Pow(discount, _step[row]) * reward).Sum() / _session.Distinct().Count();

    /// <summary>The mean reward of an action.</summary>
    public static double ExpectedReward(int state, double action) => 1 - Math.Pow(action - Best[state], 2);

    /// <summary>The discounted return a session of the policy N(mean_s, deviation^2), from its Bellman equations.</summary>
    /// <param name="mean">The mean action of each state [2].</param>
    /// <param name="deviation">Standard deviation, 0 for the deterministic policy.</param>
    /// <param name="discount">gamma, in [0, 1].</param>
    public static double Value(IReadOnlyList<double> mean, double deviation, double discount)
    {
        double[] value = [0, 0];
        for (var sweep = 0; sweep < BellmanSweeps; sweep++)
        {
            var before = value;
            value = [.. Enumerable.Range(0, 2).Select(state => Expectation(mean[state], deviation, action =>
                ExpectedReward(state, action)
                + (discount * ChanceToGoOn(action) * ((ChanceOfOther(action) * before[1 - state]) + ((1 - ChanceOfOther(action)) * before[state])))))];
        }

        return value[0];
    }

    /// <summary>The log as importance-weighted estimators of the policy N(mean_s, deviation^2) read it, each session a user of its own.</summary>
    public SessionLog Sessions(IReadOnlyList<double> mean, double deviation) => new(
        [.. _session.Select(session => (int)session)],
        [.. _session],
        [.. _reward],
        ImportanceRatios.OfLogs(LoggedLogDensity(), EvaluatedLogDensity(mean, deviation)));

    /// <summary>The log as tensors, the state one-hot.</summary>
    public TransitionLog Transitions()
    {
        using var scope = NewDisposeScope();
        return new TransitionLog(
            nn.functional.one_hot(tensor(_state.ToArray()), 2).to(ScalarType.Float32),
            Column().to(ScalarType.Float32),
            Floats(_reward),
            Floats(LoggedLogDensity()),
            tensor(_session.Select((session, row) => row + 1 < _session.Count && _session[row + 1] == session ? row + 1L : -1).ToArray()),
            tensor(_session.ToArray()),
            tensor(_step.ToArray()));
    }

    /// <summary>Logarithms of the densities of the policy N(mean_s, deviation^2) for the logged actions [rows].</summary>
    public double[] EvaluatedLogDensity(IReadOnlyList<double> mean, double deviation)
    {
        using var scope = NewDisposeScope();
        return ActionDensity.Gaussian(Column(), tensor(_state.Select(state => mean[(int)state]).ToArray()).unsqueeze(1), deviation);
    }

    private double[] LoggedLogDensity() => EvaluatedLogDensity([0, 0], LoggedDeviation);

    private Tensor Column() => tensor(_action.ToArray()).unsqueeze(1);

    private static Tensor Floats(IEnumerable<double> values) => tensor(values.Select(value => (float)value).ToArray());

    private static double ChanceOfOther(double action) => 0.5 + (0.4 * Math.Tanh(action));

    private static double ChanceToGoOn(double action) => 0.85 - (0.1 * Math.Tanh(action));

    // The trapezoid rule converges faster than any power for a normal density: these steps give full precision.
    private static double Expectation(double mean, double deviation, Func<double, double> value)
    {
        if (deviation == 0)
            return value(mean);
        double sum = 0, weights = 0;
        for (var i = -80; i <= 80; i++)
        {
            var weight = Math.Exp(-0.5 * (i * 0.1) * (i * 0.1));
            sum += weight * value(mean + (deviation * i * 0.1));
            weights += weight;
        }

        return sum / weights;
    }
}
