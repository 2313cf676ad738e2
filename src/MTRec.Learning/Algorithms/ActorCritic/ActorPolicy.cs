using MTRec.Export;
using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.ActorCritic;

/// <summary>A deterministic actor: one action a request, tanh of a network over the user state.</summary>
/// <param name="algorithm">What learned it.</param>
/// <param name="actions">The formula.</param>
/// <param name="network">[B, S] -> [B, at least A]; the first A columns are the action before tanh. The policy owns it.</param>
public sealed class ActorPolicy(string algorithm, FusionActions actions, Mlp network) : IExportablePolicy
{
    /// <inheritdoc/>
    public string Algorithm { get; } = algorithm;

    /// <inheritdoc/>
    public FusionActions Actions { get; } = actions;

    /// <inheritdoc/>
    public bool PerCandidate => false;

    /// <summary>The actor's network.</summary>
    public Mlp Network { get; } = network;

    /// <summary>[B, S] -> [B, A].</summary>
    public Tensor Act(Tensor state) => Network.call(state).narrow(-1, 0, Actions.Width).tanh();

    /// <inheritdoc/>
    public Tensor Act(Observation observation) => Act(observation.State).unsqueeze(1);

    /// <inheritdoc/>
    public Tensor Score(Observation observation) => Actions.Fuse(Act(observation), observation.TaskScores!);

    /// <inheritdoc/>
    public OnnxValue Export(OnnxGraph graph, OnnxValue state, OnnxValue? items, OnnxValue scores) =>
        graph.Tanh(graph.Slice(Network.Export(graph, "actor", state), 1, 0, Actions.Width));

    /// <summary>The same policy with weights of its own.</summary>
    public ActorPolicy Copy()
    {
        var network = new Mlp(Network.Inputs, Network.Hidden, Network.Outputs);
        network.Follow(Network, 1);
        return new ActorPolicy(Algorithm, Actions, network);
    }

    /// <inheritdoc/>
    public void Dispose() => Network.Dispose();
}
