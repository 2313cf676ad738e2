using MTRec.Core.Features;

namespace MTRec.Core.Bundles;

/// <summary>
/// The inputs that a bundle's graphs may read and the outputs that they must give, with the sizes that the manifest's tasks,
/// features and action imply. Who writes a graph and who opens one both go by it.
/// </summary>
public sealed class GraphContract
{
    /// <summary>The element type of every graph's inputs and outputs.</summary>
    public const string ElementType = "float32";

    /// <summary>The size, in a <see cref="TensorShape"/>, that stands for the number of candidates.</summary>
    public const long Candidates = -1;

    private readonly TensorShape[] _state;
    private readonly int _tasks;
    private readonly int _actions;
    private readonly int _quantiles;

    /// <summary>Derives the contract from a manifest.</summary>
    public GraphContract(BundleManifest manifest)
    {
        var schema = manifest.Schema();
        _tasks = manifest.Tasks.Count;
        _actions = manifest.Fusion.Action.Count;
        _quantiles = manifest.MentalReward?.Quantiles ?? 0;
        _state = [.. State(schema)];
    }

    /// <summary>The inputs that a graph may declare; it declares those that it reads.</summary>
    /// <param name="file">A graph of <see cref="BundleLayout"/>.</param>
    /// <exception cref="ArgumentException">The file is not a graph.</exception>
    public IReadOnlyList<TensorShape> Inputs(string file) => file switch
    {
        BundleLayout.Policy => [.. _state, Of(BundleLayout.Scores, Candidates, _tasks)],
        BundleLayout.MentalReward or BundleLayout.TaskScores => _state,
        _ => throw new ArgumentException($"'{file}' is not a graph of a bundle.", nameof(file)),
    };

    /// <summary>The outputs that a graph must declare; the action's rows may also be one for the whole request.</summary>
    /// <param name="file">A graph of <see cref="BundleLayout"/>.</param>
    /// <exception cref="ArgumentException">The file is not a graph.</exception>
    public IReadOnlyList<TensorShape> Outputs(string file) => file switch
    {
        BundleLayout.Policy =>
        [
            Of(BundleLayout.ActionOutput, Candidates, _actions),
            Of(BundleLayout.FusionScoreOutput, Candidates),
            Of(BundleLayout.ContributionsOutput, Candidates, _tasks),
        ],
        BundleLayout.MentalReward =>
        [
            Of(BundleLayout.MeanOutput, Candidates),
            Of(BundleLayout.QuantilesOutput, Candidates, _quantiles),
            Of(BundleLayout.SoftQOutput, Candidates, 2),
        ],
        BundleLayout.TaskScores => [Of(BundleLayout.Scores, Candidates, _tasks)],
        _ => throw new ArgumentException($"'{file}' is not a graph of a bundle.", nameof(file)),
    };

    // An input without columns cannot be read, so no graph may declare it.
    private static IEnumerable<TensorShape> State(FeatureSchema schema)
    {
        if (schema.Context.Count > 0)
            yield return Of(BundleLayout.ContextInput, 1, schema.Context.Count);
        if (schema.User.Count > 0)
            yield return Of(BundleLayout.UserInput, 1, schema.User.Count);
        yield return Of(BundleLayout.HistoryInput, 1, schema.History.Length, schema.HistoryWidth);
        yield return Of(BundleLayout.CandidatesInput, Candidates, schema.ItemWidth);
    }

    private static TensorShape Of(string name, params long[] shape) => new(name, ElementType, shape);
}
