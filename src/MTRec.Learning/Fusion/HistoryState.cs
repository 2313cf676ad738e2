using MTRec.Core.Features;
using MTRec.Data.Trajectories;
using MTRec.Export;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>
/// What a history says of its user, without anything to learn: for all impressions, the last ten and the last three the sum over them of each
/// action and of the watch time, as a logarithm and in seconds, divided by 1 + their number; then ln(1 + impressions), two recencies of the
/// latest impression 1 / (1 + age / T), and ln(1 + depth of the session). All 0 where there is no history.
/// </summary>
public sealed class HistoryState : nn.Module<Tensor, Tensor>
{
    // Our choice.
    private const float LongestWatch = 400;
    private const float WatchScale = 1 / 100f;
    private static readonly float SessionGapSeconds = (float)TrajectoryCutter.DefaultGap.TotalSeconds;
    private static readonly (string Name, int Impressions)[] Windows = [("all", int.MaxValue), ("last10", 10), ("last3", 3)];
    private static readonly float[] Lives = [3600, 86_400];

    private readonly int _length;
    private readonly int _actions;
    private readonly Tensor _windows;
    private readonly Tensor _later;

    /// <summary>Makes the state of histories of a layout.</summary>
    public HistoryState(HistoryLayout layout)
        : base(nameof(HistoryState))
    {
        _length = layout.Length;
        _actions = layout.Actions.Count;
        _windows = tensor(
            [.. Windows.SelectMany(window => Enumerable.Range(0, _length).Select(place => (long)_length - place <= window.Impressions ? 1f : 0f))], Windows.Length, _length);
        _later = ones(_length, _length).tril();
        RegisterComponents();
        Names =
        [
            .. Windows.SelectMany(window => layout.Actions.Concat(["logWatch", "watch"]).Select(name => $"{name}.{window.Name}")),
            "logCount", "withinHour", "withinDay", "logDepth",
        ];
    }

    /// <summary>Names of the columns.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Columns of the result.</summary>
    public int Width => Names.Count;

    /// <summary>Summarises.</summary>
    /// <param name="history">[B, h, W]: the last h rows, h at most the layout's length.</param>
    /// <returns>[B, <see cref="Width"/>].</returns>
    public override Tensor forward(Tensor history)
    {
        var rows = history.shape[1];
        var present = history.select(-1, HistoryLayout.PresentColumn);
        var age = history.select(-1, HistoryLayout.AgeColumn).clamp_min(0);
        var watch = history.narrow(-1, HistoryLayout.WatchColumn, 1).clamp(0, LongestWatch) * WatchScale;
        var columns = cat([HistoryEncoder.Responses(history, _actions), watch], -1);
        var weights = present.unsqueeze(1) * _windows.narrow(1, _length - rows, rows);
        var means = weights.matmul(columns) / (weights.sum(-1, keepdim: true) + 1);

        var latest = present.select(1, rows - 1);
        var latestAge = age.select(1, rows - 1);
        var parts = new List<Tensor> { means.flatten(1), Log(present.sum(1)) };
        foreach (var life in Lives)
            parts.Add((latest / ((latestAge * (1 / life)) + 1)).unsqueeze(1));

        // An impression is of this session where neither it nor a later one is followed by a pause.
        var nextAge = cat([age.narrow(1, 1, rows - 1), zeros_like(age.narrow(1, 0, 1))], 1);
        var breaks = (age - nextAge).gt(SessionGapSeconds).to(ScalarType.Float32);
        var later = breaks.matmul(_later.narrow(0, _length - rows, rows).narrow(1, _length - rows, rows));
        parts.Add(Log((present * (1 - later).relu()).sum(1)));
        return cat(parts, 1);

        static Tensor Log(Tensor count) => (count + 1).log().unsqueeze(1);
    }

    /// <summary>The same in a graph, for the one history of a request.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="name">Prefix of its constants.</param>
    /// <param name="history">[H, W].</param>
    /// <returns>[1, <see cref="Width"/>].</returns>
    public OnnxValue Export(OnnxGraph graph, string name, OnnxValue history)
    {
        var present = graph.Select(history, 1, HistoryLayout.PresentColumn);
        var age = graph.Relu(graph.Select(history, 1, HistoryLayout.AgeColumn));
        var watch = graph.Slice(history, 1, HistoryLayout.WatchColumn, HistoryLayout.WatchColumn + 1);
        var columns = graph.Concat(
            1,
            graph.Slice(history, 1, HistoryLayout.ActionStart, HistoryLayout.ActionStart + _actions),
            HistoryEncoder.LogWatch(graph, watch),
            graph.Clip(watch, 0, LongestWatch) * WatchScale);
        var weights = graph.Initializer($"{name}.windows", _windows) * present;
        var means = graph.MatMul(weights, columns) / (graph.ReduceSum(weights, 1, keepDims: true) + 1);

        var latest = graph.Slice(present, 0, _length - 1);
        var latestAge = graph.Slice(age, 0, _length - 1);
        var parts = new List<OnnxValue> { graph.Reshape(means, 1, -1), Log(present) };
        foreach (var life in Lives)
            parts.Add(graph.Reshape(latest / ((latestAge * (1 / life)) + 1), 1, 1));

        var nextAge = graph.Concat(0, graph.Slice(age, 0, 1), graph.Constant([0f], 1));
        var breaks = graph.Cast(graph.Greater(age - nextAge, graph.Scalar(SessionGapSeconds)), OnnxType.Float32);
        var later = graph.MatMul(graph.Unsqueeze(breaks, 0), graph.Initializer($"{name}.later", _later));
        parts.Add(Log(present * graph.Relu((graph.Squeeze(later, 0) * -1) + 1)));
        return graph.Concat(1, [.. parts]);

        OnnxValue Log(OnnxValue counted) => graph.Reshape(graph.Log(graph.ReduceSum(counted, 0) + 1), 1, 1);
    }
}
