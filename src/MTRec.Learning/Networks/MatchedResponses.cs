using MTRec.Core.Features;
using MTRec.Export;
using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>
/// How the user responded to impressions that share something with the candidate: the item itself, or the code of one of its categories. For
/// each of these sum x / (1 + n) of the responses over the n impressions that match, then ln(1 + n). Learned attention finds such exact
/// matches only with far more data. Unknown items and codes (0) match nothing.
/// </summary>
public sealed class MatchedResponses : nn.Module<Tensor, Tensor, Tensor, Tensor>
{
    private readonly long[] _columns;
    private readonly int _actions;
    private readonly long _items;

    /// <summary>Makes the features of a layout.</summary>
    public MatchedResponses(FeatureSchema schema)
        : base(nameof(MatchedResponses))
    {
        _actions = schema.History.Actions.Count;
        _items = schema.HistoryWidth - schema.ItemWidth;

        // Column 0 of an item's row is its index.
        _columns = [0, .. Enumerable.Range(0, schema.Item.Count).Where(i => schema.Item[i].Type == FeatureType.Categorical).Select(i => i + 1L)];
        Width = _columns.Length * (_actions + 2);
    }

    /// <summary>Columns of the result.</summary>
    public int Width { get; }

    /// <summary>Compares.</summary>
    /// <param name="candidates">[B, 1 + I].</param>
    /// <param name="history">Each candidate's own history [B, h, W].</param>
    /// <param name="responses">Its responses [B, h, actions + 1].</param>
    /// <returns>[B, <see cref="Width"/>].</returns>
    public override Tensor forward(Tensor candidates, Tensor history, Tensor responses)
    {
        var present = history.select(-1, HistoryLayout.PresentColumn);
        var parts = new List<Tensor>();
        foreach (var column in _columns)
        {
            var code = candidates.narrow(1, column, 1);
            var matches = present * history.select(-1, _items + column).eq(code) * code.gt(0);
            var count = matches.sum(1, keepdim: true) + 1;
            parts.Add(matches.unsqueeze(1).matmul(responses).squeeze(1) / count);
            parts.Add(count.log());
        }

        return cat(parts, -1);
    }

    /// <summary>The same in a graph, where all candidates share one history.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="candidates">[N, 1 + I].</param>
    /// <param name="history">[H, W].</param>
    /// <param name="responses">[H, actions + 1].</param>
    public OnnxValue Export(OnnxGraph graph, OnnxValue candidates, OnnxValue history, OnnxValue responses)
    {
        var present = graph.Select(history, 1, HistoryLayout.PresentColumn);
        var zero = graph.Scalar(0);
        var parts = new List<OnnxValue>();
        foreach (var column in _columns)
        {
            var code = graph.Slice(candidates, 1, column, column + 1);
            var same = graph.Cast(graph.Equal(graph.Select(history, 1, _items + column), code), OnnxType.Float32);
            var matches = present * same * graph.Cast(graph.Greater(code, zero), OnnxType.Float32);
            var count = graph.ReduceSum(matches, 1, keepDims: true) + 1;
            parts.Add(graph.MatMul(matches, responses) / count);
            parts.Add(graph.Log(count));
        }

        return graph.Concat(1, [.. parts]);
    }
}
