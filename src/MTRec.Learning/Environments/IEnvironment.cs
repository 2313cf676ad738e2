using static TorchSharp.torch;

namespace MTRec.Learning.Environments;

/// <summary>
/// Users to learn with and to be tested on: B sessions side by side, one step of all of them a call. The current dispose scope owns every
/// tensor that is returned.
/// </summary>
/// <remarks>
/// Chance depends on the seed, the session's place in the batch and the step alone, never on the actions: two policies that start from one
/// seed meet the same users in the same mood (common random numbers), so that their difference is theirs.
/// </remarks>
public interface IEnvironment : IDisposable
{
    /// <summary>Widths and names.</summary>
    EnvironmentShape Shape { get; }

    /// <summary>Starts sessions.</summary>
    /// <param name="sessions">B, 1 or more.</param>
    /// <param name="seed">Decides who comes and all chance until the next reset.</param>
    /// <returns>The first states.</returns>
    Observation Reset(int sessions, int seed);

    /// <summary>Acts once in every session. Sessions that have ended stay as they are and give nothing.</summary>
    /// <param name="action">
    /// [B, <see cref="EnvironmentShape.ActionWidth"/>]: the final score of every candidate where the environment ranks, else the agent's action.
    /// </param>
    Outcome Advance(Tensor action);
}
