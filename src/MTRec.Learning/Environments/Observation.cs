using static TorchSharp.torch;

namespace MTRec.Learning.Environments;

/// <summary>What an agent sees before it acts.</summary>
/// <param name="State">[B, S], normalised to about [-5, 5].</param>
/// <param name="Active">[B]: 1 where the session goes on.</param>
/// <param name="TaskScores">[B, n, K], normalised to [0, 1]; null where the environment does not rank.</param>
/// <param name="Candidates">[B, n, F], normalised; null where the environment does not rank.</param>
public sealed record Observation(Tensor State, Tensor Active, Tensor? TaskScores = null, Tensor? Candidates = null);

/// <summary>What followed an action.</summary>
/// <param name="Next">The next states; of ended sessions the last one.</param>
/// <param name="Rewards">[B, R]: sums over the list; 0 for sessions that had ended before.</param>
/// <param name="Ended">[B]: 1 where this step was the session's last.</param>
public sealed record Outcome(Observation Next, Tensor Rewards, Tensor Ended)
{
    /// <summary>[B, L] int64: places of the shown candidates, best first; null where the environment does not rank.</summary>
    public Tensor? Shown { get; init; }

    /// <summary>[B, L, R]: rewards of each shown item.</summary>
    public Tensor? ItemRewards { get; init; }

    /// <summary>[B, L, responses]: what the user did with each shown item, columns as <see cref="EnvironmentShape.Responses"/>.</summary>
    public Tensor? Responses { get; init; }
}
