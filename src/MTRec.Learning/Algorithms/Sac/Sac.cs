using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Environments;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Sac;

/// <summary>
/// Soft actor-critic with automatic temperature (Haarnoja et al. 2018b, arXiv 1812.05905, algorithm 1): two critics with targets, a squashed
/// Gaussian actor, a temperature that holds the policy's entropy.
/// </summary>
public sealed class Sac : IDisposable
{
    private readonly SacOptions _options;
    private readonly IEnvironment _environment;
    private readonly StepReward _reward;
    private readonly ReplayBuffer _replay;
    private readonly CriticEnsemble _critics;
    private readonly CriticEnsemble _targets;
    private readonly Parameter _logTemperature;
    private readonly optim.Optimizer _actorOptimizer;
    private readonly optim.Optimizer _criticOptimizer;
    private readonly optim.Optimizer _temperatureOptimizer;
    private readonly double _targetEntropy;
    private int _seed;

    /// <summary>Makes a learner; seeds libtorch's generator.</summary>
    /// <param name="options">Hyper-parameters.</param>
    /// <param name="environment">Users to learn with; stays the caller's.</param>
    /// <param name="reward">The reward.</param>
    /// <param name="seed">Seed of the weights, the actions, the minibatches and the sessions.</param>
    public Sac(SacOptions options, IEnvironment environment, StepReward reward, int seed)
    {
        manual_seed(seed);
        _options = options;
        _environment = environment;
        _reward = reward;
        _seed = seed * 1_000_003;
        var (state, action) = (environment.Shape.StateWidth, environment.Shape.ActionWidth);
        _targetEntropy = options.TargetEntropy ?? -action;
        _replay = new ReplayBuffer(options.Replay, state, action);
        Policy = new SacPolicy(state, action, options.Width);
        _critics = new CriticEnsemble(2, state + action, [options.Width, options.Width]);
        _targets = new CriticEnsemble(2, state + action, [options.Width, options.Width]);
        _targets.Follow(_critics, 1);
        _logTemperature = nn.Parameter(full(1, Math.Log(options.InitialTemperature), ScalarType.Float32));
        _actorOptimizer = optim.Adam(Policy.parameters(), options.LearningRate);
        _criticOptimizer = optim.Adam(_critics.parameters(), options.LearningRate);
        _temperatureOptimizer = optim.Adam([_logTemperature], options.LearningRate);
    }

    /// <summary>The policy learned so far; dies with the learner.</summary>
    public SacPolicy Policy { get; }

    /// <summary>Q_1 and Q_2: (s, a) to [2, B].</summary>
    internal CriticEnsemble Critics => _critics;

    /// <summary>Q'_1 and Q'_2.</summary>
    internal CriticEnsemble Targets => _targets;

    /// <summary>alpha, the weight of entropy.</summary>
    public double Temperature => Math.Exp(_logTemperature.item<float>());

    /// <summary>
    /// What the critics learn: y = r + gamma (min_j Q'_j(s', a') - alpha log pi(a'|s')) [B] (equations 3 and 5), without what follows a session's end.
    /// </summary>
    public static Tensor Target(Tensor reward, Tensor ended, Tensor nextQ, Tensor nextLogDensity, Tensor temperature, double discount) =>
        reward + (discount * (1 - ended) * (nextQ - (temperature * nextLogDensity)));

    /// <summary>J_Q = sum_j E[(Q_j(s, a) - y)^2] / 2, to be minimised (equation 5).</summary>
    /// <param name="q">Q_j(s, a) [2, B].</param>
    /// <param name="target">y [B].</param>
    public static Tensor CriticLoss(Tensor q, Tensor target) => (q - target).square().mean([1L]).sum() / 2;

    /// <summary>J_pi = E[alpha log pi(a|s) - min_j Q_j(s, a)], to be minimised (equation 7).</summary>
    public static Tensor ActorLoss(Tensor q, Tensor logDensity, Tensor temperature) => ((temperature * logDensity) - q).mean();

    /// <summary>
    /// J(alpha) = E[-alpha (log pi(a|s) + target entropy)], to be minimised (equation 18); over log alpha, which keeps alpha above 0.
    /// </summary>
    public static Tensor TemperatureLoss(Tensor logTemperature, Tensor logDensity, double targetEntropy) =>
        -(logTemperature.exp() * (logDensity.detach() + targetEntropy)).mean();

    /// <summary>Plays one batch of sessions to their end and updates after each of their steps.</summary>
    /// <returns>The number of steps of all sessions.</returns>
    public long Iterate()
    {
        var played = 0L;
        var due = 0.0;
        using var sessions = NewDisposeScope();
        var now = _environment.Reset(_options.Sessions, _seed++);
        while (true)
        {
            using var scope = NewDisposeScope();
            var (next, count) = Step(now);
            played += count;
            if (_replay.Count >= _options.WarmUp)
            {
                for (due += count * _options.UpdatesPerStep; due >= 1; due--)
                {
                    using var update = NewDisposeScope();
                    Update(_replay.Draw(_options.BatchSize));
                }
            }

            if (next.Active.sum().item<float>() == 0)
                return played;
            now = next;
            scope.MoveToOuter(now.State, now.Active);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _actorOptimizer.Dispose();
        _criticOptimizer.Dispose();
        _temperatureOptimizer.Dispose();
        _logTemperature.Dispose();
        _critics.Dispose();
        _targets.Dispose();
        Policy.Dispose();
        _replay.Dispose();
    }

    private (Observation Next, long Count) Step(Observation now)
    {
        using var quiet = no_grad();
        var action = _replay.Count < _options.WarmUp
            ? (rand(now.State.shape[0], _environment.Shape.ActionWidth) * 2) - 1
            : Policy.Draw(now.State).Action;
        var outcome = _environment.Advance(action);
        var rows = now.Active.nonzero().squeeze(-1);
        _replay.Add(rows, new Replayed(now.State, action, _reward(now.State, action, outcome), outcome.Next.State, outcome.Ended));
        return (outcome.Next, rows.shape[0]);
    }

    /// <summary>One update of critics, actor, temperature and targets.</summary>
    internal void Update(Replayed batch)
    {
        var target = Target(batch);
        _criticOptimizer.Minimise(CriticLoss(_critics.call(cat([batch.State, batch.Action], 1)), target));

        var (action, density) = Policy.Draw(batch.State);
        _actorOptimizer.Minimise(ActorLoss(_critics.Frozen(batch.State, action).amin([0L]), density, _logTemperature.detach().exp()));
        _temperatureOptimizer.Minimise(TemperatureLoss(_logTemperature, density, _targetEntropy));
        _targets.Follow(_critics, _options.TargetRate);
    }

    /// <summary>y [B] of a batch, by the target networks.</summary>
    internal Tensor Target(Replayed batch)
    {
        using var quiet = no_grad();
        var (action, density) = Policy.Draw(batch.Next);
        return Target(batch.Reward, batch.Ended, _targets.call(cat([batch.Next, action], 1)).amin([0L]), density, _logTemperature.exp(), _options.Discount);
    }
}
