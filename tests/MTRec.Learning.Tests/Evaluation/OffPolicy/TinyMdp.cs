using MTRec.Learning.Evaluation.OffPolicy;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Evaluation.OffPolicy;

/// <summary>
/// Two states and a continuous action. Reward 1 - (a - c_s)^2; the other state follows with chance 0.5 + 0.4 tanh(a), the session goes on
/// with chance 0.85 - 0.1 tanh(a): long and short sessions differ by what was done. The logging policy draws a ~ N(0, 0.6^2).
/// </summary>
internal static class TinyMdp
{
    public const double LoggedDeviation = 0.6;

    private static readonly double[] Best = [0.5, -0.4];

    /// <summary>The value of a policy N(mean_s, deviation^2) from state 0, by solving its Bellman equations; 0 as deviation means deterministic.</summary>
    public static double Value(double[] mean, double deviation, double discount)
    {
        var value = new double[2];
        for (var sweep = 0; sweep < 2000; sweep++)
        {
            value = [.. Enumerable.Range(0, 2).Select(state => Mean(mean[state], deviation, action =>
            {
                var other = Other(action);
                return Reward(state, action) + (discount * GoesOn(action) * ((other * value[1 - state]) + ((1 - other) * value[state])));
            }))];
        }

        return value[0];
    }

    public static Steps Log(int sessions, int seed)
    {
        var random = new Random(seed);
        var log = new Steps();
        for (var session = 0; session < sessions; session++)
        {
            var state = 0;
            for (var step = 0; ; step++)
            {
                var action = LoggedDeviation * ContinuousBandit.Normal(random);
                log.Session.Add(session);
                log.Step.Add(step);
                log.State.Add(state);
                log.Action.Add(action);
                log.Reward.Add(Reward(state, action) + (0.2 * ContinuousBandit.Normal(random)));
                if (random.NextDouble() < Other(action))
                    state = 1 - state;
                if (random.NextDouble() >= GoesOn(action))
                    break;
            }
        }

        return log;
    }

    public static double Reward(int state, double action) => 1 - Math.Pow(action - Best[state], 2);

    private static double Other(double action) => 0.5 + (0.4 * Math.Tanh(action));

    private static double GoesOn(double action) => 0.85 - (0.1 * Math.Tanh(action));

    private static double Mean(double mean, double deviation, Func<double, double> value)
    {
        if (deviation == 0)
            return value(mean);
        double sum = 0, weights = 0;
        for (var u = -6.0; u <= 6; u += 0.05)
        {
            var weight = Math.Exp(-0.5 * u * u);
            sum += weight * value(mean + (deviation * u));
            weights += weight;
        }

        return sum / weights;
    }

    public sealed class Steps
    {
        public List<long> Session { get; } = [];

        public List<long> Step { get; } = [];

        public List<int> State { get; } = [];

        public List<double> Action { get; } = [];

        public List<double> Reward { get; } = [];

        public double[] LogRatios(double[] mean, double deviation) => ImportanceRatios.OfLogs(
            [.. Action.Select(action => LogNormal(action, 0, LoggedDeviation))],
            [.. Action.Select((action, row) => LogNormal(action, mean[State[row]], deviation))]);

        public SessionLog Sessions(double[] mean, double deviation) =>
            new([.. Session.Select(session => (int)session)], [.. Session], [.. Reward], LogRatios(mean, deviation));

        public TransitionLog Transitions()
        {
            var next = Session.Select((session, row) => row + 1 < Session.Count && Session[row + 1] == session ? row + 1L : -1).ToArray();
            return new TransitionLog(
                nn.functional.one_hot(tensor(State.Select(state => (long)state).ToArray()), 2).to(ScalarType.Float32),
                tensor(Action.Select(action => (float)action).ToArray()).unsqueeze(1),
                tensor(Reward.Select(reward => (float)reward).ToArray()),
                tensor(Action.Select(action => (float)LogNormal(action, 0, LoggedDeviation)).ToArray()),
                tensor(next),
                tensor(Session.ToArray()),
                tensor(Step.ToArray()));
        }

        private static double LogNormal(double action, double mean, double deviation) =>
            -0.5 * (Math.Pow((action - mean) / deviation, 2) + Math.Log(2 * Math.PI * deviation * deviation));
    }
}
