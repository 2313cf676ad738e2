using MTRec.Core.Features;
using MTRec.Learning.Examples;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>What a <see cref="ResponseNetwork"/> sees of B users with n candidates each.</summary>
/// <param name="Context">[B, C].</param>
/// <param name="User">[B, U].</param>
/// <param name="Summary">The history's <see cref="HistoryState"/> [B, summary].</param>
/// <param name="Candidates">[B, n, 1 + I].</param>
/// <param name="Matched">Responses to like items [B, n, matched].</param>
internal sealed record ResponseInput(Tensor Context, Tensor User, Tensor Summary, Tensor Candidates, Tensor Matched)
{
    /// <summary>Some of the users.</summary>
    public ResponseInput Rows(int[] rows)
    {
        var places = tensor(Array.ConvertAll(rows, row => (long)row));
        return new ResponseInput(
            Context.index_select(0, places),
            User.index_select(0, places),
            Summary.index_select(0, places),
            Candidates.index_select(0, places),
            Matched.index_select(0, places));
    }

    public int Count => (int)Context.shape[0];
}

/// <summary>Makes <see cref="ResponseInput"/>; nothing in it learns, so that all networks and passes share what it makes.</summary>
internal sealed class ResponseInputs : IDisposable
{
    private const int DurationRanges = 8;
    private const int BatchSize = 2048;

    private readonly HistoryState _history;
    private readonly MatchedHistory _matched;

    /// <summary>Prepares for a layout: matches by item, by every category and by ranges of the duration.</summary>
    public ResponseInputs(ImpressionExamples examples)
    {
        _history = new HistoryState(examples.Schema.History);
        _matched = new MatchedHistory(examples.Schema, Keys(examples), examples.Schema.History.Actions);
    }

    /// <summary>Columns of a summary.</summary>
    public int SummaryWidth => _history.Width;

    /// <summary>Columns of a candidate's matches.</summary>
    public int MatchedWidth => _matched.Width;

    /// <summary>Of users [B] with candidates [B, n, 1 + I].</summary>
    public ResponseInput Of(Tensor context, Tensor user, Tensor history, Tensor candidates) =>
        new(context, user, _history.call(history), candidates, _matched.Forward(candidates, history));

    /// <summary>Of all of a log's rows, one candidate each.</summary>
    public ResponseInput Of(ImpressionExamples examples, ExampleView view)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var parts = new List<ResponseInput>();
        foreach (var rows in BatchOrder.InOrder(examples.Count, BatchSize))
        {
            using var inner = NewDisposeScope();
            var batch = examples.Batch(rows, Enumerable.Repeat(view, rows.Length).ToArray());
            var input = Of(batch.Context, batch.User, batch.History, batch.Candidates.unsqueeze(1));
            parts.Add(input);
            foreach (var tensor in Tensors(input))
                tensor.MoveToOuterDisposeScope();
        }

        var all = new ResponseInput(
            cat([.. parts.Select(part => part.Context)]),
            cat([.. parts.Select(part => part.User)]),
            cat([.. parts.Select(part => part.Summary)]),
            cat([.. parts.Select(part => part.Candidates)]),
            cat([.. parts.Select(part => part.Matched)]));
        foreach (var tensor in Tensors(all))
            tensor.MoveToOuterDisposeScope();
        return all;
    }

    public void Dispose() => _history.Dispose();

    private static Tensor[] Tensors(ResponseInput input) => [input.Context, input.User, input.Summary, input.Candidates, input.Matched];

    private static IEnumerable<MatchingKey> Keys(ImpressionExamples examples)
    {
        var schema = examples.Schema;
        yield return new MatchingKey("item", 0);
        for (var i = 0; i < schema.Item.Count; i++)
        {
            var column = i + 1;
            if (schema.Item[i].Type == FeatureType.Categorical)
                yield return new MatchingKey(schema.Item[i].Name, column);
            else if (schema.Item[i].Name == "duration")
                yield return MatchingKey.OfRanges("duration", column, Enumerable.Range(0, examples.Count).Select(row => examples.Candidates[(row * schema.ItemWidth) + column]), DurationRanges);
        }
    }
}
