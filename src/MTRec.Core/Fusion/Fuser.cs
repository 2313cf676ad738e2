namespace MTRec.Core.Fusion;

/// <summary>
/// The fusion formulas as plain arithmetic: the reference that the graphs are checked against, and the fallback where no graph
/// can run. Task scores are normalised to [0, 1] beforehand (<see cref="Tasks.TaskDefinition.Normalise"/>).
/// </summary>
public static class Fuser
{
    /// <summary>Arguments of a logarithm are kept at or above this, so that o + b stays positive.</summary>
    public const float Floor = 1e-6f;

    /// <summary>The formulas that need nothing but the task scores and an action.</summary>
    public static IReadOnlyList<FusionFormula> OfScores { get; } = [FusionFormula.WeightedSum, FusionFormula.LogSum, FusionFormula.PowerProduct];

    /// <summary>Names of the action's dimensions for <paramref name="tasks"/>, such as <c>click.power</c>.</summary>
    public static IReadOnlyList<string> ActionNames(FusionFormula formula, IReadOnlyList<string> tasks) => formula switch
    {
        FusionFormula.WeightedSum => [.. tasks.Select(task => $"{task}.weight")],
        FusionFormula.LogSum => [.. tasks.Select(task => $"{task}.alpha")],
        FusionFormula.PowerProduct => [.. tasks.Select(task => $"{task}.power"), .. tasks.Select(task => $"{task}.bias")],
        FusionFormula.Cells => [.. tasks.Select(task => $"{task}.curvature")],
        _ => throw new ArgumentOutOfRangeException(nameof(formula)),
    };

    /// <summary>Fuses one candidate.</summary>
    /// <param name="formula">The formula.</param>
    /// <param name="scores">Normalised task scores [K], each in [0, 1]; of <see cref="FusionFormula.Cells"/> the cells' outputs.</param>
    /// <param name="action">The action in real units, laid out as <see cref="ActionNames"/>.</param>
    /// <param name="priors">The constant betas [K] of <see cref="FusionFormula.LogSum"/>; not read otherwise.</param>
    /// <param name="contributions">Receives each task's part [K].</param>
    /// <returns>f, the sum of the contributions.</returns>
    /// <exception cref="ArgumentException">The spans' lengths do not fit each other.</exception>
    public static float Fuse(
        FusionFormula formula,
        ReadOnlySpan<float> scores,
        ReadOnlySpan<float> action,
        ReadOnlySpan<float> priors,
        Span<float> contributions)
    {
        var tasks = scores.Length;
        if (action.Length != (formula == FusionFormula.PowerProduct ? 2 * tasks : tasks) || contributions.Length != tasks)
            throw new ArgumentException($"{tasks} task scores do not fit an action of {action.Length} numbers.", nameof(action));
        if (formula == FusionFormula.LogSum && priors.Length != tasks)
            throw new ArgumentException($"{tasks} task scores need as many priors, not {priors.Length}.", nameof(priors));

        var sum = 0f;
        for (var k = 0; k < tasks; k++)
        {
            contributions[k] = formula switch
            {
                FusionFormula.WeightedSum => action[k] * scores[k],
                FusionFormula.LogSum => action[k] * MathF.Log(Math.Max(scores[k] + priors[k], Floor)),
                FusionFormula.PowerProduct => action[k] * MathF.Log(Math.Max(scores[k] + action[tasks + k], Floor)),
                FusionFormula.Cells => scores[k] * (1 + (action[k] * scores[k])),
                _ => throw new ArgumentOutOfRangeException(nameof(formula)),
            };
            sum += contributions[k];
        }

        return sum;
    }
}
