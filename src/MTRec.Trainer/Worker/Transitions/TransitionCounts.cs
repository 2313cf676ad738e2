using System.Globalization;
using MTRec.Trainer.Worker.State;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>Why an exposure of the window is not learned from.</summary>
internal enum DropReason
{
    /// <summary>The disk damaged its line.</summary>
    Damaged,

    /// <summary>Its request was there before.</summary>
    Duplicate,

    /// <summary>Its bundle is not in the registry, or has other tasks, features or another formula or range of the action than the one that is learned for.</summary>
    OtherBundle,

    /// <summary>The policy did not rank: the fallback did, or a variant's fixed weights.</summary>
    NoPolicy,

    /// <summary>Its numbers have not the sizes that its bundle says, or it has one action a candidate where one a request is learned from.</summary>
    OtherShape,

    /// <summary>The answer had fewer items than a list, or no candidate was left that it did not show.</summary>
    ShortList,

    /// <summary>Its session may go on, or responses may still come: the next cycle has it.</summary>
    Waiting,
}

/// <summary>What became of the exposures and the responses. Each is counted once.</summary>
internal sealed class TransitionCounts
{
    /// <summary>Reason of an exposure that stands in the log twice.</summary>
    public const string Duplicate = "duplicate";

    /// <summary>Reason of an exposure whose line the disk damaged.</summary>
    public const string Damaged = "damaged";

    /// <summary>Reason of an event that is older than the window.</summary>
    public const string OutOfWindow = "out of the window";

    /// <summary>Reason of an event whose user is deleted.</summary>
    public const string Forgotten = "forgotten";

    /// <summary>Reason of an event that the disk has lost.</summary>
    public const string Lost = "lost";

    private readonly long[] _dropped = new long[Enum.GetValues<DropReason>().Length];

    /// <summary>What came in since the state began, and what of it is not in the window.</summary>
    public IntakeCounts Intake { get; set; } = new();

    /// <summary>Exposures in the window.</summary>
    public long Exposures { get; set; }

    /// <summary>Exposures learned from: rows.</summary>
    public long Learned { get; set; }

    /// <summary>Of them, those whose action was drawn.</summary>
    public long Explored { get; set; }

    /// <summary>Responses in the window.</summary>
    public long Feedback { get; set; }

    /// <summary>Responses that stood there before, or that the disk damaged.</summary>
    public long FeedbackDropped { get; set; }

    /// <summary>Responses joined to a shown item that is learned from.</summary>
    public long Joined { get; set; }

    /// <summary>Responses that came too late.</summary>
    public long Late { get; set; }

    /// <summary>Responses to an exposure that is not learned from, or to an item below the list.</summary>
    public long NotLearned { get; set; }

    /// <summary>Responses that name no exposure of the window.</summary>
    public long Unmatched { get; set; }

    /// <summary>Exposures whose state was compared with what the service saw.</summary>
    public long Compared { get; set; }

    /// <summary>Of them, those whose state was another.</summary>
    public long Skewed { get; set; }

    /// <summary>Exposures dropped for a reason.</summary>
    public long Dropped(DropReason reason) => _dropped[(int)reason];

    /// <summary>Counts events that are in the window's files, though their users are forgotten.</summary>
    public void Forget(EventCounts events)
    {
        Exposures -= events.Exposures;
        Feedback -= events.Feedback;
        Intake = Intake with { Forgotten = Intake.Forgotten + events };
    }

    /// <summary>Drops exposures.</summary>
    public void Drop(DropReason reason, long exposures = 1) => _dropped[(int)reason] += exposures;

    /// <summary>Proves that every event was counted once.</summary>
    /// <exception cref="InvalidOperationException">One was not: a fault of ours.</exception>
    public void Check()
    {
        if (Intake.Received != Intake.OutOfWindow + Intake.Forgotten + Intake.Lost + new EventCounts(Exposures, Feedback))
            throw new InvalidOperationException($"What came in does not add up: {Intake}; {this}");
        if (Exposures != Learned + _dropped.Sum())
            throw new InvalidOperationException($"The exposures do not add up: {this}");
        if (Feedback != FeedbackDropped + Joined + Late + NotLearned + Unmatched)
            throw new InvalidOperationException($"The responses do not add up: {this}");
    }

    /// <summary>The same for another program to read.</summary>
    public CountsFile ToFile() => new(
        Intake.Entries,
        Intake.Damaged,
        Intake.Missed,
        new EventFates(Intake.Received.Exposures, Learned, new SortedDictionary<string, long>(
            Enum.GetValues<DropReason>().ToDictionary(Name, Dropped), StringComparer.Ordinal)
        {
            [OutOfWindow] = Intake.OutOfWindow.Exposures,
            [Forgotten] = Intake.Forgotten.Exposures,
            [Lost] = Intake.Lost.Exposures,
        }),
        new EventFates(Intake.Received.Feedback, Joined, new SortedDictionary<string, long>(StringComparer.Ordinal)
        {
            ["late"] = Late,
            ["of exposures not learned from"] = NotLearned,
            ["of no exposure"] = Unmatched,
            ["duplicate or damaged"] = FeedbackDropped,
            [OutOfWindow] = Intake.OutOfWindow.Feedback,
            [Forgotten] = Intake.Forgotten.Feedback,
            [Lost] = Intake.Lost.Feedback,
        }));

    /// <inheritdoc/>
    public override string ToString()
    {
        var dropped = string.Concat(Enum.GetValues<DropReason>().Select(reason => string.Create(CultureInfo.InvariantCulture, $" + {Name(reason)} {Dropped(reason)}")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            exposures received {Intake.Received.Exposures} = learned from {Learned} (explored {Explored}){dropped} + out of the window {Intake.OutOfWindow.Exposures} + forgotten {Intake.Forgotten.Exposures} + lost {Intake.Lost.Exposures}
            feedback received {Intake.Received.Feedback} = joined {Joined} + late {Late} + of exposures not learned from {NotLearned} + of no exposure {Unmatched} + duplicate or damaged {FeedbackDropped} + out of the window {Intake.OutOfWindow.Feedback} + forgotten {Intake.Forgotten.Feedback} + lost {Intake.Lost.Feedback}
            states compared with what the service saw {Compared}, another {Skewed}
            """);
    }

    private static string Name(DropReason reason) => reason switch
    {
        DropReason.Damaged => Damaged,
        DropReason.Duplicate => Duplicate,
        DropReason.OtherBundle => "other bundle",
        DropReason.NoPolicy => "not by the policy",
        DropReason.OtherShape => "other shape",
        DropReason.ShortList => "short list",
        DropReason.Waiting => "waiting",
        _ => throw new InvalidOperationException($"{reason} has no name."),
    };
}
