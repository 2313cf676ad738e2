using MTRec.Learning.Algorithms.MentalReward;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.ActorCritic;

/// <summary>Steps of sessions that a user was shown, as QR-IQL reads them: the user is the agent. Rows of a session follow each other.</summary>
/// <param name="State">The user and the moment [N, S].</param>
/// <param name="Action">What was shown [N, A].</param>
/// <param name="Positive">1 where the user's response was positive, else 0, int64 [N].</param>
/// <param name="Next">The row of the session's next step, -1 where it ended, int64 [N].</param>
public sealed record ShownSteps(Tensor State, Tensor Action, Tensor Positive, Tensor Next);

/// <summary>Hyper-parameters of <see cref="MentalShaping"/>.</summary>
public sealed record MentalShapingOptions
{
    /// <summary>gamma, alpha, N, the objective and the target's rate; what fits backbones is not read.</summary>
    public QrIqlOptions Iql { get; init; } = new();

    /// <summary>Updates of each stage, 1 or more.</summary>
    public int Updates { get; init; } = 1000;

    /// <summary>Rows a minibatch, 1 or more.</summary>
    public int BatchSize { get; init; } = 512;

    /// <summary>Adam's rate, above 0.</summary>
    public double LearningRate { get; init; } = 1e-3;
}

/// <summary>
/// The mental reward of what an agent shows: QR-IQL (MTRec, arXiv 2509.22807) on logged steps with s = (state, action shown), then a head that
/// predicts the quantiles of r(s, positive), for s' is not known when an action is judged (ours).
/// </summary>
public sealed class MentalShaping : IDisposable
{
    private readonly Sequential _head;

    private MentalShaping(Sequential head) => _head = head;

    /// <summary>Learns from a log.</summary>
    /// <param name="log">Steps, at least one of them positive with a step after it.</param>
    /// <param name="options">Hyper-parameters.</param>
    /// <param name="seed">Seed of the weights and minibatches; seeds libtorch's generator.</param>
    /// <exception cref="ArgumentException">No positive step has a step after it.</exception>
    public static MentalShaping Learn(ShownSteps log, MentalShapingOptions options, int seed)
    {
        manual_seed(seed);
        var iql = options.Iql;
        var width = (int)(log.State.shape[1] + log.Action.shape[1]);
        using var soft = Perceptron.Of(() => nn.ReLU(), width, iql.Width, iql.Width, QuantileQNetwork.Actions * iql.Quantiles);
        using var target = Perceptron.Of(() => nn.ReLU(), width, iql.Width, iql.Width, QuantileQNetwork.Actions * iql.Quantiles);
        var head = Perceptron.Of(() => nn.ReLU(), width, iql.Width, iql.Width, iql.Quantiles);
        Follow(target, soft, 1);
        using var scope = NewDisposeScope();
        var shown = cat([log.State, log.Action], 1);
        var continues = log.Next.ge(0);
        var rewarded = (continues & log.Positive.eq(1)).nonzero().squeeze(-1);
        if (rewarded.shape[0] == 0)
            throw new ArgumentException("No positive step has a step after it.", nameof(log));

        using (var optimizer = optim.Adam(soft.parameters(), options.LearningRate))
        {
            for (var update = 0; update < options.Updates; update++)
            {
                using var step = NewDisposeScope();
                var rows = randint(0, shown.shape[0], [options.BatchSize], dtype: ScalarType.Int64);
                var loss = SoftQ.Loss(
                    iql, Quantiles(soft, shown.index_select(0, rows)), log.Positive.index_select(0, rows),
                    NextValue(target, rows), continues.index_select(0, rows).to_type(ScalarType.Float32));
                Descend(optimizer, loss);
                Follow(target, soft, iql.TargetRate);
            }
        }

        using (var optimizer = optim.Adam(head.parameters(), options.LearningRate))
        {
            for (var update = 0; update < options.Updates; update++)
            {
                using var step = NewDisposeScope();
                var rows = rewarded.index_select(0, randint(0, rewarded.shape[0], [options.BatchSize], dtype: ScalarType.Int64));
                Tensor reward;
                using (no_grad())
                    reward = SoftQ.Reward(Quantiles(soft, shown.index_select(0, rows)), ones_like(rows), NextValue(soft, rows), iql.Discount);
                Descend(optimizer, SoftQ.Pinball(reward.unsqueeze(-1) - head.call(shown.index_select(0, rows))).mean());
            }
        }

        return new MentalShaping(head);

        Tensor Quantiles(Sequential network, Tensor input) => network.call(input).reshape(-1, QuantileQNetwork.Actions, iql.Quantiles);

        Tensor NextValue(Sequential network, Tensor rows)
        {
            using var quiet = no_grad();
            return SoftQ.V(Quantiles(network, shown.index_select(0, log.Next.index_select(0, rows).clamp_min(0))));
        }
    }

    /// <summary>The mean of r(s, positive) [B].</summary>
    /// <param name="state">[B, S].</param>
    /// <param name="action">[B, A].</param>
    public Tensor Reward(Tensor state, Tensor action)
    {
        using var quiet = no_grad();
        return _head.call(cat([state, action], 1)).mean([-1]);
    }

    /// <inheritdoc/>
    public void Dispose() => _head.Dispose();

    private static void Descend(optim.Optimizer optimizer, Tensor loss)
    {
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }

    private static void Follow(Sequential target, Sequential network, double rate)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        foreach (var (follower, leader) in target.parameters().Zip(network.parameters()))
            follower.mul_(1 - rate).add_(leader, alpha: rate);
    }
}
