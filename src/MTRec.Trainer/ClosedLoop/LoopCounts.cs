using System.Text.Json.Serialization;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>
/// What was asked and what came of it. Each call counts once however often it was made again:
/// <c>rankCalls = rankAnswered + rankFailed</c>, <c>feedbackSent = accepted + duplicates + rejected + lost</c>.
/// </summary>
[JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
internal sealed class LoopCounts
{
    /// <summary>The counts' file in the folder of results.</summary>
    public const string FileName = "counts.json";

    /// <summary>Rank calls.</summary>
    public long RankCalls { get; set; }

    /// <summary>Those with an answer: each is one exposure, shown to the user.</summary>
    public long RankAnswered { get; set; }

    /// <summary>Of them, those that were made without some part.</summary>
    public long RankDegraded { get; set; }

    /// <summary>Of them, those that explored.</summary>
    public long RankExploring { get; set; }

    /// <summary>Rank calls without an answer: the user saw nothing and left.</summary>
    public long RankFailed { get; set; }

    /// <summary>Feedback events, one a shown item.</summary>
    public long FeedbackSent { get; set; }

    /// <summary>Those that the service took.</summary>
    public long FeedbackAccepted { get; set; }

    /// <summary>Those that it had taken before: where the answer to an earlier try was lost.</summary>
    public long FeedbackDuplicates { get; set; }

    /// <summary>Those that it refused.</summary>
    public long FeedbackRejected { get; set; }

    /// <summary>Those without an answer: it may have taken them.</summary>
    public long FeedbackLost { get; set; }

    /// <summary>Calls of both kinds that were made again.</summary>
    public long Retries { get; set; }

    /// <summary>Exposures by variant.</summary>
    public SortedDictionary<string, long> ExposuresByVariant { get; } = new(StringComparer.Ordinal);

    /// <summary>Exposures by bundle, as name/version.</summary>
    public SortedDictionary<string, long> ExposuresByBundle { get; } = new(StringComparer.Ordinal);

    /// <summary>Degraded answers by the part that was missing.</summary>
    public SortedDictionary<string, long> Degraded { get; } = new(StringComparer.Ordinal);

    /// <summary>Calls and events that failed, by reason.</summary>
    public SortedDictionary<string, long> Failures { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether every call and every event is accounted for.</summary>
    public bool AddUp =>
        RankCalls == RankAnswered + RankFailed
        && RankAnswered == ExposuresByVariant.Values.Sum()
        && FeedbackSent == FeedbackAccepted + FeedbackDuplicates + FeedbackRejected + FeedbackLost;

    /// <summary>Adds one.</summary>
    public static void Add(SortedDictionary<string, long> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;
}
