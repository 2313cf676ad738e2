using MTRec.Serving.Operations;

namespace MTRec.Serving.Experiments.Reports;

/// <summary>How experiments are reported on: section <c>ExperimentReport</c>.</summary>
internal sealed class ReportOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "ExperimentReport";

    /// <summary>
    /// Users kept in memory at most, 1,000 to 10,000,000, each some 500 bytes. Where the log has more, those with the lowest hashes are kept: a
    /// uniform sample whose users are kept whole. Default 200,000.
    /// </summary>
    public int MaxUsers { get; set; } = 200_000;

    /// <summary>
    /// Time that one call reads in the event log, 100 milliseconds to 1 minute. What is left is read by the next call; the answer says how much.
    /// Default 5 seconds.
    /// </summary>
    public TimeSpan ReadingTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (MaxUsers is < 1_000 or > 10_000_000)
            yield return $"MaxUsers must be in [1000, 10000000], not {MaxUsers}.";
        if (ReadingTime < TimeSpan.FromMilliseconds(100) || ReadingTime > TimeSpan.FromMinutes(1))
            yield return $"ReadingTime must be from 100 milliseconds to 1 minute, not {ReadingTime}.";
    }
}
