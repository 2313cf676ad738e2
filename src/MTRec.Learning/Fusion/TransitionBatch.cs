using MTRec.Learning.Distributed;
using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>Steps drawn from a log, each with the one that followed; owned by the scope that drew them.</summary>
/// <param name="State">[b, S].</param>
/// <param name="Items">Shown items [b, L, F].</param>
/// <param name="TaskScores">[b, L, K].</param>
/// <param name="Action">[b, J, A].</param>
/// <param name="Baseline">[b, J, A].</param>
/// <param name="Rewards">[b, R].</param>
/// <param name="ItemRewards">[b, L, R].</param>
/// <param name="NextState">[b, S]; means nothing where the session ended.</param>
/// <param name="NextItems">[b, L, F]; likewise.</param>
/// <param name="NextTaskScores">[b, L, K]; likewise.</param>
/// <param name="NextAction">[b, J, A]; likewise.</param>
/// <param name="NextBaseline">[b, J, A]; likewise.</param>
/// <param name="Continues">[b, 1]: 1 where the session went on, 0 where it ended: then nothing is bootstrapped.</param>
public sealed record TransitionBatch(
    Tensor State,
    Tensor Items,
    Tensor TaskScores,
    Tensor Action,
    Tensor Baseline,
    Tensor Rewards,
    Tensor ItemRewards,
    Tensor NextState,
    Tensor NextItems,
    Tensor NextTaskScores,
    Tensor NextAction,
    Tensor NextBaseline,
    Tensor Continues)
{
    /// <summary>Some candidates that were not shown [b, M, ...], where the log keeps them.</summary>
    public PassedOver? PassedOver { get; init; }

    /// <summary>Lowest deviation from the baseline that was explored [A].</summary>
    public required Tensor LowerBound { get; init; }

    /// <summary>Highest deviation likewise [A].</summary>
    public required Tensor UpperBound { get; init; }

    /// <summary>The steps at <paramref name="rows"/> [b] int64.</summary>
    public static TransitionBatch Of(FusionLog log, Tensor rows)
    {
        var next = log.Next.index_select(0, rows);
        var continues = next.ge(0).to(ScalarType.Float32).unsqueeze(1);
        next = next.clamp_min(0);
        return new TransitionBatch(
            log.State.index_select(0, rows),
            log.Items.index_select(0, rows),
            log.TaskScores.index_select(0, rows),
            log.Action.index_select(0, rows),
            log.Baseline.index_select(0, rows),
            log.Rewards.index_select(0, rows),
            log.ItemRewards.index_select(0, rows),
            log.State.index_select(0, next),
            log.Items.index_select(0, next),
            log.TaskScores.index_select(0, next),
            log.Action.index_select(0, next),
            log.Baseline.index_select(0, next),
            continues)
        {
            PassedOver = log.PassedOver?.Select(tensor => tensor.index_select(0, rows)),
            LowerBound = log.LowerBound.alias(),
            UpperBound = log.UpperBound.alias(),
        };
    }
}

/// <summary>Draws steps of a log evenly, with replacement.</summary>
/// <param name="log">The log.</param>
/// <param name="seed">Decides the draws.</param>
public sealed class TransitionSampler(FusionLog log, int seed) : IDisposable
{
    private readonly Generator _generator = new(unchecked((ulong)seed));

    /// <summary>Slices of the next batch.</summary>
    /// <param name="slices">Which, 1 or more of one batch.</param>
    public IReadOnlyList<TransitionBatch> Draw(IReadOnlyList<BatchSlice> slices)
    {
        var rows = randint(0, log.Count, [slices[0].Rows], dtype: ScalarType.Int64, generator: _generator);
        return [.. slices.Select(slice => TransitionBatch.Of(log, slice.Of(rows)))];
    }

    /// <inheritdoc/>
    public void Dispose() => _generator.Dispose();
}
