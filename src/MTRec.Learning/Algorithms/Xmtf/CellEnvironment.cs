using MTRec.Learning.Environments;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Xmtf;

/// <summary>An environment whose task scores have gone through the cells: what the outer stage acts on.</summary>
/// <param name="environment">The users; not disposed of here.</param>
/// <param name="cells">h^I.</param>
internal sealed class CellEnvironment(IEnvironment environment, FusionCells cells) : IEnvironment
{
    /// <inheritdoc/>
    public EnvironmentShape Shape => environment.Shape;

    /// <inheritdoc/>
    public Observation Reset(int sessions, int seed) => Through(environment.Reset(sessions, seed));

    /// <inheritdoc/>
    public Outcome Advance(Tensor action)
    {
        var outcome = environment.Advance(action);
        return outcome with { Next = Through(outcome.Next) };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private Observation Through(Observation observation)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        return observation with { TaskScores = cells.call(observation.State, observation.TaskScores!).MoveToOuterDisposeScope() };
    }
}
