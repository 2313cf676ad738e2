using MTRec.Core.Features;
using MTRec.Export;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>
/// How the user responded to impressions that share something with a candidate, for many candidates of one history: for each key sum x / (1 + n)
/// of the responses over the n impressions that match, then ln(1 + n). A key is the item itself, the code of a category or a range of a
/// quantity. Unknown items and codes (0) match nothing. <see cref="MatchedResponses"/> is the like for one candidate a history.
/// </summary>
public sealed class MatchedHistory
{
    private readonly MatchingKey[] _keys;
    private readonly long[] _actions;
    private readonly long _items;

    /// <summary>Makes the features of a layout.</summary>
    /// <param name="schema">The layout.</param>
    /// <param name="keys">What to match by, 1 or more.</param>
    /// <param name="actions">Names of the actions to sum; those that the layout lacks are passed over.</param>
    public MatchedHistory(FeatureSchema schema, IEnumerable<MatchingKey> keys, IEnumerable<string> actions)
    {
        _keys = [.. keys];
        string[] known = [.. schema.History.Actions];
        _actions = [.. actions.Select(name => (long)Array.IndexOf(known, name)).Where(place => place >= 0)];
        _items = schema.HistoryWidth - schema.ItemWidth;
        Names = [.. _keys.SelectMany(key => _actions.Select(action => known[action]).Concat(["logWatch", "logCount"]).Select(name => $"{name}.same.{key.Name}"))];
    }

    /// <summary>Names of the columns.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Columns of the result.</summary>
    public int Width => Names.Count;

    /// <summary>Compares.</summary>
    /// <param name="candidates">[B, n, 1 + I].</param>
    /// <param name="history">[B, h, W].</param>
    /// <returns>[B, n, <see cref="Width"/>].</returns>
    public Tensor Forward(Tensor candidates, Tensor history)
    {
        var present = history.narrow(-1, HistoryLayout.PresentColumn, 1);
        var responses = cat(
            [
                history.index_select(-1, tensor([.. _actions.Select(action => HistoryLayout.ActionStart + action)])),
                HistoryEncoder.Responses(history, 0),
                ones_like(present),
            ],
            -1) * present;
        var parts = new List<Tensor>();
        foreach (var key in _keys)
        {
            var code = Code(key, candidates.narrow(-1, key.Column, 1));
            var shown = Code(key, history.select(-1, _items + key.Column));
            var matches = code.eq(shown.unsqueeze(1)).to(ScalarType.Float32);
            var sums = matches.matmul(responses) * code.gt(0);
            var count = sums.narrow(-1, _actions.Length + 1, 1) + 1;
            parts.Add(sums.narrow(-1, 0, _actions.Length + 1) / count);
            parts.Add(count.log());
        }

        return cat(parts, -1);

        static Tensor Code(MatchingKey key, Tensor values)
        {
            if (key.Edges is null)
                return values;
            var code = ones_like(values);
            foreach (var edge in key.Edges)
                code += values.ge(edge);
            return code;
        }
    }

    /// <summary>The same in a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="candidates">[N, 1 + I].</param>
    /// <param name="history">[H, W].</param>
    /// <returns>[N, <see cref="Width"/>].</returns>
    public OnnxValue Export(OnnxGraph graph, OnnxValue candidates, OnnxValue history)
    {
        var present = graph.Slice(history, 1, HistoryLayout.PresentColumn, HistoryLayout.PresentColumn + 1);
        var watch = graph.Slice(history, 1, HistoryLayout.WatchColumn, HistoryLayout.WatchColumn + 1);
        var actions = graph.Gather(history, graph.Constant([.. _actions.Select(action => HistoryLayout.ActionStart + action)], _actions.Length), 1);
        var responses = graph.Concat(1, actions * present, HistoryEncoder.LogWatch(graph, watch) * present, present);
        var parts = new List<OnnxValue>();
        foreach (var key in _keys)
        {
            var code = Code(key, graph.Slice(candidates, 1, key.Column, key.Column + 1));
            var shown = Code(key, graph.Select(history, 1, _items + key.Column));
            var matches = graph.Cast(graph.Equal(code, shown), OnnxType.Float32);
            var sums = graph.MatMul(matches, responses) * graph.Cast(graph.Greater(code, graph.Scalar(0)), OnnxType.Float32);
            var count = graph.Slice(sums, 1, _actions.Length + 1) + 1;
            parts.Add(graph.Slice(sums, 1, 0, _actions.Length + 1) / count);
            parts.Add(graph.Log(count));
        }

        return graph.Concat(1, [.. parts]);

        OnnxValue Code(MatchingKey key, OnnxValue values)
        {
            if (key.Edges is null)
                return values;
            var code = (values * 0) + 1;
            foreach (var edge in key.Edges)
                code += (graph.Cast(graph.Less(values, graph.Scalar(edge)), OnnxType.Float32) * -1) + 1;
            return code;
        }
    }
}

/// <summary>What a candidate and an impression may share.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Column">Column of an item's row; 0 is the item itself.</param>
/// <param name="Edges">The quantity's ranges: ascending lower ends of all but the first; null for codes.</param>
public sealed record MatchingKey(string Name, int Column, IReadOnlyList<float>? Edges = null)
{
    /// <summary>A quantity's ranges of alike many values.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="column">Column of an item's row.</param>
    /// <param name="values">Values of the log.</param>
    /// <param name="ranges">Number of ranges, 2 or more.</param>
    public static MatchingKey OfRanges(string name, int column, IEnumerable<float> values, int ranges)
    {
        var sorted = values.Order().ToArray();
        return new MatchingKey(name, column, [.. Enumerable.Range(1, ranges - 1).Select(i => sorted[(int)((long)i * sorted.Length / ranges)]).Distinct()]);
    }
}
