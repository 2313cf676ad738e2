namespace MTRec.Trainer.Replay;

/// <summary>
/// Finds the upstream model's score of a task in an explained answer. The answer holds no task scores, but each fusion formula's
/// part of a task is its parameter times a rising function of the score, so that the quotient orders as the score does, over all
/// requests, whatever the policy's weight, unless that is zero.
/// </summary>
internal static class UpstreamScore
{
    // Below this the quotient is rounding.
    private const double SmallestWeight = 1e-6;

    /// <summary>A number that rises with the task's score, or null where the answer does not tell it.</summary>
    public static double? Of(string task, Explanation? explanation)
    {
        if (explanation is null || !explanation.Contributions.TryGetValue(task, out var part))
            return null;
        if (Parameter("weight") is { } weight)
            return part / weight;
        if (Parameter("alpha") is { } alpha)
            return part / alpha;

        // The power-product's bias may differ from request to request: p log(o + b) -> o.
        if (Parameter("power") is { } power && explanation.Action.TryGetValue($"{task}.bias", out var bias))
            return Math.Exp(part / power) - bias;
        return null;

        double? Parameter(string name) =>
            explanation.Action.TryGetValue($"{task}.{name}", out var value) && Math.Abs(value) >= SmallestWeight ? value : null;
    }
}
