using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Export;
using MTRec.Learning.Examples;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>
/// What every model of this folder's users starts from: state and candidate as two halves. The user half holds context, user features and
/// the history's summary; the item half holds the candidate, what it attends to in the history and what in there matches it. <see cref="SplitLinear"/> takes them.
/// </summary>
public sealed class Backbone : nn.Module<FeatureBatch, BackboneHalves>
{
    private readonly FeatureEncoder? _context;
    private readonly FeatureEncoder? _user;
    private readonly ItemEncoder _items;
    private readonly Linear _item;
    private readonly HistoryEncoder _history;
    private readonly TargetAttention _attention;
    private readonly MatchedResponses _matched;
    private readonly SliceDropout _dropout;
    private readonly FeatureSchema _schema;

    /// <summary>Makes a backbone.</summary>
    /// <param name="schema">The layout.</param>
    /// <param name="statistics">How the training log normalises the features.</param>
    /// <param name="itemCount">Items in the table.</param>
    /// <param name="options">Sizes.</param>
    public Backbone(FeatureSchema schema, BackboneStatistics statistics, int itemCount, BackboneOptions options)
        : base(nameof(Backbone))
    {
        _schema = schema;
        _context = schema.Context.Count == 0 ? null : new FeatureEncoder(schema.Context, statistics.Context, options.EmbeddingSize);
        _user = schema.User.Count == 0 ? null : new FeatureEncoder(schema.User, statistics.User, options.EmbeddingSize);
        _items = new ItemEncoder(schema.Item, statistics.Item, itemCount, options);
        _item = nn.Linear(_items.Width, options.ItemWidth);
        _history = new HistoryEncoder(schema.History, options.ItemWidth, options.EventWidth);
        _attention = new TargetAttention(options.ItemWidth, options.EventWidth, options.ItemWidth);
        _matched = new MatchedResponses(schema);
        _dropout = new SliceDropout(options.Dropout);
        RegisterComponents();
        UserWidth = (_context?.Width ?? 0) + (_user?.Width ?? 0) + _history.SummaryWidth;
        ItemWidth = _items.Width + options.ItemWidth + options.EventWidth + _matched.Width;
    }

    /// <summary>Columns of the user half. The last one is the logarithm of 1 + the history's impressions, see <see cref="HistorySummary"/>.</summary>
    public int UserWidth { get; }

    /// <summary>Columns of the item half.</summary>
    public int ItemWidth { get; }

    /// <inheritdoc/>
    public override BackboneHalves forward(FeatureBatch input)
    {
        var shown = input.History.narrow(-1, _schema.HistoryWidth - _schema.ItemWidth, _schema.ItemWidth);
        var history = _history.call(input.History, _item.call(_items.call(shown)).relu());
        var user = new List<Tensor>();
        if (_context is not null)
            user.Add(_context.call(input.Context));
        if (_user is not null)
            user.Add(_user.call(input.User));
        user.Add(history.Summary);

        var features = _items.call(input.Candidates);
        var item = _item.call(features).relu();
        var matched = _matched.call(input.Candidates, input.History, history.Responses);
        var halves = cat([features, item, _attention.call(item, history), matched], -1);
        return new BackboneHalves(_dropout.call(cat(user, -1)), _dropout.call(halves));
    }

    /// <summary>Declares the state and the candidates as a graph's inputs and puts the backbone behind them.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="name">Prefix of its constants.</param>
    /// <returns>The user half [1, <see cref="UserWidth"/>] and the item half [N, <see cref="ItemWidth"/>].</returns>
    public (OnnxValue User, OnnxValue Item) Export(OnnxGraph graph, string name)
    {
        var constants = _items.ExportConstants(graph, $"{name}.items");
        var history = graph.Squeeze(graph.Input(BundleLayout.HistoryInput, 1, _schema.History.Length, _schema.HistoryWidth), 0);
        var shown = graph.Slice(history, 1, _schema.HistoryWidth - _schema.ItemWidth);
        var weight = graph.Initializer($"{name}.item.weight", _item.weight!.t());
        var bias = graph.Initializer($"{name}.item.bias", _item.bias!);
        var (events, present, responses, summary) = _history.Export(graph, $"{name}.history", history, Encode(_items.Export(graph, constants, shown)));

        var user = new List<OnnxValue>();
        if (_context is not null)
            user.Add(Export(_context, BundleLayout.ContextInput, _schema.Context.Count));
        if (_user is not null)
            user.Add(Export(_user, BundleLayout.UserInput, _schema.User.Count));
        user.Add(summary);

        var candidates = graph.Input(BundleLayout.CandidatesInput, GraphContract.Candidates, _schema.ItemWidth);
        var features = _items.Export(graph, constants, candidates);
        var item = Encode(features);
        var attended = _attention.Export(graph, $"{name}.attention", item, events, present);
        var matched = _matched.Export(graph, candidates, history, responses);
        return (graph.Concat(1, [.. user]), graph.Concat(1, features, item, attended, matched));

        OnnxValue Encode(OnnxValue x) => graph.Relu(graph.MatMul(x, weight) + bias);

        OnnxValue Export(FeatureEncoder encoder, string input, int columns) =>
            encoder.Export(graph, encoder.ExportConstants(graph, $"{name}.{input}"), graph.Input(input, 1, columns));
    }
}

/// <summary>The two halves of what a network knows of an example.</summary>
/// <param name="User">[B, user].</param>
/// <param name="Item">[B, item].</param>
public sealed record BackboneHalves(Tensor User, Tensor Item);

/// <summary>How a training log normalises each kind of feature; one a column.</summary>
/// <param name="Context">Of the context.</param>
/// <param name="User">Of the users.</param>
/// <param name="Item">Of the items, the index excluded.</param>
public sealed record BackboneStatistics(
    IReadOnlyList<NumericStatistics> Context, IReadOnlyList<NumericStatistics> User, IReadOnlyList<NumericStatistics> Item)
{
    /// <summary>Measures them on a training log.</summary>
    public static BackboneStatistics Measure(ImpressionExamples examples)
    {
        var schema = examples.Schema;
        return new BackboneStatistics(
            NumericStatistics.Measure(schema.Context, examples.Context, schema.Context.Count),
            NumericStatistics.Measure(schema.User, examples.Users, schema.User.Count),
            NumericStatistics.Measure(schema.Item, examples.Candidates, schema.ItemWidth, first: 1));
    }
}
