using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Distributed;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Td3;

/// <summary>
/// TD3 (Fujimoto et al., ICML 2018, arXiv 1802.09477) from a log, as BatchRL-MTF compares with it: nothing keeps its actor where the log can
/// judge it, so the critics' errors are bootstrapped and Q drifts away.
/// </summary>
public sealed class Td3 : IFusionLearner
{
    /// <summary>The algorithm's name in the manifest.</summary>
    public const string Algorithm = "td3";

    private readonly Td3Options _options;
    private readonly BatchParts _parts;
    private readonly IReadOnlyList<BatchSlice> _slices;
    private readonly RequestSampler _sampler;
    private readonly CriticEnsemble _critics;
    private readonly Descent _actorStep;
    private readonly Descent _criticStep;
    private int _updates;

    /// <summary>Prepares a training.</summary>
    /// <param name="log">The log, one action a request; it must outlive the learner.</param>
    /// <param name="actions">The formula.</param>
    /// <param name="options">Hyper-parameters.</param>
    /// <param name="world">The ranks that share every batch; this process alone where left out.</param>
    /// <exception cref="ArgumentException">The log holds actions of single items, or ranks are to share TD3+BC.</exception>
    public Td3(FusionLog log, FusionActions actions, Td3Options options, World? world = null)
    {
        _options = options;
        var ranks = world ?? World.Alone;
        if (options.BehaviourCloning is not null && ranks.Size > 1)
            throw new ArgumentException("TD3+BC's lambda is a statistic of the whole batch, which ranks do not share: train it in one process.", nameof(options));
        _parts = options.BehaviourCloning is null ? ranks.Parts(options.Seed) : ranks.Whole(options.Seed);
        _slices = _parts.Of(options.BatchSize);
        _sampler = new RequestSampler(log, options.RewardWeights, options.Seed);
        manual_seed(options.Seed);
        var state = (int)log.State.shape[1];
        Policy = Actor();
        TargetPolicy = Actor();
        TargetPolicy.Network.Follow(Policy.Network, 1);
        _critics = Critics();
        TargetCritics = Critics();
        TargetCritics.Follow(_critics, 1);
        _actorStep = new Descent("actor", optim.Adam(Policy.Network.parameters(), options.LearningRate), _parts);
        _criticStep = new Descent("critics", optim.Adam(_critics.parameters(), options.LearningRate), _parts);

        ActorPolicy Actor() => new(Algorithm, actions, new Mlp(state, options.Hidden, actions.Width));

        CriticEnsemble Critics() => new(2, state + actions.Width, options.Hidden);
    }

    /// <summary>mu, as far as it is; the learner owns it.</summary>
    public ActorPolicy Policy { get; }

    /// <summary>mu'.</summary>
    internal ActorPolicy TargetPolicy { get; }

    /// <summary>Q'_1 and Q'_2.</summary>
    internal CriticEnsemble TargetCritics { get; }

    /// <summary>y = r + gamma min_j Q'_j(s', a'); no bootstrap where the session ended.</summary>
    /// <param name="reward">[b].</param>
    /// <param name="continues">[b].</param>
    /// <param name="nextQ">Q'_j(s', a') [2, b].</param>
    /// <param name="discount">gamma.</param>
    /// <returns>[b].</returns>
    public static Tensor Target(Tensor reward, Tensor continues, Tensor nextQ, double discount) =>
        reward + (discount * continues * nextQ.amin([0L]));

    /// <summary>a' = clip(mu'(s') + clip(noise, -c, c), -1, 1): target policy smoothing.</summary>
    /// <param name="action">mu'(s') [b, A].</param>
    /// <param name="noise">[b, A].</param>
    /// <param name="clip">c.</param>
    public static Tensor Smooth(Tensor action, Tensor noise, double clip) => (action + noise.clamp(-clip, clip)).clamp(-1, 1);

    /// <summary>sum_j mean (Q_j(s, a) - y)^2.</summary>
    /// <param name="q">[2, b].</param>
    /// <param name="target">[b].</param>
    public static Tensor CriticLoss(Tensor q, Tensor target) => (q - target).square().mean([1L]).sum();

    /// <summary>-mean Q_1(s, mu(s)); of TD3+BC -lambda mean Q_1 + mean (mu(s) - a)^2 with lambda = alpha / mean |Q_1|.</summary>
    /// <param name="q">Q_1(s, mu(s)) [b].</param>
    /// <param name="chosen">mu(s) [b, A].</param>
    /// <param name="logged">a [b, A].</param>
    /// <param name="behaviourCloning">alpha; null for plain TD3.</param>
    public static Tensor ActorLoss(Tensor q, Tensor chosen, Tensor logged, double? behaviourCloning) => behaviourCloning is { } alpha
        ? (chosen - logged).square().mean() - (q.mean() * alpha / q.detach().abs().mean())
        : -q.mean();

    /// <inheritdoc/>
    public double Update()
    {
        using var scope = NewDisposeScope();
        var batches = _sampler.Draw(_slices);
        var mean = 0.0;
        _criticStep.Minimise(_slices, i =>
        {
            var q = _critics.call(cat([batches[i].State, batches[i].Action], -1));
            mean += _slices[i].Weight * q[0].mean().item<float>();
            return CriticLoss(q, Target(batches[i]));
        });
        if (++_updates % _options.PolicyDelay == 0)
        {
            _actorStep.Minimise(_slices, i =>
            {
                var chosen = Policy.Act(batches[i].State);
                var value = _critics.Frozen(batches[i].State, chosen, member: 0);
                return ActorLoss(value, chosen, batches[i].Action, _options.BehaviourCloning);
            });
            TargetPolicy.Network.Follow(Policy.Network, _options.TargetRate);
            TargetCritics.Follow(_critics, _options.TargetRate);
        }

        return mean;
    }

    /// <inheritdoc/>
    public IExportablePolicy Snapshot() => Policy.Copy();

    /// <inheritdoc/>
    public void Dispose()
    {
        _parts.Dispose();
        Policy.Dispose();
        _actorStep.Dispose();
        _criticStep.Dispose();
        _critics.Dispose();
        TargetCritics.Dispose();
        TargetPolicy.Dispose();
        _sampler.Dispose();
    }

    /// <summary>y [b] of a batch, by the target networks.</summary>
    internal Tensor Target(RequestSteps batch)
    {
        using var quiet = no_grad();
        var action = TargetPolicy.Act(batch.NextState);
        action = Smooth(action, randn(action.shape, generator: BatchSlice.CurrentChance) * _options.TargetNoise, _options.NoiseClip);
        return Target(batch.Reward, batch.Continues, TargetCritics.call(cat([batch.NextState, action], -1)), _options.Discount);
    }
}
