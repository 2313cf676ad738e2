using MTRec.Core.Features;
using MTRec.Export;
using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>
/// Columns of a history to one row: for each of three weightings of the impressions sum w x / (1 + sum w), so that few impressions say
/// little; then ln(1 + impressions). All 0 where there is no history. The weightings: all alike, by recency, the last three alike.
/// </summary>
public sealed class HistorySummary : nn.Module<Tensor, Tensor, Tensor>
{
    // Our choice.
    private const float MeanLifeSeconds = 86_400;
    private const int Latest = 3;
    private const int Weightings = 3;

    private readonly int _length;
    private readonly Tensor _latest;

    /// <summary>Makes a summary of histories of at most <paramref name="length"/> impressions.</summary>
    public HistorySummary(int length)
        : base(nameof(HistorySummary))
    {
        _length = length;
        _latest = tensor([.. Enumerable.Range(0, length).Select(place => place >= length - Latest ? 1f : 0f)]);
        RegisterComponents();
    }

    /// <summary>Columns of the summary of so many columns.</summary>
    public static int Width(int columns) => (Weightings * columns) + 1;

    /// <summary>Summarises.</summary>
    /// <param name="history">[B, h, W]: the last h rows.</param>
    /// <param name="columns">[B, h, c].</param>
    /// <returns>[B, 3 c + 1].</returns>
    public override Tensor forward(Tensor history, Tensor columns)
    {
        var rows = history.shape[1];
        var present = history.select(-1, HistoryLayout.PresentColumn);
        var age = history.select(-1, HistoryLayout.AgeColumn).clamp_min(0);
        var parts = new List<Tensor>();
        foreach (var weights in new[] { present, present * (age * (-1 / MeanLifeSeconds)).exp(), present * _latest.narrow(0, _length - rows, rows) })
            parts.Add(weights.unsqueeze(1).matmul(columns).squeeze(1) / (weights.sum(1, keepdim: true) + 1));
        parts.Add((present.sum(1, keepdim: true) + 1).log());
        return cat(parts, -1);
    }

    /// <summary>The same in a graph, for the one history of a request.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="name">Prefix of its constants.</param>
    /// <param name="history">[H, W].</param>
    /// <param name="columns">[H, c].</param>
    /// <returns>[1, 3 c + 1].</returns>
    public OnnxValue Export(OnnxGraph graph, string name, OnnxValue history, OnnxValue columns)
    {
        var present = graph.Select(history, 1, HistoryLayout.PresentColumn);
        var age = graph.Relu(graph.Select(history, 1, HistoryLayout.AgeColumn));
        var parts = new List<OnnxValue>();
        foreach (var weights in new[]
        {
            present,
            present * graph.Exp(age * (-1 / MeanLifeSeconds)),
            present * graph.Initializer($"{name}.latest", _latest),
        })
        {
            parts.Add(graph.MatMul(graph.Unsqueeze(weights, 0), columns) / (graph.ReduceSum(weights, 0) + 1));
        }

        parts.Add(graph.Reshape(graph.Log(graph.ReduceSum(present, 0) + 1), 1, 1));
        return graph.Concat(1, [.. parts]);
    }
}
