using MTRec.Core.Features;
using MTRec.Export;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>
/// The history tensor to one vector an impression, and a <see cref="HistorySummary"/> of the vectors, the actions and the watch time. An
/// impression's vector sees its item, the actions, the seconds watched, its age and its place from the end.
/// </summary>
public sealed class HistoryEncoder : nn.Module<Tensor, Tensor, HistoryEncoding>
{
    // Keep the logarithms of seconds of the order of 1.
    private const float WatchScale = 1 / 4f;
    private const float AgeScale = 1 / 10f;

    private readonly int _length;
    private readonly int _actions;
    private readonly Linear _event;
    private readonly Parameter _places;
    private readonly HistorySummary _summary;

    /// <summary>Makes an encoder.</summary>
    /// <param name="layout">The history's layout.</param>
    /// <param name="itemWidth">Width of an encoded item.</param>
    /// <param name="eventWidth">Width of an impression's vector.</param>
    public HistoryEncoder(HistoryLayout layout, int itemWidth, int eventWidth)
        : base(nameof(HistoryEncoder))
    {
        _length = layout.Length;
        _actions = layout.Actions.Count;
        _event = nn.Linear(itemWidth + _actions + 2, eventWidth);
        _places = nn.Parameter(randn(_length, eventWidth) * 0.02);
        _summary = new HistorySummary(_length);
        SummaryWidth = HistorySummary.Width(eventWidth + _actions + 1);
        RegisterComponents();
    }

    /// <summary>Columns of the summary.</summary>
    public int SummaryWidth { get; }

    /// <summary>The actions and the logarithm of the watch time [B, h, actions + 1] inside a history.</summary>
    public static Tensor Responses(Tensor history, int actions)
    {
        var watch = (history.narrow(-1, HistoryLayout.WatchColumn, 1).clamp_min(0) + 1).log() * WatchScale;
        return cat([history.narrow(-1, HistoryLayout.ActionStart, actions), watch], -1);
    }

    /// <summary>The logarithm of the watch time as <see cref="Responses"/> holds it, in a graph.</summary>
    internal static OnnxValue LogWatch(OnnxGraph graph, OnnxValue watch) => graph.Log(graph.Relu(watch) + 1) * WatchScale;

    /// <summary>Encodes histories.</summary>
    /// <param name="history">[B, h, W], h at most the layout's length: the last h rows.</param>
    /// <param name="items">Its items, encoded [B, h, item].</param>
    public override HistoryEncoding forward(Tensor history, Tensor items)
    {
        var rows = history.shape[1];
        var present = history.select(-1, HistoryLayout.PresentColumn);
        var age = (history.narrow(-1, HistoryLayout.AgeColumn, 1).clamp_min(0) + 1).log() * AgeScale;
        var responses = Responses(history, _actions);
        var events = _event.call(cat([items, responses, age], -1)) + _places.narrow(0, _length - rows, rows);
        events = events.relu() * present.unsqueeze(-1);
        return new HistoryEncoding(events, present, responses, _summary.call(history, cat([events, responses], -1)));
    }

    /// <summary>The same in a graph, for the one history of a request.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="name">Prefix of its constants.</param>
    /// <param name="history">[H, W].</param>
    /// <param name="items">Its items, encoded [H, item].</param>
    /// <returns>Impressions [H, width], present [H], responses [H, actions + 1], summary [1, <see cref="SummaryWidth"/>].</returns>
    public (OnnxValue Events, OnnxValue Present, OnnxValue Responses, OnnxValue Summary) Export(OnnxGraph graph, string name, OnnxValue history, OnnxValue items)
    {
        var present = graph.Select(history, 1, HistoryLayout.PresentColumn);
        var watch = LogWatch(graph, Columns(HistoryLayout.WatchColumn, 1));
        var responses = graph.Concat(1, Columns(HistoryLayout.ActionStart, _actions), watch);
        var age = graph.Log(graph.Relu(Columns(HistoryLayout.AgeColumn, 1)) + 1) * AgeScale;
        var events = graph.Linear($"{name}.event", graph.Concat(1, items, responses, age), _event);
        events = graph.Relu(events + graph.Initializer($"{name}.places", _places)) * graph.Unsqueeze(present, 1);
        return (events, present, responses, _summary.Export(graph, $"{name}.summary", history, graph.Concat(1, events, responses)));

        OnnxValue Columns(int start, int count) => graph.Slice(history, 1, start, start + count);
    }
}

/// <summary>Encoded histories.</summary>
/// <param name="Events">[B, h, width], 0 where there is no impression.</param>
/// <param name="Present">[B, h], 1 where there is one.</param>
/// <param name="Responses">Actions and the logarithm of the watch time [B, h, actions + 1].</param>
/// <param name="Summary">[B, <see cref="HistoryEncoder.SummaryWidth"/>].</param>
public sealed record HistoryEncoding(Tensor Events, Tensor Present, Tensor Responses, Tensor Summary);
