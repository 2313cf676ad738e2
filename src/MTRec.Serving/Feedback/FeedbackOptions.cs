using MTRec.Serving.Operations;

namespace MTRec.Serving.Feedback;

/// <summary>Limits of a feedback call: section <c>Feedback</c>.</summary>
internal sealed class FeedbackOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Feedback";

    /// <summary>Events of one call at most, 1 to 10,000. Default 1,000.</summary>
    public int MaxEvents { get; set; } = 1000;

    /// <summary>Longest body in bytes, 1,024 to 67,108,864 (64 MiB). Default 4,194,304 (4 MiB).</summary>
    public int MaxBodyBytes { get; set; } = 4 << 20;

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (MaxEvents is < 1 or > 10_000)
            yield return $"MaxEvents must be in [1, 10000], not {MaxEvents}.";
        if (MaxBodyBytes is < 1024 or > 64 << 20)
            yield return $"MaxBodyBytes must be in [1024, {64 << 20}], not {MaxBodyBytes}.";
    }
}
