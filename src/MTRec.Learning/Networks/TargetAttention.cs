using MTRec.Export;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>
/// The candidate's look at the history, as in DIN (Zhou et al. 2018) with scaled dot products: impressions weighted by
/// softmax(q k / sqrt(d)) over those present. 0 where there is no history.
/// </summary>
public sealed class TargetAttention : nn.Module<Tensor, HistoryEncoding, Tensor>
{
    // Far below any score, and representable.
    private const float Absent = 1e9f;

    private readonly Linear _query;
    private readonly Linear _key;
    private readonly float _scale;

    /// <summary>Makes a layer.</summary>
    /// <param name="itemWidth">Width of an encoded candidate.</param>
    /// <param name="eventWidth">Width of an encoded impression.</param>
    /// <param name="width">Width of queries and keys.</param>
    public TargetAttention(int itemWidth, int eventWidth, int width)
        : base(nameof(TargetAttention))
    {
        _query = nn.Linear(itemWidth, width);
        _key = nn.Linear(eventWidth, width);
        _scale = 1 / MathF.Sqrt(width);
        RegisterComponents();
    }

    /// <summary>Attends.</summary>
    /// <param name="items">Encoded candidates [B, item].</param>
    /// <param name="history">Each candidate's own history.</param>
    /// <returns>[B, event].</returns>
    public override Tensor forward(Tensor items, HistoryEncoding history)
    {
        var query = _query.call(items).unsqueeze(-1);
        var scores = _key.call(history.Events).matmul(query).squeeze(-1) * _scale;
        scores = (scores * history.Present) + ((history.Present - 1) * Absent);
        var weights = scores.softmax(-1) * history.Present;
        return weights.unsqueeze(1).matmul(history.Events).squeeze(1);
    }

    /// <summary>The same in a graph, where all candidates share one history.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="name">Prefix of its constants.</param>
    /// <param name="items">[N, item].</param>
    /// <param name="events">[H, event].</param>
    /// <param name="present">[H].</param>
    /// <returns>[N, event].</returns>
    public OnnxValue Export(OnnxGraph graph, string name, OnnxValue items, OnnxValue events, OnnxValue present)
    {
        var keys = graph.Transpose(graph.Linear($"{name}.key", events, _key), 1, 0);
        var scores = graph.MatMul(graph.Linear($"{name}.query", items, _query), keys) * _scale;
        scores = (scores * present) + ((present - 1) * Absent);
        return graph.MatMul(graph.Softmax(scores, -1) * present, events);
    }
}
