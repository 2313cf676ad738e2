using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Distributed;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Iql;

/// <summary>
/// Implicit Q-learning (Kostrikov et al., ICLR 2022, arXiv 2110.06169): V is an upper expectile of Q over the log's own actions, so that no
/// action outside the log is ever asked for; the actor imitates the log by advantage.
/// </summary>
public sealed class Iql : IFusionLearner
{
    /// <summary>The algorithm's name in the manifest.</summary>
    public const string Algorithm = "iql";

    private const double LowestLogDeviation = -5;
    private const double HighestLogDeviation = 2;

    private readonly IqlOptions _options;
    private readonly BatchParts _parts;
    private readonly IReadOnlyList<BatchSlice> _slices;
    private readonly RequestSampler _sampler;
    private readonly Mlp _value;
    private readonly CriticEnsemble _critics;
    private readonly Parameter _logDeviation;
    private readonly Descent _valueStep;
    private readonly Descent _actorStep;
    private readonly Descent _criticStep;
    private int _updates;

    /// <summary>Prepares a training.</summary>
    /// <param name="log">The log, one action a request; it must outlive the learner.</param>
    /// <param name="actions">The formula.</param>
    /// <param name="options">Hyper-parameters.</param>
    /// <param name="world">The ranks that share every batch; this process alone where left out.</param>
    /// <exception cref="ArgumentException">The log holds actions of single items.</exception>
    public Iql(FusionLog log, FusionActions actions, IqlOptions options, World? world = null)
    {
        _options = options;
        _parts = (world ?? World.Alone).Parts(options.Seed);
        _slices = _parts.Of(options.BatchSize);
        _sampler = new RequestSampler(log, options.RewardWeights, options.Seed);
        manual_seed(options.Seed);
        var state = (int)log.State.shape[1];
        Policy = new ActorPolicy(Algorithm, actions, new Mlp(state, options.Hidden, actions.Width));
        _logDeviation = nn.Parameter(zeros(actions.Width));
        _value = new Mlp(state, options.Hidden, 1);
        _critics = new CriticEnsemble(2, state + actions.Width, options.Hidden);
        TargetCritics = new CriticEnsemble(2, state + actions.Width, options.Hidden);
        TargetCritics.Follow(_critics, 1);
        _valueStep = new Descent("value", optim.Adam(_value.parameters(), options.LearningRate), _parts);
        _actorStep = new Descent("actor", optim.Adam([.. Policy.Network.parameters(), _logDeviation], options.LearningRate), _parts);
        _criticStep = new Descent("critics", optim.Adam(_critics.parameters(), options.LearningRate), _parts);
    }

    /// <summary>The mean of pi, as far as it is; the learner owns it.</summary>
    public ActorPolicy Policy { get; }

    /// <summary>Q'_1 and Q'_2.</summary>
    internal CriticEnsemble TargetCritics { get; }

    /// <summary>Eq 5: E[|tau - 1(u &lt; 0)| u^2], u = min_j Q'_j(s, a) - V(s).</summary>
    /// <param name="advantage">u [b].</param>
    /// <param name="expectile">tau.</param>
    public static Tensor ValueLoss(Tensor advantage, double expectile)
    {
        var below = advantage.lt(0).to(ScalarType.Float32);
        return ((expectile - below).abs() * advantage.square()).mean();
    }

    /// <summary>y of Eq 6: r + gamma V(s'); no bootstrap where the session ended.</summary>
    /// <param name="reward">[b].</param>
    /// <param name="continues">[b].</param>
    /// <param name="nextValue">V(s') [b].</param>
    /// <param name="discount">gamma.</param>
    public static Tensor Target(Tensor reward, Tensor continues, Tensor nextValue, double discount) => reward + (discount * continues * nextValue);

    /// <summary>Eq 6: sum_j mean (Q_j(s, a) - y)^2.</summary>
    /// <param name="q">[2, b].</param>
    /// <param name="target">[b].</param>
    public static Tensor CriticLoss(Tensor q, Tensor target) => (q - target).square().mean([1L]).sum();

    /// <summary>Eq 7: -E[min(exp(beta u), w) log pi(a | s)].</summary>
    /// <param name="advantage">u [b]; a constant.</param>
    /// <param name="logDensity">log pi(a | s) [b].</param>
    /// <param name="temperature">beta.</param>
    /// <param name="largest">w.</param>
    public static Tensor ActorLoss(Tensor advantage, Tensor logDensity, double temperature, double largest) =>
        -((advantage.detach() * temperature).exp().clamp_max(largest) * logDensity).mean();

    /// <summary>log N(a; mean, deviation^2) summed over dimensions [b].</summary>
    /// <param name="action">[b, A].</param>
    /// <param name="mean">[b, A].</param>
    /// <param name="logDeviation">[A], the same in every state; kept in [-5, 2].</param>
    public static Tensor LogDensity(Tensor action, Tensor mean, Tensor logDeviation)
    {
        logDeviation = logDeviation.clamp(LowestLogDeviation, HighestLogDeviation);
        var z = (action - mean) / logDeviation.exp();
        return ((z.square() * -0.5) - logDeviation - (0.5 * Math.Log(2 * Math.PI))).sum(-1);
    }

    /// <inheritdoc/>
    public double Update()
    {
        using var scope = NewDisposeScope();
        var batches = _sampler.Draw(_slices);
        var advantages = BatchParts.Each(_slices, i => TargetQ(batches[i]) - Value(batches[i].State));
        _valueStep.Minimise(_slices, i => ValueLoss(advantages[i], _options.Expectile));

        _actorStep.LearningRate = _options.LearningRate * (1 + Math.Cos(Math.PI * Math.Min(1, _updates / (double)_options.Updates))) / 2;
        _actorStep.Minimise(_slices, i =>
        {
            var logDensity = LogDensity(batches[i].Action, Policy.Act(batches[i].State), _logDeviation);
            return ActorLoss(advantages[i], logDensity, _options.Temperature, _options.LargestWeight);
        });

        var value = 0.0;
        _criticStep.Minimise(_slices, i =>
        {
            var q = _critics.call(cat([batches[i].State, batches[i].Action], -1));
            value += _slices[i].Weight * q[0].mean().item<float>();
            return CriticLoss(q, Target(batches[i]));
        });
        TargetCritics.Follow(_critics, _options.TargetRate);
        _updates++;
        return value;
    }

    /// <inheritdoc/>
    public IExportablePolicy Snapshot() => Policy.Copy();

    /// <inheritdoc/>
    public void Dispose()
    {
        _parts.Dispose();
        Policy.Dispose();
        _valueStep.Dispose();
        _actorStep.Dispose();
        _criticStep.Dispose();
        _value.Dispose();
        _logDeviation.Dispose();
        _critics.Dispose();
        TargetCritics.Dispose();
        _sampler.Dispose();
    }

    /// <summary>min_j Q'_j(s, a) [b], by the target networks.</summary>
    internal Tensor TargetQ(RequestSteps batch)
    {
        using var quiet = no_grad();
        return TargetCritics.call(cat([batch.State, batch.Action], -1)).amin([0L]);
    }

    private Tensor Target(RequestSteps batch)
    {
        using var quiet = no_grad();
        return Target(batch.Reward, batch.Continues, Value(batch.NextState), _options.Discount);
    }

    private Tensor Value(Tensor state) => _value.call(state).squeeze(-1);
}
