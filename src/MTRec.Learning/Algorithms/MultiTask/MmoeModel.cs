using MTRec.Core.Bundles;
using MTRec.Export;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MultiTask;

/// <summary>The upstream model: a <see cref="Backbone"/> and an <see cref="Mmoe"/>; examples to logits [B, K].</summary>
public sealed class MmoeModel : nn.Module<FeatureBatch, Tensor>
{
    private readonly IReadOnlyList<BehaviourTask> _tasks;
    private readonly Backbone _backbone;
    private readonly Mmoe _experts;

    /// <summary>Makes a model.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="means">Mean of each task's targets on the training log [K].</param>
    /// <param name="backbone">State and candidates.</param>
    /// <param name="options">Sizes.</param>
    public MmoeModel(IReadOnlyList<BehaviourTask> tasks, IReadOnlyList<float> means, Backbone backbone, MmoeOptions options)
        : base(nameof(MmoeModel))
    {
        _tasks = tasks;
        _backbone = backbone;
        _experts = new Mmoe(backbone.UserWidth, backbone.ItemWidth, [.. means.Select(mean => MathF.Log(mean / (1 - mean)))], options);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(FeatureBatch input) => _experts.call(_backbone.call(input));

    /// <summary>The graph of <see cref="BundleLayout.TaskScores"/>: scores [N, K] in the tasks' units.</summary>
    public OnnxGraph Export()
    {
        var graph = new OnnxGraph("task-scores");
        var (user, item) = _backbone.Export(graph, "backbone");
        var learned = graph.Sigmoid(_experts.Export(graph, "mmoe", user, item));

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
