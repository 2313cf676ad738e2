using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Distributed;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.EnhancedRl;

/// <summary>
/// EnhancedRL (arXiv 2409.11678): states and actions of user-item pairs, critics of (s, item, scores, a); a list is worth the sum of its pairs. Bounded
/// exploration, the critics' ensemble and progressive training are UnifiedRL's. Where the published outline leaves a pair's action without effect,
/// <see cref="EnhancedRlObjective"/> says what we do instead.
/// </summary>
public sealed class EnhancedRl : BoundedActorCritic<EnhancedRlPolicy>
{
    private readonly EnhancedRlOptions _options;
    private readonly FusionActions _actions;

    /// <summary>Makes a learner that has not seen a log.</summary>
    /// <param name="actions">The formula.</param>
    /// <param name="stateWidth">S.</param>
    /// <param name="itemWidth">F.</param>
    /// <param name="groups">q: reward groups.</param>
    /// <param name="options">Hyper-parameters.</param>
    /// <param name="world">The ranks that share every batch; this process alone where left out.</param>
    public EnhancedRl(FusionActions actions, int stateWidth, int itemWidth, int groups, EnhancedRlOptions options, World? world = null)
        : base(() => new EnhancedRlPolicy(actions, stateWidth, itemWidth, options), stateWidth + itemWidth + actions.Tasks + actions.Width, groups, options, world) =>
        (_actions, _options) = (actions, options);

    /// <inheritdoc/>
    internal override (Tensor Loss, Tensor Q) CriticLoss(TransitionBatch batch)
    {
        var q = OfPairs(Critics.OfPairs(batch.State, Pairs(batch.Items, batch.TaskScores, Standardised(batch, batch.Action))), batch.Items);
        var rewards = batch.ItemRewards * Scale;
        var future = Future(batch);
        return (_options.Credit == EnhancedRlCredit.List ? PairLosses.ListLoss(q, rewards, future) : PairLosses.ItemLoss(q, rewards, future), q.sum(-1));
    }

    /// <summary>The value of the next lists [q, m, b], by the target networks.</summary>
    internal Tensor Future(TransitionBatch batch)
    {
        using var quiet = no_grad();
        var action = TargetActor.Act(batch.NextState, batch.NextItems, batch.NextTaskScores);
        var trust = ExploredBounds.Trust(ExploredBounds.Excess(action, batch.NextBaseline, batch.LowerBound, batch.UpperBound, _options.Beta));
        var nextQ = OfPairs(TargetCritics.OfPairs(batch.NextState, Pairs(batch.NextItems, batch.NextTaskScores, Standardised(batch, action))), batch.NextItems);
        return PairLosses.Future(batch.Continues, trust, nextQ, _options.Discount);
    }

    /// <summary>The actor's loss on a batch.</summary>
    internal Tensor ActorLoss(TransitionBatch batch)
    {
        var proposal = Propose(batch);
        return ActorLoss(batch, proposal, proposal.Spread());
    }

    private protected override void ImproveActor(Descent step, BatchParts parts, IReadOnlyList<BatchSlice> slices, IReadOnlyList<TransitionBatch> batches)
    {
        using var scope = NewDisposeScope();
        var proposals = BatchParts.Each(slices, i => Propose(batches[i]));
        var spread = parts.Mean(slices, [.. proposals.Select(proposal => proposal.Spread())]);
        step.Minimise(slices, i => ActorLoss(batches[i], proposals[i], spread));
    }

    private protected override void Check(FusionLog log)
    {
        if (_options.Objective == EnhancedRlObjective.Choice && log.PassedOver is null)
            throw new ArgumentException("The log must keep candidates that were passed over: a choice needs alternatives.", nameof(log));
    }

    private protected override void StartAt(Tensor action) => Policy.StartAt(action);

    private protected override long ValuesOfAList(FusionLog log) => log.Items.shape[1];

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
            var q = OfPairs(Critics.FrozenOfPairs(batch.State, Pairs(items, scores, Standardised(batch, action))), items);
            return (penalty * _options.Eta).mean() - EnsembleLosses.Cautious(q.flatten(2), Sign, _options.Disagreement).mean() * items.shape[1];
        }

        Tensor values;
        using (no_grad())
        {
            var q = OfPairs(Critics.OfPairs(batch.State, Pairs(items, scores, Standardised(batch, action))), items);
            values = EnsembleLosses.Cautious(q.flatten(2), Sign, _options.Disagreement).reshape(-1, items.shape[1]);
        }

        var shown = batch.Items.shape[1];
        var temperature = Math.Max(spread * _options.Temperature, 1e-6);
        var chances = PairLosses.Choice(fused, shown, batch.PassedOver!.Weight, temperature);
        return ((penalty * (_options.Eta / items.shape[1])) - ((chances * values).sum(1) * shown)).mean();
    }

    // A pair's own columns [b, n, F + K + A].
    private static Tensor Pairs(Tensor items, Tensor scores, Tensor action) => cat([items, scores, action.expand(-1, items.shape[1], -1)], -1);

    private Tensor OfPairs(Tensor q, Tensor items) => q.reshape(Groups, _options.Critics, items.shape[0], items.shape[1]);

    // Fused is null where no choice is made.
    private sealed record Proposal(Tensor Items, Tensor Scores, Tensor Action, Tensor? Fused)
    {
        // Mean over lists of the fused scores' deviation.
        public double Spread() => Fused?.detach().std(1, unbiased: false).mean().item<float>() ?? 0;
    }
}
