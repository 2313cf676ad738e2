using MTRec.Core.Features;
using MTRec.Export;

namespace MTRec.Trainer.Training;

/// <summary>
/// Rows in one schema's codes as rows in another's, in a graph: two logs, or two parts of one, give the texts of a category different codes. A
/// text that the other schema does not list becomes 0, unknown. Quantities stay as they are.
/// </summary>
internal sealed class FeatureTranslation
{
    private readonly FeatureSchema _from;
    private readonly FeatureSchema _to;

    /// <summary>Matches the schemas.</summary>
    /// <param name="from">Of the rows that come.</param>
    /// <param name="to">Of the rows that are wanted.</param>
    /// <exception cref="ArgumentException">They have not the same features and history; the message has every difference.</exception>
    public FeatureTranslation(FeatureSchema from, FeatureSchema to)
    {
        (_from, _to) = (from, to);
        var differences = Enum.GetValues<FeatureKind>().SelectMany(kind => Differences(kind, from.Of(kind), to.Of(kind))).ToList();
        if (from.History.Length != to.History.Length || !from.History.Actions.SequenceEqual(to.History.Actions))
            differences.Add($"the history has {from.History.Length} impressions with {string.Join(", ", from.History.Actions)} here, {to.History.Length} with {string.Join(", ", to.History.Actions)} there.");
        if (differences.Count > 0)
            throw new ArgumentException($"The schemas do not fit: {string.Join(" ", differences)}", nameof(to));
    }

    /// <summary>Context features [1, C].</summary>
    public OnnxValue Context(OnnxGraph graph, OnnxValue context) => Rows(graph, "context", FeatureKind.Context, context, 0);

    /// <summary>User features [1, U].</summary>
    public OnnxValue User(OnnxGraph graph, OnnxValue user) => Rows(graph, "user", FeatureKind.User, user, 0);

    /// <summary>Candidates [N, 1 + I]; the items' indices stay.</summary>
    public OnnxValue Candidates(OnnxGraph graph, OnnxValue candidates) => Rows(graph, "candidates", FeatureKind.Item, candidates, 1);

    /// <summary>History [1, H, width].</summary>
    public OnnxValue History(OnnxGraph graph, OnnxValue history) =>
        graph.Unsqueeze(Rows(graph, "history", FeatureKind.Item, graph.Squeeze(history, 0), _from.HistoryWidth - _from.Item.Count), 0);

    private static IEnumerable<string> Differences(FeatureKind kind, IReadOnlyList<FeatureDefinition> from, IReadOnlyList<FeatureDefinition> to)
    {
        foreach (var feature in to)
        {
            if (from.FirstOrDefault(other => other.Name == feature.Name) is not { } other)
                yield return $"the {kind} feature '{feature.Name}' is missing.";
            else if (other.Type != feature.Type)
                yield return $"the {kind} feature '{feature.Name}' is {other.Type} here, {feature.Type} there.";
        }
    }

    // The columns before the features are the same in both.
    private OnnxValue Rows(OnnxGraph graph, string name, FeatureKind kind, OnnxValue rows, int start)
    {
        var columns = new List<OnnxValue>();
        if (start > 0)
            columns.Add(graph.Slice(rows, 1, 0, start));
        foreach (var feature in _to.Of(kind))
        {
            _from.TryFind(kind, feature.Name, out var place);
            var column = graph.Slice(rows, 1, start + place, start + place + 1);
            var codes = Codes(_from.Of(kind)[place], feature);
            columns.Add(codes is null ? column : Translate(graph, $"codes.{name}.{feature.Name}", column, codes));
        }

        return columns.Count == 1 ? columns[0] : graph.Concat(1, [.. columns]);
    }

    private static OnnxValue Translate(OnnxGraph graph, string name, OnnxValue column, float[] codes)
    {
        var place = graph.Cast(graph.Clip(graph.Floor(column), 0, codes.Length - 1), OnnxType.Int64);
        return graph.Gather(graph.Initializer(name, codes, codes.Length), place);
    }

    // The other schema's code of every code; null where all stay. Codes without texts are the values themselves.
    private static float[]? Codes(FeatureDefinition from, FeatureDefinition to)
    {
        if (from.Type != FeatureType.Categorical || from.Values is null || to.Values is null)
            return null;
        var codes = new float[from.Size];
        foreach (var (text, code) in from.Values)
            codes[code] = to.Values.GetValueOrDefault(text);
        return codes.Index().All(pair => pair.Item == pair.Index) ? null : codes;
    }
}
