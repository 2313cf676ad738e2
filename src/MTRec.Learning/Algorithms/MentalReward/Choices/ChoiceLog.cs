using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MentalReward.Choices;

/// <summary>Choices of users between skip and a positive response, one row a choice. Rows of a session follow each other.</summary>
public sealed record ChoiceLog : IDisposable
{
    /// <summary>s: what the user has done and what is shown [N, S].</summary>
    public required Tensor State { get; init; }

    /// <summary>a: 0 for skip, 1 for positive [N] int64.</summary>
    public required Tensor Action { get; init; }

    /// <summary>The row of s', -1 where the session ended [N] int64.</summary>
    public required Tensor Next { get; init; }

    /// <summary>What the environment's users know and a log does not [N], by name; for evaluation alone.</summary>
    public required IReadOnlyDictionary<string, float[]> Hidden { get; init; }

    /// <summary>N.</summary>
    public long Count => State.shape[0];

    /// <inheritdoc/>
    public void Dispose()
    {
        State.Dispose();
        Action.Dispose();
        Next.Dispose();
    }
}
