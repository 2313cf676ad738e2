using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Trainer.Reproduction.OffPolicy;

/// <summary>An action that leans with the state: tanh(atanh(centre) + strength * W s / sqrt(S)), W drawn from N(0, 1); to have policies to tell apart.</summary>
internal sealed class LinearPolicy : IActionPolicy
{
    private readonly Tensor _centre;
    private readonly Tensor _weights;

    /// <summary>Draws a policy.</summary>
    /// <param name="actions">The formula.</param>
    /// <param name="centre">Where it leans from [A], each dimension in [-1, 1].</param>
    /// <param name="stateWidth">S.</param>
    /// <param name="strength">How far it leans.</param>
    /// <param name="seed">Seed of W.</param>
    public LinearPolicy(FusionActions actions, IReadOnlyList<float> centre, int stateWidth, double strength, int seed)
    {
        Actions = actions;
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        _centre = tensor([.. centre.Select(value => MathF.Atanh(Math.Clamp(value, -0.99f, 0.99f)))]).DetachFromDisposeScope();
        _weights = (randn(stateWidth, actions.Width, generator: generator) * (strength / Math.Sqrt(stateWidth))).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public string Algorithm => "linear";

    /// <inheritdoc/>
    public FusionActions Actions { get; }

    /// <inheritdoc/>
    public bool PerCandidate => false;

    /// <inheritdoc/>
    public Tensor Act(Observation observation) => (_centre + observation.State.matmul(_weights)).tanh().unsqueeze(1);

    /// <inheritdoc/>
    public Tensor Score(Observation observation) => Actions.Fuse(Act(observation), observation.TaskScores!);

    /// <inheritdoc/>
    public void Dispose()
    {
        _centre.Dispose();
        _weights.Dispose();
    }
}
