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

    /// <summary>Every way in which a graph's declared inputs and outputs differ from the contract; none where they fit.</summary>
    /// <param name="file">A graph of <see cref="BundleLayout"/>.</param>
    /// <param name="inputs">The inputs that it declares.</param>
    /// <param name="outputs">The outputs that it declares.</param>
    public IEnumerable<string> Differences(string file, IReadOnlyList<TensorShape> inputs, IReadOnlyList<TensorShape> outputs)
    {
        var allowed = Inputs(file);
        foreach (var input in inputs)
        {
            if (allowed.FirstOrDefault(tensor => tensor.Name == input.Name) is not { } expected)
                yield return $"the input '{input.Name}' is not one of {string.Join(", ", allowed.Select(tensor => tensor.Name))}.";
            else if (!input.Matches(expected))
                yield return $"the input is {input}, the features ask for {expected}.";
        }

        var required = Outputs(file);
        foreach (var expected in required)
        {
            if (outputs.FirstOrDefault(tensor => tensor.Name == expected.Name) is not { } output)
                yield return $"the output '{expected.Name}' is missing.";
            else if (!output.Matches(expected) && !(expected.Name == BundleLayout.ActionOutput && output.Matches(OneRow(expected))))
                yield return $"the output is {output}, the manifest asks for {expected}.";
        }

        foreach (var output in outputs.Where(output => required.All(expected => expected.Name != output.Name)))
            yield return $"the output '{output.Name}' is not one of {string.Join(", ", required.Select(tensor => tensor.Name))}.";
    }

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

    private static TensorShape OneRow(TensorShape tensor) => tensor with { Shape = [1, .. tensor.Shape.Skip(1)] };

    private static TensorShape Of(string name, params long[] shape) => new(name, ElementType, shape);
}
