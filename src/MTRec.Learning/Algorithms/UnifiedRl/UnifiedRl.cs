using MTRec.Learning.Distributed;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.UnifiedRl;

/// <summary>UnifiedRL, also IntegratedRL-MTF (arXiv 2404.17589): one action a request, judged by critics of (s, a).</summary>
public sealed class UnifiedRl : BoundedActorCritic<UnifiedRlPolicy>
{
    private readonly UnifiedRlOptions _options;

    /// <summary>Makes a learner that has not seen a log.</summary>
    /// <param name="actions">The formula.</param>
    /// <param name="stateWidth">S.</param>
    /// <param name="groups">q: reward groups.</param>
    /// <param name="options">Hyper-parameters.</param>
    /// <param name="world">The ranks that share every batch; this process alone where left out.</param>
    public UnifiedRl(FusionActions actions, int stateWidth, int groups, UnifiedRlOptions options, World? world = null)
        : base(() => new UnifiedRlPolicy(actions, stateWidth, options), stateWidth + actions.Width, groups, options, world) =>
        _options = options;

    /// <summary>y [q, m, b] of a batch, by the target networks.</summary>
    internal Tensor Target(TransitionBatch batch)
    {
        using var quiet = no_grad();
        var action = TargetActor.Act(batch.NextState);
        var trust = ExploredBounds.Trust(ExploredBounds.Excess(action, batch.NextBaseline.squeeze(1), batch.LowerBound, batch.UpperBound, _options.Beta));
        var nextQ = ByGroup(TargetCritics.call(cat([batch.NextState, Standardised(batch, action)], -1)));
        return EnsembleLosses.Target(batch.Rewards * Scale, batch.Continues, trust, nextQ, _options.Discount);
    }

    /// <summary>The actor's loss on a batch.</summary>
    internal Tensor ActorLoss(TransitionBatch batch)
    {
        var action = Policy.Act(batch.State);
        var penalty = ExploredBounds.Penalty(ExploredBounds.Excess(action, batch.Baseline.squeeze(1), batch.LowerBound, batch.UpperBound, _options.Beta));
        var q = ByGroup(Critics.Frozen(batch.State, Standardised(batch, action)));
        return EnsembleLosses.ActorLoss(q, Sign, penalty, _options.Disagreement, _options.Eta);
    }

    /// <inheritdoc/>
    internal override (Tensor Loss, Tensor Q) CriticLoss(TransitionBatch batch)
    {
        var q = ByGroup(Critics.call(cat([batch.State, Standardised(batch, batch.Action.squeeze(1))], -1)));
        return (EnsembleLosses.CriticLoss(q, Target(batch)), q);
    }

    private protected override void ImproveActor(Descent step, BatchParts parts, IReadOnlyList<BatchSlice> slices, IReadOnlyList<TransitionBatch> batches) =>
        step.Minimise(slices, i => ActorLoss(batches[i]));

    private protected override void Check(FusionLog log)
    {
        if (log.Action.shape[1] != 1)
            throw new ArgumentException("UnifiedRL learns one action a request, not one an item.", nameof(log));
    }

    private protected override void StartAt(Tensor action) => Policy.StartAt(action);

    private protected override long ValuesOfAList(FusionLog log) => 1;

    private Tensor ByGroup(Tensor q) => q.reshape(Groups, _options.Critics, -1);
}
