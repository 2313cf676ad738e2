using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Export;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MultiTask;

/// <summary>The upstream model: a <see cref="Backbone"/> and <see cref="TaskExperts"/>; examples to logits [B, K].</summary>
public sealed class UpstreamModel : nn.Module<FeatureBatch, Tensor>
{
    private readonly IReadOnlyList<BehaviourTask> _tasks;
    private readonly Backbone _backbone;
    private readonly TaskExperts _experts;
    private readonly string _algorithm;

    /// <summary>Makes a model.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="means">Mean of each task's targets on the training log [K].</param>
    /// <param name="backbone">State and candidates.</param>
    /// <param name="options">Kind and sizes of the experts.</param>
    public UpstreamModel(IReadOnlyList<BehaviourTask> tasks, IReadOnlyList<float> means, Backbone backbone, TaskExpertsOptions options)
        : base(nameof(UpstreamModel))
    {
        _tasks = tasks;
        _algorithm = options.Algorithm;
        _backbone = backbone;
        _experts = options.Create(backbone.UserWidth, backbone.ItemWidth, [.. means.Select(mean => MathF.Log(mean / (1 - mean)))]);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(FeatureBatch input) =>
        _experts.call(_backbone.call(input), input.History.select(-1, HistoryLayout.PresentColumn).sum(-1L));

    /// <summary>Takes over the weights, and the normalisation of features, of a graph that <see cref="Export"/> made of such a model.</summary>
    /// <returns>False where it has other sizes, or another kind of experts.</returns>
    public bool TryGoOn(OnnxGraph graph) => GraphWeights.TryRead(this, Export, graph);

    /// <summary>The graph of <see cref="BundleLayout.TaskScores"/>: scores [N, K] in the tasks' units.</summary>
    public OnnxGraph Export()
    {
        var graph = new OnnxGraph("task-scores");
        var (user, item) = _backbone.Export(graph, "backbone");
        var learned = graph.Sigmoid(_experts.Export(graph, _algorithm, user, item));

        // Probabilities are learned as they are, the watch time on a logarithmic scale.
        var watch = graph.Constant([.. _tasks.Select(task => task.IsWatchTime ? 1f : 0f)], _tasks.Count);
        var seconds = graph.Exp(learned * watch * TaskTargets.SecondsScale) - 1;
        graph.Output(BundleLayout.Scores, learned + (watch * (seconds - learned)), GraphContract.Candidates, _tasks.Count);
        return graph;
    }
}

/// <summary>Learned values to scores.</summary>
public static class TaskScores
{
    /// <summary>Logits [B, K] to scores [B, K] in the tasks' units: probabilities, seconds.</summary>
    public static Tensor Of(Tensor logits, IReadOnlyList<BehaviourTask> tasks)
    {
        var learned = logits.sigmoid();
        var watch = tensor([.. tasks.Select(task => task.IsWatchTime ? 1f : 0f)]);
        var seconds = (learned * watch * TaskTargets.SecondsScale).exp() - 1;
        return learned + (watch * (seconds - learned));
    }
}
