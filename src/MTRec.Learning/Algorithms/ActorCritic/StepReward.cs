using MTRec.Learning.Environments;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.ActorCritic;

/// <summary>What an online learner takes for the reward of a step [B].</summary>
/// <param name="state">The state acted in [B, S].</param>
/// <param name="action">The action [B, A].</param>
/// <param name="outcome">What followed.</param>
public delegate Tensor StepReward(Tensor state, Tensor action, Outcome outcome);
