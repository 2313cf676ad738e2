using MTRec.Learning.Distributed;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.UnifiedRl;

/// <summary>
/// What UnifiedRL (arXiv 2404.17589) and EnhancedRL (arXiv 2409.11678) share: off-policy learning that knows the exploration of its log. The actor is held
/// within the explored bounds by a penalty d, targets outside of them are trusted less by phi, and each of the q reward groups has m independent critics,
/// whose disagreement is a cost. <see cref="ProgressiveTraining"/> moves the bounds.
/// </summary>
/// <typeparam name="TPolicy">The actor.</typeparam>
public abstract class BoundedActorCritic<TPolicy> : IProgressiveLearner
    where TPolicy : nn.Module, IExportablePolicy
{
    private readonly BoundedOptions _options;
    private readonly Func<TPolicy> _newPolicy;
    private readonly Descent _actorStep;
    private readonly Descent _criticStep;
    private readonly BatchParts _parts;
    private readonly IReadOnlyList<BatchSlice> _slices;
    private TransitionSampler? _sampler;
    private Tensor? _groupWeights;
    private Tensor? _meanAction;
    private int _updates;

    /// <summary>Makes a learner that has not seen a log.</summary>
    /// <param name="newPolicy">Makes an untrained actor.</param>
    /// <param name="inputs">Width of what a critic sees.</param>
    /// <param name="groups">q: reward groups.</param>
    /// <param name="options">Hyper-parameters.</param>
    /// <param name="world">The ranks that share every batch; this process alone where null.</param>
    private protected BoundedActorCritic(Func<TPolicy> newPolicy, int inputs, int groups, BoundedOptions options, World? world)
    {
        (_newPolicy, Groups, _options) = (newPolicy, groups, options);
        manual_seed(options.Seed);
        _parts = (world ?? World.Alone).Parts(options.Seed);
        _slices = _parts.Of(options.BatchSize);
        Policy = newPolicy();
        TargetActor = newPolicy();
        Critics = new CriticEnsemble(groups * options.Critics, inputs, options.CriticHidden);
        TargetCritics = new CriticEnsemble(groups * options.Critics, inputs, options.CriticHidden);
        TargetCritics.Follow(Critics, 1);
        _actorStep = new Descent("actor", optim.Adam(Policy.parameters(), options.ActorRate), _parts);
        _criticStep = new Descent("critics", optim.Adam(Critics.parameters(), options.CriticRate), _parts);
    }

    /// <summary>The policy, as far as it is; the learner owns it.</summary>
    public TPolicy Policy { get; }

    /// <summary>The critics [q m].</summary>
    internal CriticEnsemble Critics { get; }

    /// <summary>The critics that targets are made with.</summary>
    internal CriticEnsemble TargetCritics { get; }

    /// <summary>The actor that targets are made with.</summary>
    internal TPolicy TargetActor { get; }

    /// <summary>q: reward groups.</summary>
    private protected int Groups { get; }

    /// <summary>|w| [q]: rewards are weighed and scaled by it, so that the critics' values sum up.</summary>
    private protected Tensor Scale => _groupWeights!.abs();

    /// <summary>The sign of w [q].</summary>
    private protected Tensor Sign => _groupWeights!.sign();

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The log is not what the learner was made for.</exception>
    public void Use(FusionLog log)
    {
        if (log.Rewards.shape[1] != Groups)
            throw new ArgumentException($"The learner was made for {Groups} reward groups.", nameof(log));
        Check(log);
        using var scope = NewDisposeScope();
        if (_groupWeights is null)
        {
            _groupWeights = RewardScale.Weights(log, _options.GroupWeights);
            StartAt(log.Baseline.mean([0L, 1L]));
            TargetActor.Follow(Policy, 1);
            var values = log.Returns(_options.Discount).mean([0L]) * Scale / ValuesOfAList(log);
            Critics.StartAt(values.repeat_interleave(_options.Critics));
            TargetCritics.Follow(Critics, 1);
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
            var (loss, q) = CriticLoss(batches[i]);
            value += _slices[i].Weight * (q.mean([1L, 2L]) * Sign).sum().item<float>();
            return loss;
        });
        if (_updates >= _options.CriticWarmUp)
            ImproveActor(_actorStep, _parts, _slices, batches);

        if (++_updates % _options.TargetEvery == 0)
        {
            TargetActor.Follow(Policy, _options.TargetRate);
            TargetCritics.Follow(Critics, _options.TargetRate);
        }

        return value;
    }

    /// <inheritdoc/>
    public IExportablePolicy Snapshot()
    {
        var policy = _newPolicy();
        policy.Follow(Policy, 1);
        return policy;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _parts.Dispose();
        _actorStep.Dispose();
        _criticStep.Dispose();
        Critics.Dispose();
        TargetCritics.Dispose();
        TargetActor.Dispose();
        Policy.Dispose();
        _sampler?.Dispose();
        _groupWeights?.Dispose();
        _meanAction?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Refuses a log that the learner cannot learn from.</summary>
    /// <exception cref="ArgumentException">It is one.</exception>
    private protected abstract void Check(FusionLog log);

    /// <summary>Begins near an action [A], alike for all states.</summary>
    private protected abstract void StartAt(Tensor action);

    /// <summary>How many values of the critics a list's value is the sum of.</summary>
    private protected abstract long ValuesOfAList(FusionLog log);

    /// <summary>The critics' loss on a batch, and their values of its lists [q, m, b].</summary>
    internal abstract (Tensor Loss, Tensor Q) CriticLoss(TransitionBatch batch);

    /// <summary>One step of the actor, on the slices of a batch.</summary>
    private protected abstract void ImproveActor(Descent step, BatchParts parts, IReadOnlyList<BatchSlice> slices, IReadOnlyList<TransitionBatch> batches);

    /// <summary>Actions as critics see them.</summary>
    private protected Tensor Standardised(TransitionBatch batch, Tensor action) =>
        ExploredBounds.Standardised(action, _meanAction!, batch.LowerBound, batch.UpperBound);

    private LearnerNetworks Networks() => new(("actor", Policy), ("targetActor", TargetActor), ("critics", Critics), ("targetCritics", TargetCritics));
}
