using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>
/// What a policy did and what followed, one row a step, as tensors: what all offline learners of fusion learn from. J is 1 where the request
/// had one action, L where every shown item had its own. Rows of a session follow each other.
/// </summary>
public sealed record FusionLog : IDisposable
{
    /// <summary>[N, S].</summary>
    public required Tensor State { get; init; }

    /// <summary>Features of the shown items [N, L, F].</summary>
    public required Tensor Items { get; init; }

    /// <summary>Task scores of the shown items [N, L, K], normalised to [0, 1].</summary>
    public required Tensor TaskScores { get; init; }

    /// <summary>The drawn action [N, J, A], each dimension in [-1, 1].</summary>
    public required Tensor Action { get; init; }

    /// <summary>The action of the policy that was explored around [N, J, A].</summary>
    public required Tensor Baseline { get; init; }

    /// <summary>Logarithm of the density with which <see cref="Action"/> was drawn [N, J]; NaN where it was not drawn.</summary>
    public required Tensor LogDensity { get; init; }

    /// <summary>[N, R]: sums over the list.</summary>
    public required Tensor Rewards { get; init; }

    /// <summary>[N, L, R].</summary>
    public required Tensor ItemRewards { get; init; }

    /// <summary>[N, L, responses], columns as <see cref="Environments.EnvironmentShape.Responses"/>.</summary>
    public required Tensor Responses { get; init; }

    /// <summary>[N] int64: the row of the same session's next step, -1 where the session ended.</summary>
    public required Tensor Next { get; init; }

    /// <summary>[N] int64: the session's number.</summary>
    public required Tensor Session { get; init; }

    /// <summary>[N] int64: the step within the session, from 0.</summary>
    public required Tensor Step { get; init; }

    /// <summary>Lowest deviation from <see cref="Baseline"/> that was explored, per dimension [A], at most 0.</summary>
    public required Tensor LowerBound { get; init; }

    /// <summary>Highest deviation likewise [A], at least 0.</summary>
    public required Tensor UpperBound { get; init; }

    /// <summary>N.</summary>
    public long Count => State.shape[0];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { State, Items, TaskScores, Action, Baseline, LogDensity, Rewards, ItemRewards, Responses, Next, Session, Step, LowerBound, UpperBound })
            tensor.Dispose();
    }
}
