using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms;

/// <summary>
/// A user who is soft-optimal for a known reward in a small world: a state is a mood and a shown item; the response moves the mood; the next
/// item is drawn evenly. Skipping is worth 0.
/// </summary>
internal sealed class SoftOptimalUser
{
    private const int Moods = 4;
    private const int Items = 6;
    private const double Discount = 0.9;

    private readonly double[,] _reward = new double[States, 2];
    private readonly double[,,] _mood = new double[States, 2, Moods];
    private readonly double[] _positive = new double[States];

    public SoftOptimalUser(int seed)
    {
        var random = new Random(seed);
        for (var state = 0; state < States; state++)
        {
            _reward[state, 1] = (2 * random.NextDouble()) - 1;
            for (var action = 0; action < 2; action++)
            {
                var weights = Enumerable.Range(0, Moods).Select(_ => -Math.Log(1 - random.NextDouble())).ToArray();
                for (var mood = 0; mood < Moods; mood++)
                    _mood[state, action, mood] = weights[mood] / weights.Sum();
            }
        }

        // Soft value iteration, to convergence.
        var values = new double[States];
        for (var sweep = 0; sweep < 500; sweep++)
        {
            var next = new double[States];
            for (var state = 0; state < States; state++)
            {
                var skip = Q(state, 0, values);
                var positive = Q(state, 1, values);
                next[state] = Math.Log(Math.Exp(skip) + Math.Exp(positive));
                _positive[state] = Math.Exp(positive - next[state]);
            }

            values = next;
        }
    }

    public static int States => Moods * Items;

    /// <summary>r*(s, positive).</summary>
    public double[] PositiveRewards => [.. Enumerable.Range(0, States).Select(state => _reward[state, 1])];

    /// <summary>Learns from sampled trajectories and gives back r(s, positive), the mean over s'.</summary>
    public double[] Recover(IqlObjective objective, int seed)
    {
        var options = new QrIqlOptions { Objective = objective, Discount = Discount };
        var (states, actions, nexts, continues) = Trajectories(users: 1500, steps: 10, seed);
        manual_seed(seed);
        using var table = TorchSharp.torch.nn.Parameter(randn(States, 2, options.Quantiles) * 0.01);
        using var target = table.detach().clone();
        using var optimizer = optim.Adam([table], 0.02);
        const int Steps = 1000;
        for (var step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            foreach (var group in optimizer.ParamGroups)
                group.LearningRate = 0.02 * (1 - (step / (double)Steps));
            var batch = randint(0, states.shape[0], [1000], dtype: ScalarType.Int64);
            optimizer.zero_grad();
            SoftQ.Loss(
                options,
                table.index_select(0, states.index_select(0, batch)),
                actions.index_select(0, batch),
                SoftQ.V(target.index_select(0, nexts.index_select(0, batch))),
                continues.index_select(0, batch)).backward();
            optimizer.step();
            using (no_grad())
                target.mul_(1 - options.TargetRate).add_(table, alpha: options.TargetRate);
        }

        using var end = NewDisposeScope();
        using var quiet = no_grad();
        var q = SoftQ.Q(table).Floats();
        var v = SoftQ.V(table).Floats();
        return [.. Enumerable.Range(0, States).Select(state => q[(2 * state) + 1] - (Discount * Ahead(state, 1, s => v[s])))];
    }

    private double Q(int state, int action, double[] values) => _reward[state, action] + (Discount * Ahead(state, action, s => values[s]));

    private double Ahead(int state, int action, Func<int, double> value)
    {
        var sum = 0.0;
        for (var mood = 0; mood < Moods; mood++)
        {
            for (var item = 0; item < Items; item++)
                sum += _mood[state, action, mood] / Items * value((mood * Items) + item);
        }

        return sum;
    }

    private (Tensor States, Tensor Actions, Tensor Nexts, Tensor Continues) Trajectories(int users, int steps, int seed)
    {
        var random = new Random(seed);
        var states = new List<long>();
        var actions = new List<long>();
        var nexts = new List<long>();
        var continues = new List<float>();
        for (var user = 0; user < users; user++)
        {
            var state = random.Next(States);
            for (var step = 0; step < steps; step++)
            {
                var action = random.NextDouble() < _positive[state] ? 1 : 0;
                var draw = random.NextDouble();
                var mood = 0;
                while (mood < Moods - 1 && (draw -= _mood[state, action, mood]) > 0)
                    mood++;
                var next = (mood * Items) + random.Next(Items);
                states.Add(state);
                actions.Add(action);
                nexts.Add(next);
                continues.Add(step == steps - 1 ? 0 : 1);
                state = next;
            }
        }

        return (tensor(states.ToArray()), tensor(actions.ToArray()), tensor(nexts.ToArray()), tensor(continues.ToArray()));
    }
}
