namespace MTRec.Learning.Evaluation.OffPolicy;

/// <summary>A log from which an off-policy estimate would be wrong: the message names the field, the row and the reason.</summary>
public sealed class UnusableLogException : ArgumentException
{
    /// <summary>A refusal.</summary>
    /// <param name="field">The field, such as <c>propensity</c>.</param>
    /// <param name="row">The row, from 0.</param>
    /// <param name="reason">What is wrong with it.</param>
    public UnusableLogException(string field, long row, string reason)
        : base($"The log cannot be used: {field} of row {row} {reason}.")
    {
        Field = field;
        Row = row;
    }

    /// <summary>The field.</summary>
    public string Field { get; }

    /// <summary>The row, from 0.</summary>
    public long Row { get; }
}
