using MTRec.Export;
using MTRec.Learning.Environments;
using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>One action for all requests: fixed weights, and where the collecting of logs begins.</summary>
public sealed class ConstantPolicy : IExportablePolicy
{
    private readonly Tensor _action;

    /// <summary>Makes a policy.</summary>
    /// <param name="algorithm">What chose the action, such as <c>fixed</c>.</param>
    /// <param name="actions">The formula.</param>
    /// <param name="action">The action [A], each dimension in [-1, 1].</param>
    /// <exception cref="ArgumentException">The action does not fit the formula.</exception>
    public ConstantPolicy(string algorithm, FusionActions actions, IReadOnlyList<float> action)
    {
        if (action.Count != actions.Width)
            throw new ArgumentException($"The action has {actions.Width} dimensions, not {action.Count}.", nameof(action));
        Algorithm = algorithm;
        Actions = actions;
        Action = action;
        _action = tensor([.. action], [1, 1, action.Count]).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public string Algorithm { get; }

    /// <inheritdoc/>
    public FusionActions Actions { get; }

    /// <inheritdoc/>
    public bool PerCandidate => false;

    /// <summary>The action [A], each dimension in [-1, 1].</summary>
    public IReadOnlyList<float> Action { get; }

    /// <inheritdoc/>
    public Tensor Act(Observation observation) => _action.expand(observation.State.shape[0], -1, -1);

    /// <inheritdoc/>
    public Tensor Score(Observation observation) => Actions.Fuse(Act(observation), observation.TaskScores!);

    /// <inheritdoc/>
    public OnnxValue Export(OnnxGraph graph, OnnxValue state, OnnxValue? items, OnnxValue scores) =>
        graph.Initializer("constantAction", [.. Action], 1, Action.Count);

    /// <inheritdoc/>
    public void Dispose() => _action.Dispose();
}
