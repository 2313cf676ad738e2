using MTRec.Core.Features;
using MTRec.Data.Logs;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>
/// The videos that candidates are drawn from, with what the upstream model and the policies' state make of them. Places are those of a random order, so that
/// neighbours have nothing in common.
/// </summary>
internal sealed class ItemPool : IDisposable
{
    private readonly Tensor _cumulative;
    private readonly Tensor _rows;
    private readonly Tensor _upstream;
    private readonly Tensor _state;

    public ItemPool(ItemTable items, ImpressionLog log, UpstreamNetwork upstream, FusionState state, double popularityShare, int seed)
    {
        var order = Enumerable.Range(0, items.Ids.Count).ToArray();
        new Random(seed).Shuffle(order);
        Ids = [.. order.Select(item => items.Ids[item])];

        var shown = log.Item.CountBy(item => log.Items[item]).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        var sum = 0.0;
        var cumulative = new double[order.Length];
        for (var place = 0; place < order.Length; place++)
        {
            sum += (popularityShare * shown.GetValueOrDefault(Ids[place]) / log.Count) + ((1 - popularityShare) / order.Length);
            cumulative[place] = sum;
        }

        var rows = new float[order.Length * (1 + items.FeatureCount)];
        for (var place = 0; place < order.Length; place++)
            items.TryWrite(Ids[place], rows.AsSpan(place * (1 + items.FeatureCount), 1 + items.FeatureCount));
        _cumulative = tensor([.. cumulative.Select(value => (float)(value / sum))]);
        _rows = tensor(rows, order.Length, 1 + items.FeatureCount);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        _upstream = upstream.ItemHalf(_rows).DetachFromDisposeScope();
        _state = state.ItemColumns(_rows).DetachFromDisposeScope();
    }

    /// <summary>The videos' ids by place.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>
    /// Draws places [B, n] by how often the videos come: the j-th candidate from the j-th of n equal parts of their distribution, so that none
    /// comes twice but where a video lies across two parts.
    /// </summary>
    /// <param name="chance">Uniform in [0, 1) [B, n].</param>
    public Tensor Draw(Tensor chance)
    {
        var candidates = chance.shape[1];
        var share = (chance + arange(candidates)) / candidates;
        return searchsorted(_cumulative, share, right: true).clamp_max(Ids.Count - 1);
    }

    /// <summary>Items' rows [.., 1 + I] of places [..].</summary>
    public Tensor Rows(Tensor places) => Select(_rows, places);

    /// <summary>The upstream model's item half [.., hidden] of places [..].</summary>
    public Tensor Upstream(Tensor places) => Select(_upstream, places);

    /// <summary>The state's own columns of items [.., columns] of places [..].</summary>
    public Tensor State(Tensor places) => Select(_state, places);

    public void Dispose()
    {
        _state.Dispose();
        _cumulative.Dispose();
        _rows.Dispose();
        _upstream.Dispose();
    }

    private static Tensor Select(Tensor table, Tensor places) =>
        table.index_select(0, places.flatten()).reshape([.. places.shape, table.shape[1]]);
}
