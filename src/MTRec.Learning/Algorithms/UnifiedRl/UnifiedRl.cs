using MTRec.Learning.Distributed;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.UnifiedRl;

/// <summary>
/// UnifiedRL, also IntegratedRL-MTF (arXiv 2404.17589): off-policy learning that knows the exploration of its log. The actor is held within the
/// explored bounds by a penalty d, targets outside of them are trusted less by phi, and each of the q reward groups has m independent critics,
/// whose disagreement is a cost. <see cref="ProgressiveTraining"/> moves the bounds.
/// </summary>
public sealed class UnifiedRl : IProgressiveLearner
{
    private readonly UnifiedRlOptions _options;
    private readonly FusionActions _actions;
    private readonly int _stateWidth;
    private readonly int _groups;
    private readonly UnifiedRlPolicy _targetActor;
    private readonly CriticEnsemble _critics;
    private readonly CriticEnsemble _targetCritics;
    private readonly Descent _actorStep;
    private readonly Descent _criticStep;
    private readonly BatchParts _parts;
    private readonly IReadOnlyList<BatchSlice> _slices;
    private TransitionSampler? _sampler;
    private Tensor? _groupWeights;
    private Tensor? _meanAction;
    private int _updates;

    /// <summary>Makes a learner that has not seen a log.</summary>
    /// <param name="actions">The formula.</param>
    /// <param name="stateWidth">S.</param>
    /// <param name="groups">q: reward groups.</param>
    /// <param name="options">Hyper-parameters.</param>
    /// <param name="world">The ranks that share every batch; this process alone where left out.</param>
    public UnifiedRl(FusionActions actions, int stateWidth, int groups, UnifiedRlOptions options, World? world = null)
    {
        (_actions, _stateWidth, _groups, _options) = (actions, stateWidth, groups, options);
        manual_seed(options.Seed);
        _parts = (world ?? World.Alone).Parts(options.Seed);
        _slices = _parts.Of(options.BatchSize);
        Policy = new UnifiedRlPolicy(actions, stateWidth, options);
        _targetActor = new UnifiedRlPolicy(actions, stateWidth, options);
        _critics = new CriticEnsemble(groups * options.Critics, stateWidth + actions.Width, options.CriticHidden);
        _targetCritics = new CriticEnsemble(groups * options.Critics, stateWidth + actions.Width, options.CriticHidden);
        _targetCritics.Follow(_critics, 1);
        _actorStep = new Descent("actor", optim.Adam(Policy.parameters(), options.ActorRate), _parts);
        _criticStep = new Descent("critics", optim.Adam(_critics.parameters(), options.CriticRate), _parts);
    }

    /// <summary>The policy, as far as it is; the learner owns it.</summary>
    public UnifiedRlPolicy Policy { get; }

    /// <summary>The critics [q m] of (s, a).</summary>
    internal CriticEnsemble Critics => _critics;

    /// <summary>The critics that targets are made with.</summary>
    internal CriticEnsemble TargetCritics => _targetCritics;

    /// <summary>The actor that targets are made with.</summary>
    internal UnifiedRlPolicy TargetActor => _targetActor;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The log holds actions of single items, or other reward groups.</exception>
    public void Use(FusionLog log)
    {
        if (log.Action.shape[1] != 1 || log.Rewards.shape[1] != _groups)
            throw new ArgumentException($"UnifiedRL learns one action a request from {_groups} reward groups.", nameof(log));
        using var scope = NewDisposeScope();
        if (_groupWeights is null)
        {
            _groupWeights = RewardScale.Weights(log, _options.GroupWeights);
            Policy.StartAt(log.Baseline.mean([0L, 1L]));
            _targetActor.Follow(Policy, 1);
            var values = log.Returns(_options.Discount).mean([0L]) * _groupWeights.abs();
            _critics.StartAt(values.repeat_interleave(_options.Critics));
            _targetCritics.Follow(_critics, 1);
        }

        _meanAction?.Dispose();
        _meanAction = log.Action.mean([0L, 1L]).DetachFromDisposeScope();
        _sampler?.Dispose();
        _sampler = new TransitionSampler(log, _options.Seed + _updates);
    }

    /// <inheritdoc/>
    public byte[] Save() => Networks().Write(_groupWeights ?? throw new InvalidOperationException("No log to learn from: call Use first."));

    /// <inheritdoc/>
    public void GoOn(byte[] saved)
    {
        _groupWeights?.Dispose();
        _groupWeights = Networks().Read(saved);
    }

    /// <inheritdoc/>
    public double Update()
    {
        using var scope = NewDisposeScope();
        var batches = (_sampler ?? throw new InvalidOperationException("No log to learn from: call Use first.")).Draw(_slices);

        var value = 0.0;
        _criticStep.Minimise(_slices, i =>
        {
            var q = ByGroup(_critics.call(cat([batches[i].State, Standardised(batches[i], batches[i].Action.squeeze(1))], -1)));
            value += _slices[i].Weight * (q.mean([1L, 2L]) * _groupWeights!.sign()).sum().item<float>();
            return EnsembleLosses.CriticLoss(q, Target(batches[i]));
        });
        if (_updates >= _options.CriticWarmUp)
            _actorStep.Minimise(_slices, i => ActorLoss(batches[i]));

        if (++_updates % _options.TargetEvery == 0)
        {
            _targetActor.Follow(Policy, _options.TargetRate);
            _targetCritics.Follow(_critics, _options.TargetRate);
        }

        return value;
    }

    /// <inheritdoc/>
    public IExportablePolicy Snapshot()
    {
        var policy = new UnifiedRlPolicy(_actions, _stateWidth, _options);
        policy.Follow(Policy, 1);
        return policy;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _parts.Dispose();
        _actorStep.Dispose();
        _criticStep.Dispose();
        _critics.Dispose();
        _targetCritics.Dispose();
        _targetActor.Dispose();
        Policy.Dispose();
        _sampler?.Dispose();
        _groupWeights?.Dispose();
        _meanAction?.Dispose();
    }

    /// <summary>y [q, m, b] of a batch, by the target networks; rewards are weighed and scaled here, so that the critics' values sum up.</summary>
    internal Tensor Target(TransitionBatch batch)
    {
        using var quiet = no_grad();
        var action = _targetActor.Act(batch.NextState);
        var trust = ExploredBounds.Trust(ExploredBounds.Excess(action, batch.NextBaseline.squeeze(1), batch.LowerBound, batch.UpperBound, _options.Beta));
        var nextQ = ByGroup(_targetCritics.call(cat([batch.NextState, Standardised(batch, action)], -1)));
        return EnsembleLosses.Target(batch.Rewards * _groupWeights!.abs(), batch.Continues, trust, nextQ, _options.Discount);
    }

    /// <summary>The actor's loss on a batch.</summary>
    internal Tensor ActorLoss(TransitionBatch batch)
    {
        var action = Policy.Act(batch.State);
        var penalty = ExploredBounds.Penalty(ExploredBounds.Excess(action, batch.Baseline.squeeze(1), batch.LowerBound, batch.UpperBound, _options.Beta));
        var q = ByGroup(_critics.Frozen(batch.State, Standardised(batch, action)));
        return EnsembleLosses.ActorLoss(q, _groupWeights!.sign(), penalty, _options.Disagreement, _options.Eta);
    }

    private Tensor Standardised(TransitionBatch batch, Tensor action) =>
        ExploredBounds.Standardised(action, _meanAction!, batch.LowerBound, batch.UpperBound);

    private Tensor ByGroup(Tensor q) => q.reshape(_groups, _options.Critics, -1);

    private LearnerNetworks Networks() => new(("actor", Policy), ("targetActor", _targetActor), ("critics", _critics), ("targetCritics", _targetCritics));
}
