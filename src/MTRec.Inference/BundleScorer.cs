using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Core.Tasks;

namespace MTRec.Inference;

/// <summary>
/// Runs a bundle's graphs on requests. Thread safe; a call that runs when the bundle is disposed ends as it would have.
/// </summary>
public sealed class BundleScorer
{
    private static readonly string[] TaskScoreOutputs = [BundleLayout.Scores];

    private readonly Bundle _bundle;
    private readonly GraphSession _policy;
    private readonly GraphSession? _mentalReward;
    private readonly GraphSession? _taskScores;
    private readonly TaskDefinition[] _tasks;
    private readonly float[] _fallback;
    private readonly float[] _priors;

    internal BundleScorer(Bundle bundle, GraphSession policy, GraphSession? mentalReward, GraphSession? taskScores)
    {
        _bundle = bundle;
        _policy = policy;
        _mentalReward = mentalReward;
        _taskScores = taskScores;
        _tasks = [.. bundle.Manifest.Tasks];
        _fallback = [.. bundle.Manifest.Fallback.Weights];
        _priors = [.. bundle.Manifest.Fusion.Priors ?? []];
        FusesAnyAction = Fuser.OfScores.Contains(bundle.Manifest.Fusion.Formula);
    }

    /// <summary>Whether the formula needs nothing but task scores and an action, so that <see cref="FuseByAction"/> can compute it.</summary>
    public bool FusesAnyAction { get; }

    /// <summary>Predicts the task scores and writes them to <see cref="RankingInputs.Scores"/>.</summary>
    /// <exception cref="InvalidOperationException">The bundle has no task scorer.</exception>
    /// <exception cref="GraphFailedException">The graph failed or gave values that are not finite; the scores are void.</exception>
    /// <exception cref="ObjectDisposedException">The bundle is disposed.</exception>
    public void ScoreTasks(RankingInputs inputs)
    {
        var graph = _taskScores ?? throw new InvalidOperationException($"The bundle has no {BundleLayout.TaskScores}.");
        if (inputs.Count == 0)
            return;
        using var lease = _bundle.Lease();
        graph.Run(inputs, TaskScoreOutputs, [inputs.Value(BundleLayout.Scores)]);
        if (!Finiteness.Of(inputs.Scores))
            throw NotFinite(graph, BundleLayout.Scores);
    }

    /// <summary>Fuses the task scores by the policy: fills the fusion scores, the action and, to explain them, the contributions.</summary>
    /// <exception cref="GraphFailedException">The graph failed or gave values that are not finite; the outputs stay empty.</exception>
    /// <exception cref="ObjectDisposedException">The bundle is disposed.</exception>
    public void Fuse(RankingInputs inputs, RankingOutputs outputs, bool explain)
    {
        CheckCounts(inputs, outputs);
        Run(_policy, inputs, explain ? outputs.ExplainedFusion : outputs.Fusion);
    }

    /// <summary>
    /// Fuses the task scores by the manifest's fixed weighted sum: fills the fusion scores and the contributions. Its scores are
    /// on the scale of the fallback's own standardiser.
    /// </summary>
    public void FuseByFallback(RankingInputs inputs, RankingOutputs outputs) => FuseByWeights(inputs, outputs, _fallback);

    /// <summary>Fuses the task scores by a weighted sum in place of the policy: fills the fusion scores and the contributions.</summary>
    /// <param name="inputs">The request.</param>
    /// <param name="outputs">Receives the answer; it has no action.</param>
    /// <param name="weights">One weight a task [K], over normalised scores.</param>
    public void FuseByWeights(RankingInputs inputs, RankingOutputs outputs, ReadOnlySpan<float> weights)
    {
        CheckCounts(inputs, outputs);
        outputs.ActionBuffer.Begin();
        Fuse(FusionFormula.WeightedSum, inputs, outputs, weights, perCandidate: false);
    }

    /// <summary>Fuses the task scores by the bundle's formula and an action in place of the policy's: fills the fusion scores, the action and the contributions.</summary>
    /// <param name="inputs">The request.</param>
    /// <param name="outputs">Receives the answer.</param>
    /// <param name="action">In real units, laid out as <see cref="RankingOutputs.Action"/>.</param>
    /// <exception cref="InvalidOperationException">The formula needs more than task scores and an action: <see cref="FusesAnyAction"/>.</exception>
    /// <exception cref="ArgumentException">The action's length is not the policy's.</exception>
    public void FuseByAction(RankingInputs inputs, RankingOutputs outputs, ReadOnlySpan<float> action)
    {
        CheckCounts(inputs, outputs);
        if (!FusesAnyAction)
            throw new InvalidOperationException($"{_bundle.Manifest.Fusion.Formula} cannot be computed outside of {BundleLayout.Policy}.");
        var own = outputs.ActionBuffer.Begin();
        if (action.Length != own.Length)
            throw new ArgumentException($"The action has {action.Length} numbers, the policy's {own.Length}.", nameof(action));
        action.CopyTo(own);
        Fuse(_bundle.Manifest.Fusion.Formula, inputs, outputs, action, _bundle.Shape.ActionPerCandidate);
        outputs.ActionBuffer.Finish();
    }

    private void Fuse(FusionFormula formula, RankingInputs inputs, RankingOutputs outputs, ReadOnlySpan<float> action, bool perCandidate)
    {
        var fused = outputs.FusionBuffer.Begin();
        var contributions = outputs.ContributionsBuffer.Begin();
        Span<float> normalised = stackalloc float[_tasks.Length];
        var width = perCandidate ? _bundle.Shape.Actions : action.Length;
        for (var i = 0; i < inputs.Count; i++)
        {
            var scores = inputs.ScoresOf(i);
            for (var k = 0; k < _tasks.Length; k++)
                normalised[k] = _tasks[k].Normalise(scores[k]);
            fused[i] = Fuser.Fuse(
                formula, normalised, action.Slice(perCandidate ? i * width : 0, width), _priors, contributions.Slice(i * _tasks.Length, _tasks.Length));
        }

        outputs.FusionBuffer.Finish();
        outputs.ContributionsBuffer.Finish();
    }

    /// <summary>Estimates the mental reward of a positive response: fills its mean and quantiles and, where asked for, Q(s, a).</summary>
    /// <exception cref="InvalidOperationException">The bundle has no mental reward.</exception>
    /// <exception cref="GraphFailedException">The graph failed or gave values that are not finite; the outputs stay empty.</exception>
    /// <exception cref="ObjectDisposedException">The bundle is disposed.</exception>
    public void EstimateMentalReward(RankingInputs inputs, RankingOutputs outputs, bool softQ = false)
    {
        CheckCounts(inputs, outputs);
        Run(
            _mentalReward ?? throw new InvalidOperationException($"The bundle has no {BundleLayout.MentalReward}."),
            inputs,
            softQ ? outputs.RewardAndSoftQ : outputs.Reward);
    }

    private void Run(GraphSession graph, RankingInputs inputs, RankingOutputs.OutputSet outputs)
    {
        var values = outputs.Begin();
        if (inputs.Count > 0)
        {
            using var lease = _bundle.Lease();
            graph.Run(inputs, outputs.Names, values);
        }

        if (outputs.NotFinite() is { } output)
            throw NotFinite(graph, output);
        outputs.Finish();
    }

    private static GraphFailedException NotFinite(GraphSession graph, string output) =>
        new(graph.File, $"'{output}' holds values that are not finite.");

    private static void CheckCounts(RankingInputs inputs, RankingOutputs outputs)
    {
        if (inputs.Count != outputs.Count)
            throw new ArgumentException($"Inputs of {inputs.Count} candidates and outputs of {outputs.Count} do not fit.", nameof(outputs));
    }
}
