using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Distributed;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.EnhancedRl;

/// <summary>
/// EnhancedRL (arXiv 2409.11678): states and actions of user-item pairs; a list is worth the sum of its pairs. Bounded exploration, the critics'
/// ensemble and progressive training are UnifiedRL's. Where the published outline leaves a pair's action without effect,
/// <see cref="EnhancedRlObjective"/> says what we do instead.
/// </summary>
public sealed class EnhancedRl : IProgressiveLearner
{
    private readonly EnhancedRlOptions _options;
    private readonly FusionActions _actions;
    private readonly int _stateWidth;
    private readonly int _itemWidth;
    private readonly int _groups;
    private readonly EnhancedRlPolicy _targetActor;
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
    /// <param name="itemWidth">F.</param>
    /// <param name="groups">q: reward groups.</param>
    /// <param name="options">Hyper-parameters.</param>
    /// <param name="world">The ranks that share every batch; this process alone where left out.</param>
    public EnhancedRl(FusionActions actions, int stateWidth, int itemWidth, int groups, EnhancedRlOptions options, World? world = null)
    {
        (_actions, _stateWidth, _itemWidth, _groups, _options) = (actions, stateWidth, itemWidth, groups, options);
        manual_seed(options.Seed);
        _parts = (world ?? World.Alone).Parts(options.Seed);
        _slices = _parts.Of(options.BatchSize);
        Policy = new EnhancedRlPolicy(actions, stateWidth, itemWidth, options);
        _targetActor = new EnhancedRlPolicy(actions, stateWidth, itemWidth, options);
        var inputs = stateWidth + itemWidth + actions.Tasks + actions.Width;
        _critics = new CriticEnsemble(groups * options.Critics, inputs, options.CriticHidden);
        _targetCritics = new CriticEnsemble(groups * options.Critics, inputs, options.CriticHidden);
        _targetCritics.Follow(_critics, 1);
        _actorStep = new Descent("actor", optim.Adam(Policy.parameters(), options.ActorRate), _parts);
        _criticStep = new Descent("critics", optim.Adam(_critics.parameters(), options.CriticRate), _parts);
    }

    /// <summary>The policy, as far as it is; the learner owns it.</summary>
    public EnhancedRlPolicy Policy { get; }

    /// <summary>The critics [q m] of (s, item, scores, a).</summary>
    internal CriticEnsemble Critics => _critics;

    /// <summary>The critics that targets are made with.</summary>
    internal CriticEnsemble TargetCritics => _targetCritics;

    /// <summary>The actor that targets are made with.</summary>
    internal EnhancedRlPolicy TargetActor => _targetActor;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The log has other reward groups, or keeps no passed-over candidates where the objective needs them.</exception>
    public void Use(FusionLog log)
    {
        if (log.Rewards.shape[1] != _groups)
            throw new ArgumentException($"The learner was made for {_groups} reward groups.", nameof(log));
        if (_options.Objective == EnhancedRlObjective.Choice && log.PassedOver is null)
            throw new ArgumentException("The log must keep candidates that were passed over: a choice needs alternatives.", nameof(log));
        using var scope = NewDisposeScope();
        if (_groupWeights is null)
        {
            _groupWeights = RewardScale.Weights(log, _options.GroupWeights);
            Policy.StartAt(log.Baseline.mean([0L, 1L]));
            _targetActor.Follow(Policy, 1);
            var values = log.Returns(_options.Discount).mean([0L]) * _groupWeights.abs() / log.Items.shape[1];
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

        var value = ImproveCritics(batches);
        if (_updates >= _options.CriticWarmUp)
            ImproveActor(batches);

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
        var policy = new EnhancedRlPolicy(_actions, _stateWidth, _itemWidth, _options);
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

    // The mean value of the slices' lists.
    private double ImproveCritics(IReadOnlyList<TransitionBatch> batches)
    {
        var value = 0.0;
        _criticStep.Minimise(_slices, i =>
        {
            var (loss, q) = CriticLoss(batches[i]);
            value += _slices[i].Weight * (q.sum(-1).mean([1L, 2L]) * _groupWeights!.sign()).sum().item<float>();
            return loss;
        });
        return value;
    }

    private void ImproveActor(IReadOnlyList<TransitionBatch> batches)
    {
        using var scope = NewDisposeScope();
        var proposals = BatchParts.Each(_slices, i => Propose(batches[i]));
        var spread = _parts.Mean(_slices, [.. proposals.Select(proposal => proposal.Spread())]);
        _actorStep.Minimise(_slices, i => ActorLoss(batches[i], proposals[i], spread));
    }

    /// <summary>The critics' loss on a batch and their values of its pairs [q, m, b, L].</summary>
    internal (Tensor Loss, Tensor Q) CriticLoss(TransitionBatch batch)
    {
        var q = OfPairs(_critics.OfPairs(batch.State, Pairs(batch.Items, batch.TaskScores, Standardised(batch, batch.Action))), batch.Items);
        var rewards = batch.ItemRewards * _groupWeights!.abs();
        var future = Future(batch);
        return (_options.Credit == EnhancedRlCredit.List ? PairLosses.ListLoss(q, rewards, future) : PairLosses.ItemLoss(q, rewards, future), q);
    }

    /// <summary>The value of the next lists [q, m, b], by the target networks.</summary>
    internal Tensor Future(TransitionBatch batch)
    {
        using var quiet = no_grad();
        var action = _targetActor.Act(batch.NextState, batch.NextItems, batch.NextTaskScores);
        var trust = ExploredBounds.Trust(ExploredBounds.Excess(action, batch.NextBaseline, batch.LowerBound, batch.UpperBound, _options.Beta));
        var nextQ = OfPairs(_targetCritics.OfPairs(batch.NextState, Pairs(batch.NextItems, batch.NextTaskScores, Standardised(batch, action))), batch.NextItems);
        return PairLosses.Future(batch.Continues, trust, nextQ, _options.Discount);
    }

    /// <summary>The actor's loss on a batch.</summary>
    internal Tensor ActorLoss(TransitionBatch batch)
    {
        var proposal = Propose(batch);
        return ActorLoss(batch, proposal, proposal.Spread());
    }

    // What the actor would do with the candidates that the objective asks about.
    private Proposal Propose(TransitionBatch batch)
    {
        var choice = _options.Objective == EnhancedRlObjective.Choice;
        var items = choice ? cat([batch.Items, batch.PassedOver!.Items], 1) : batch.Items;
        var scores = choice ? cat([batch.TaskScores, batch.PassedOver!.TaskScores], 1) : batch.TaskScores;
        var action = Policy.Act(batch.State, items, scores);
        return new Proposal(items, scores, action, choice ? _actions.Fuse(action, scores) : null);
    }

    // The spread is that of the fused scores in the whole batch, which is more than a slice knows.
    private Tensor ActorLoss(TransitionBatch batch, Proposal proposal, double spread)
    {
        var (items, scores, action, fused) = proposal;
        var baseline = fused is null ? batch.Baseline
            : cat([batch.Baseline.expand(-1, batch.Items.shape[1], -1), batch.PassedOver!.Baseline.expand(-1, batch.PassedOver.Items.shape[1], -1)], 1);
        var excess = ExploredBounds.Excess(action, baseline, batch.LowerBound * _options.Reach, batch.UpperBound * _options.Reach, _options.Beta);
        var penalty = ExploredBounds.Penalty(excess).sum(-1);
        if (fused is null)
        {
            var q = OfPairs(_critics.FrozenOfPairs(batch.State, Pairs(items, scores, Standardised(batch, action))), items);
            return (penalty * _options.Eta).mean() - EnsembleLosses.Cautious(q.flatten(2), _groupWeights!.sign(), _options.Disagreement).mean() * items.shape[1];
        }

        Tensor values;
        using (no_grad())
        {
            var q = OfPairs(_critics.OfPairs(batch.State, Pairs(items, scores, Standardised(batch, action))), items);
            values = EnsembleLosses.Cautious(q.flatten(2), _groupWeights!.sign(), _options.Disagreement).reshape(-1, items.shape[1]);
        }

        var shown = batch.Items.shape[1];
        var temperature = Math.Max(spread * _options.Temperature, 1e-6);
        var chances = PairLosses.Choice(fused, shown, batch.PassedOver!.Weight, temperature);
        return ((penalty * (_options.Eta / items.shape[1])) - ((chances * values).sum(1) * shown)).mean();
    }

    // A pair's own columns [b, n, F + K + A].
    private static Tensor Pairs(Tensor items, Tensor scores, Tensor action) => cat([items, scores, action.expand(-1, items.shape[1], -1)], -1);

    private Tensor Standardised(TransitionBatch batch, Tensor action) =>
        ExploredBounds.Standardised(action, _meanAction!, batch.LowerBound, batch.UpperBound);

    private Tensor OfPairs(Tensor q, Tensor items) => q.reshape(_groups, _options.Critics, items.shape[0], items.shape[1]);

    private LearnerNetworks Networks() => new(("actor", Policy), ("targetActor", _targetActor), ("critics", _critics), ("targetCritics", _targetCritics));

    // Fused is null where no choice is made.
    private sealed record Proposal(Tensor Items, Tensor Scores, Tensor Action, Tensor? Fused)
    {
        // Mean over lists of the fused scores' deviation.
        public double Spread() => Fused?.detach().std(1, unbiased: false).mean().item<float>() ?? 0;
    }
}
