using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.ActorCritic;

/// <summary>What the updates of all actor-critic learners share.</summary>
internal static class Updates
{
    /// <summary>One step downhill.</summary>
    public static void Minimise(this optim.Optimizer optimizer, Tensor loss)
    {
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}
