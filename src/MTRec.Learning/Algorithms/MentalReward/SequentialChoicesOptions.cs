using MTRec.Core.Sessions;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>Hyper-parameters of <see cref="SequentialChoices"/>.</summary>
public sealed record SequentialChoicesOptions
{
    /// <summary>Open: a click.</summary>
    public static ChoiceStage Open { get; } = new("open", new PositiveResponse(UserActions.Click));

    /// <summary>Stay: more than 3 seconds, more than 10 seconds, the whole item.</summary>
    public static IReadOnlyList<ChoiceStage> Stay { get; } =
    [
        new("stay3", new PositiveResponse(UserActions.None, 3)),
        new("stay10", new PositiveResponse(UserActions.LongView, 10)),
        new("finish", new PositiveResponse(UserActions.None, WatchShare: 1)),
    ];

    /// <summary>React: a reaction that tells liking.</summary>
    public static ChoiceStage React { get; } = new(
        "react", new PositiveResponse(UserActions.Like | UserActions.Follow | UserActions.Comment | UserActions.Forward | UserActions.ProfileEnter));

    /// <summary>The choices in order, 1 or more. A response to a later choice implies the earlier ones.</summary>
    public IReadOnlyList<ChoiceStage> Stages { get; init; } = [Open, .. Stay, React];

    /// <summary>The objective of every choice; <see cref="QrIqlOptions.Positive"/> is not used. Within an impression nothing is discounted.</summary>
    public QrIqlOptions Q { get; init; } = QrIqlOptions.IqLearn with { AnchorSkip = true };
}

/// <summary>One choice within an impression.</summary>
/// <param name="Name">Its name, such as <c>open</c>.</param>
/// <param name="Taken">What shows that the user chose to go on; anything else is to decline.</param>
public sealed record ChoiceStage(string Name, PositiveResponse Taken);
