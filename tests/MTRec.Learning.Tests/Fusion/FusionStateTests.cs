using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Export;
using MTRec.Learning.Fusion;
using MTRec.Learning.Tests.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Fusion;

public sealed class FusionStateTests : IDisposable
{
    private const double Tolerance = 1e-5;
    private readonly SyntheticExamples _data = new();
    private readonly FusionState _state;

    public FusionStateTests() => _state = new FusionState(_data.Train);

    public void Dispose() => _state.Dispose();

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(5, false)]
    [InlineData(8, false)]
    [InlineData(0, true)]
    [InlineData(8, true)]
    public void Graph_gives_what_the_module_gives(int events, bool extreme)
    {
        var random = new Random(events);
        for (var repeat = 0; repeat < 5; repeat++)
        {
            var run = GraphRun.Draw(_data.Schema, _data.Items.Ids.Count, candidates: 7, events, extreme, random);
            if (extreme)
                run = run with { History = WithLongest(run.History) };
            var outputs = run.Run(Graph(7));
            using var scope = NewDisposeScope();
            var (state, candidates) = Torch(run, 7);
            Close(state, outputs["state"]);
            Close(candidates, outputs["items"]);
        }
    }

    [Fact]
    public void Widths_and_names_agree_and_values_are_normalised()
    {
        using var scope = NewDisposeScope();
        var run = GraphRun.Draw(_data.Schema, _data.Items.Ids.Count, 4, 8, extreme: true, new Random(3));
        var (state, candidates) = Torch(run, 4);
        Assert.Equal([1, _state.StateWidth], state.shape);
        Assert.Equal([1, 4, _state.CandidateWidth], candidates.shape);
        Assert.Equal(_state.StateWidth, _state.StateNames.Distinct().Count());
        Assert.Equal(_state.CandidateWidth, _state.CandidateNames.Distinct().Count());
        Assert.True(state.abs().max().item<float>() <= 5);
        Assert.True(candidates.abs().max().item<float>() <= 5);
    }

    [Fact]
    public void A_shorter_history_is_the_same_history()
    {
        using var scope = NewDisposeScope();
        var run = GraphRun.Draw(_data.Schema, _data.Items.Ids.Count, 3, 4, extreme: false, new Random(4));
        var (state, candidates) = Torch(run, 3);
        var history = History(run).narrow(1, _data.Schema.History.Length - 5, 5);
        Close(_state.State(tensor(run.Context).unsqueeze(0), tensor(run.User).unsqueeze(0), history), state.data<float>().ToArray());
        Close(_state.Candidates(tensor(run.Candidates, 1, 3, _data.Schema.ItemWidth), history), candidates.contiguous().data<float>().ToArray());
    }

    [Fact]
    public void Candidates_do_not_see_each_other()
    {
        using var scope = NewDisposeScope();
        var run = GraphRun.Draw(_data.Schema, _data.Items.Ids.Count, 6, 8, extreme: false, new Random(5));
        var items = tensor(run.Candidates, 1, 6, _data.Schema.ItemWidth);
        var together = _state.Candidates(items, History(run));
        for (var i = 0; i < 6; i++)
            Close(_state.Candidates(items.narrow(1, i, 1), History(run)), together.narrow(1, i, 1).contiguous().data<float>().ToArray());
    }

    [Fact]
    public void History_columns_are_what_they_are_named_after()
    {
        var schema = _data.Schema;
        var assembler = new FeatureAssembler(schema);
        const long now = 1_700_000_000_000;

        // Two before a pause of an hour, three after it; the last one two minutes ago.
        SessionEvent[] events =
        [
            new(_data.Items.Ids[0], now - 7_200_000, UserActions.Click, 50),
            new(_data.Items.Ids[1], now - 7_100_000, UserActions.None, 1),
            new(_data.Items.Ids[2], now - 900_000, UserActions.Click | UserActions.LongView, 100),
            new(_data.Items.Ids[3], now - 500_000, UserActions.None, 0),
            new(_data.Items.Ids[4], now - 120_000, UserActions.Click | UserActions.Like, 1000),
        ];
        var rows = new float[schema.History.Length * schema.HistoryWidth];
        assembler.WriteHistory(events, now, _data.Items, rows);
        using var summary = new HistoryState(schema.History);
        using var scope = NewDisposeScope();
        var values = summary.call(tensor(rows, 1, schema.History.Length, schema.HistoryWidth)).data<float>().ToArray();
        double Value(string name) => values[summary.Names.ToList().IndexOf(name)];

        Assert.Equal(3.0 / 6, Value("click.all"), Tolerance);
        Assert.Equal(2.0 / 4, Value("click.last3"), Tolerance);
        Assert.Equal(1.0 / 6, Value("like.last10"), Tolerance);
        Assert.Equal((0.5 + 0.01 + 1 + 4) / 6, Value("watch.all"), Tolerance);
        Assert.Equal(Math.Log(6), Value("logCount"), Tolerance);
        Assert.Equal(1 / (1 + (120.0 / 3600)), Value("withinHour"), Tolerance);
        Assert.Equal(1 / (1 + (120.0 / 86_400)), Value("withinDay"), Tolerance);
        Assert.Equal(Math.Log(1 + 3), Value("logDepth"), Tolerance);
    }

    [Fact]
    public void Matches_are_responses_to_the_same_code_and_the_same_range()
    {
        var schema = _data.Schema;
        var tag = schema.Item.ToList().FindIndex(feature => feature.Name == "tag") + 1;
        var matched = new MatchedHistory(schema, [new MatchingKey("tag", tag), new MatchingKey("duration", 1, [30, 60])], ["click", "nothing"]);
        var history = new float[3, schema.HistoryWidth];
        var item = schema.HistoryWidth - schema.ItemWidth;
        foreach (var (row, click, code, duration) in new[] { (1, 1f, 2f, 59f), (2, 0f, 2f, 60f) })
        {
            history[row, HistoryLayout.PresentColumn] = 1;
            history[row, HistoryLayout.ActionStart] = click;
            history[row, item + tag] = code;
            history[row, item + 1] = duration;
        }

        var candidates = new float[3, schema.ItemWidth];
        (candidates[0, tag], candidates[0, 1]) = (2, 30);
        (candidates[1, tag], candidates[1, 1]) = (3, 1000);
        (candidates[2, tag], candidates[2, 1]) = (0, 29);
        using var scope = NewDisposeScope();
        var values = matched.Forward(tensor(candidates).unsqueeze(0), tensor(history).unsqueeze(0)).squeeze(0);
        float Value(int candidate, string name) => values[candidate, matched.Names.ToList().IndexOf(name)].item<float>();

        Assert.Equal(1 / 3f, Value(0, "click.same.tag"), Tolerance);
        Assert.Equal(Math.Log(3), Value(0, "logCount.same.tag"), Tolerance);
        Assert.Equal(1 / 2f, Value(0, "click.same.duration"), Tolerance);
        Assert.Equal(0, Value(1, "logCount.same.tag"), Tolerance);
        Assert.Equal(0, Value(1, "click.same.duration"), Tolerance);
        Assert.Equal(Math.Log(2), Value(1, "logCount.same.duration"), Tolerance);
        Assert.Equal(0, Value(2, "logCount.same.tag"), Tolerance);
        Assert.Equal(0, Value(2, "logCount.same.duration"), Tolerance);
    }

    private static void Close(Tensor expected, float[] actual)
    {
        var values = expected.contiguous().data<float>().ToArray();
        Assert.Equal(values.Length, actual.Length);
        for (var i = 0; i < values.Length; i++)
            Assert.Equal(values[i], actual[i], Tolerance);
    }

    private float[] WithLongest(float[] history)
    {
        var width = _data.Schema.HistoryWidth;
        for (var row = 0; row < history.Length; row += width)
        {
            if (history[row] == 0)
                continue;
            history[row + HistoryLayout.AgeColumn] = 3e9f;
            history[row + HistoryLayout.WatchColumn] = 6e5f;
        }

        return history;
    }

    private Tensor History(GraphRun run) => tensor(run.History, 1, _data.Schema.History.Length, _data.Schema.HistoryWidth);

    private (Tensor State, Tensor Candidates) Torch(GraphRun run, int candidates) => (
        _state.State(tensor(run.Context).unsqueeze(0), tensor(run.User).unsqueeze(0), History(run)),
        _state.Candidates(tensor(run.Candidates, 1, candidates, _data.Schema.ItemWidth), History(run)));

    private OnnxGraph Graph(int candidates)
    {
        var schema = _data.Schema;
        var graph = new OnnxGraph("fusion-state");
        var context = graph.Input(BundleLayout.ContextInput, 1, schema.Context.Count);
        var user = graph.Input(BundleLayout.UserInput, 1, schema.User.Count);
        var history = graph.Input(BundleLayout.HistoryInput, 1, schema.History.Length, schema.HistoryWidth);
        var items = graph.Input(BundleLayout.CandidatesInput, GraphContract.Candidates, schema.ItemWidth);
        graph.Output("state", _state.ExportState(graph, "state", context, user, history), 1, _state.StateWidth);
        graph.Output("items", _state.ExportCandidates(graph, "items", items, history), candidates, _state.CandidateWidth);
        return graph;
    }
}
