using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Export;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>
/// What fusion policies see, made of exactly the service's inputs and with nothing to learn, so that a policy is served as it was trained: the
/// state [B, S] of context, user and history, and every candidate's columns [B, n, F] of its features and of what in the history matches it.
/// Statistics measured on the log are part of it and of its graphs. Nothing in it tells of the request's other candidates: a candidate's score
/// must not depend on them.
/// </summary>
/// <remarks>
/// Quantities are normalised. A category, however many codes it has, is described by the mean responses of the log to each code (click, long
/// view and watch time; long view and watch time for the many categories of users), shrunk and normalised: few columns, in the order of their
/// effect; our choice. The history's columns are those of <see cref="HistoryState"/>, standardised.
/// </remarks>
public sealed class FusionState : IDisposable
{
    private const float Farthest = 5;
    private const double PriorImpressions = 100;
    private const int MeasuredRows = 16_384;
    private const int MeasuredBatch = 2048;
    private const int CodesToMatch = 10;
    private const int DurationRanges = 5;
    private const string Duration = "duration";
    private static readonly string[] CodeResponses = ["click", "longView", "watch"];
    private static readonly string[] MatchedActions = ["click", "longView", "hate"];

    private readonly FeatureSchema _schema;
    private readonly FeatureEncoder? _context;
    private readonly FeatureEncoder? _user;
    private readonly FeatureEncoder _item;
    private readonly HistoryState _history;
    private readonly MatchedHistory _matched;
    private readonly Tensor _historyMean;
    private readonly Tensor _historyScale;

    /// <summary>Measures the statistics.</summary>
    /// <param name="examples">The training log; its own earlier rows are the history.</param>
    public FusionState(ImpressionExamples examples)
        : this(examples.Schema, Measure(examples))
    {
    }

    /// <summary>The state of statistics that were measured before.</summary>
    /// <param name="schema">The layout that they were measured on.</param>
    /// <param name="statistics">The statistics.</param>
    /// <exception cref="ArgumentException">They are of another layout.</exception>
    public FusionState(FeatureSchema schema, FusionStatistics statistics)
    {
        _schema = schema;
        Statistics = statistics;
        _context = schema.Context.Count == 0 ? null : statistics.Context.Encoder(schema.Context);
        _user = schema.User.Count == 0 ? null : statistics.User.Encoder(schema.User);
        _item = statistics.Item.Encoder(schema.Item);
        _history = new HistoryState(schema.History);
        _matched = new MatchedHistory(schema, statistics.Keys, MatchedActions);
        if (statistics.HistoryMean.Count != _history.Width || statistics.HistoryScale.Count != _history.Width)
            throw new ArgumentException($"The history has {_history.Width} columns, not {statistics.HistoryMean.Count}.", nameof(statistics));
        _historyMean = tensor([.. statistics.HistoryMean]).DetachFromDisposeScope();
        _historyScale = tensor([.. statistics.HistoryScale]).DetachFromDisposeScope();
        StateNames = [.. Names(schema.Context, CodeResponses.Length), .. Names(schema.User, CodeResponses.Length - 1), .. _history.Names];
        CandidateNames = [.. Names(schema.Item, CodeResponses.Length), .. _matched.Names];

        static IEnumerable<string> Names(IReadOnlyList<FeatureDefinition> features, int numbers) =>
            features.Where(feature => feature.Type == FeatureType.Numeric).Select(feature => feature.Name)
                .Concat(features.Where(feature => feature.Type == FeatureType.Categorical).SelectMany(feature =>
                    CodeResponses.TakeLast(numbers).Select(name => $"{feature.Name}.{name}")));
    }

    /// <summary>What was measured: with the layout, all that the state is made of.</summary>
    public FusionStatistics Statistics { get; }

    /// <summary>Names of the state's columns [S].</summary>
    public IReadOnlyList<string> StateNames { get; }

    /// <summary>Names of a candidate's columns [F].</summary>
    public IReadOnlyList<string> CandidateNames { get; }

    /// <summary>S.</summary>
    public int StateWidth => StateNames.Count;

    /// <summary>F.</summary>
    public int CandidateWidth => CandidateNames.Count;

    /// <summary>The state [B, S].</summary>
    /// <param name="context">[B, C], raw.</param>
    /// <param name="user">[B, U], raw.</param>
    /// <param name="history">[B, h, W], raw: the last h rows.</param>
    public Tensor State(Tensor context, Tensor user, Tensor history)
    {
        var parts = new List<Tensor>();
        if (_context is not null)
            parts.Add(_context.call(context));
        if (_user is not null)
            parts.Add(_user.call(user));
        parts.Add(((_history.call(history) - _historyMean) * _historyScale).clamp(-Farthest, Farthest));
        return cat(parts, -1);
    }

    /// <summary>The candidates' columns [B, n, F].</summary>
    /// <param name="candidates">[B, n, 1 + I], raw.</param>
    /// <param name="history">[B, h, W], raw.</param>
    public Tensor Candidates(Tensor candidates, Tensor history) => Candidates(ItemColumns(candidates), candidates, history);

    /// <summary>The same, with the candidates' own columns made before.</summary>
    /// <param name="items"><see cref="ItemColumns"/> of the candidates [B, n, columns].</param>
    /// <param name="candidates">[B, n, 1 + I], raw.</param>
    /// <param name="history">[B, h, W], raw.</param>
    public Tensor Candidates(Tensor items, Tensor candidates, Tensor history) =>
        _matched.Width == 0 ? items.alias() : cat([items, _matched.Forward(candidates, history)], -1);

    /// <summary>A candidate's columns that do not depend on the user [.., columns]: the first of <see cref="CandidateNames"/>.</summary>
    /// <param name="candidates">[.., 1 + I], raw.</param>
    public Tensor ItemColumns(Tensor candidates) => _item.call(candidates.narrow(-1, 1, _schema.Item.Count));

    /// <summary>The state in a graph [1, S].</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="name">Prefix of its constants.</param>
    /// <param name="context">[1, C]; null where there is no context.</param>
    /// <param name="user">[1, U]; null where there are no user features.</param>
    /// <param name="history">[1, H, W].</param>
    public OnnxValue ExportState(OnnxGraph graph, string name, OnnxValue? context, OnnxValue? user, OnnxValue history)
    {
        var parts = new List<OnnxValue>();
        if (_context is not null)
            parts.Add(_context.Export(graph, _context.ExportConstants(graph, $"{name}.context"), context!));
        if (_user is not null)
            parts.Add(_user.Export(graph, _user.ExportConstants(graph, $"{name}.user"), user!));
        var summary = _history.Export(graph, $"{name}.history", graph.Squeeze(history, 0));
        summary = (summary - graph.Initializer($"{name}.historyMean", _historyMean)) * graph.Initializer($"{name}.historyScale", _historyScale);
        parts.Add(graph.Clip(summary, -Farthest, Farthest));
        return graph.Concat(1, [.. parts]);
    }

    /// <summary>The candidates' columns in a graph [N, F].</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="name">Prefix of its constants.</param>
    /// <param name="candidates">[N, 1 + I].</param>
    /// <param name="history">[1, H, W].</param>
    public OnnxValue ExportCandidates(OnnxGraph graph, string name, OnnxValue candidates, OnnxValue history)
    {
        var items = _item.Export(graph, _item.ExportConstants(graph, $"{name}.item"), graph.Slice(candidates, 1, 1));
        return _matched.Width == 0 ? items : graph.Concat(1, items, _matched.Export(graph, candidates, graph.Squeeze(history, 0)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _context?.Dispose();
        _user?.Dispose();
        _item.Dispose();
        _history.Dispose();
        _historyMean.Dispose();
        _historyScale.Dispose();
    }

    // Categories with many codes, and ranges of the duration: what users are known to have tastes in.
    private static IEnumerable<MatchingKey> Keys(ImpressionExamples examples)
    {
        var schema = examples.Schema;
        for (var i = 0; i < schema.Item.Count; i++)
        {
            var column = i + 1;
            if (schema.Item[i].Type == FeatureType.Categorical && schema.Item[i].Size > CodesToMatch)
                yield return new MatchingKey(schema.Item[i].Name, column);
            if (schema.Item[i].Name == Duration)
                yield return MatchingKey.OfRanges(Duration, column, Column(examples, column), DurationRanges);
        }
    }

    private static float[] Column(ImpressionExamples examples, int column)
    {
        var values = new float[examples.Count];
        for (var row = 0; row < values.Length; row++)
            values[row] = examples.Candidates[(row * examples.Schema.ItemWidth) + column];
        return values;
    }

    private static FusionStatistics Measure(ImpressionExamples examples)
    {
        var (schema, log, count) = (examples.Schema, examples.Log, examples.Count);
        var statistics = BackboneStatistics.Measure(examples);
        var responses = new[] { Targets(UserActions.Click), Targets(UserActions.LongView), Targets(UserActions.None) };
        var (mean, scale) = Standardise(examples);
        return new FusionStatistics(
            Fixed(schema.Context, statistics.Context, responses, examples.Context, row => row * schema.Context.Count),
            Fixed(schema.User, statistics.User, responses[1..], examples.Users, row => log.User[row] * schema.User.Count),
            Fixed(schema.Item, statistics.Item, responses, examples.Candidates, row => (row * schema.ItemWidth) + 1),
            [.. Keys(examples)],
            mean,
            scale);

        (float[] Values, float[] Known) Targets(UserActions actions) =>
            new TaskTargets(log, [new BehaviourTask("", actions)]).Of([.. Enumerable.Range(0, count)]);
    }

    private static FusionColumns Fixed(
        IReadOnlyList<FeatureDefinition> features,
        IReadOnlyList<NumericStatistics> statistics,
        (float[] Values, float[] Known)[] responses,
        ReadOnlySpan<float> values,
        Func<int, int> start)
    {
        var codes = new List<float>();
        for (var feature = 0; feature < features.Count; feature++)
        {
            if (features[feature].Type != FeatureType.Categorical)
                continue;
            var column = new int[responses[0].Values.Length];
            for (var row = 0; row < column.Length; row++)
                column[row] = (int)values[start(row) + feature];
            var means = responses.Select(response => Means(column, response, features[feature].Size)).ToArray();
            codes.AddRange(Enumerable.Range(0, features[feature].Size).SelectMany(code => means.Select(mean => mean[code])));
        }

        return new FusionColumns(statistics, codes, responses.Length);
    }

    // The mean response to each code, shrunk towards the mean of all, in deviations over the log.
    private static float[] Means(int[] codes, (float[] Values, float[] Known) response, int size)
    {
        var sums = new double[size];
        var counts = new double[size];
        for (var row = 0; row < codes.Length; row++)
        {
            sums[codes[row]] += response.Values[row] * response.Known[row];
            counts[codes[row]] += response.Known[row];
        }

        var total = Math.Max(1, counts.Sum());
        var mean = sums.Sum() / total;
        var shrunk = sums.Zip(counts, (sum, count) => ((sum + (PriorImpressions * mean)) / (count + PriorImpressions)) - mean).ToArray();
        var deviation = Math.Sqrt(shrunk.Zip(counts, (effect, count) => count * effect * effect).Sum() / total);
        return [.. shrunk.Select(effect => deviation < 1e-9 ? 0 : (float)Math.Clamp(effect / deviation, -Farthest, Farthest))];
    }

    private static (float[] Mean, float[] Scale) Standardise(ImpressionExamples examples)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        using var history = new HistoryState(examples.Schema.History);
        var step = Math.Max(1, examples.Count / MeasuredRows);
        var rows = Enumerable.Range(0, examples.Count).Where(row => row % step == 0).ToArray();
        var view = new ExampleView(WithProfile: true, WithEarlier: false);
        var all = new List<Tensor>();
        foreach (var batch in rows.Chunk(MeasuredBatch))
            all.Add(history.call(examples.Batch(batch, Enumerable.Repeat(view, batch.Length).ToArray()).History));
        var columns = cat(all, 0);
        var deviation = columns.std(0L, unbiased: false);

        // A column that never moves says nothing.
        var scale = where(deviation.gt(1e-6f), 1 / deviation.clamp_min(1e-6f), zeros_like(deviation));
        return (columns.mean([0L]).Floats(), scale.Floats());
    }
}
