using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>Where an actor begins: near the baseline, so that its first steps are inside the explored bounds (ours).</summary>
internal static class ActorStart
{
    private const double Farthest = 0.95;
    private const double Smallness = 0.01;

    /// <summary>Sets the last layer before tanh.</summary>
    /// <param name="weight">Its weights, of any shape.</param>
    /// <param name="bias">Its biases, of as many elements as the action.</param>
    /// <param name="action">[A], each dimension in [-1, 1].</param>
    public static void At(Tensor weight, Tensor bias, Tensor action)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        weight.mul_(Smallness);
        var kept = action.clamp(-Farthest, Farthest);
        bias.copy_((((1 + kept) / (1 - kept)).log() * 0.5).reshape(bias.shape));
    }
}
