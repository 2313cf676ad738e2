namespace MTRec.Core.Tasks;

/// <summary>One task whose score the ranker fuses.</summary>
/// <param name="Name">Its name on the wire, such as <c>click</c>.</param>
/// <param name="Min">Lowest allowed score, in the task's own unit.</param>
/// <param name="Max">Highest allowed score; above <paramref name="Min"/>.</param>
/// <param name="Default">The score of a candidate that comes without one: the mean on the training log, so that it moves no order.</param>
/// <param name="Unit"><c>probability</c> or <c>seconds</c>.</param>
public sealed record TaskDefinition(string Name, float Min, float Max, float Default, string Unit)
{
    /// <summary>Whether a score is within the task's range; NaN is not.</summary>
    public bool Allows(float score) => score >= Min && score <= Max;

    /// <summary>The score on [0, 1], as the fusion formulas take it: (score - min) / (max - min), clipped.</summary>
    public float Normalise(float score) => (Math.Clamp(score, Min, Max) - Min) / (Max - Min);
}
