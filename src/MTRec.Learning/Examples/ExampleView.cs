namespace MTRec.Learning.Examples;

/// <summary>What is known of a user beside the log itself. A caller may know all, or no more than the log's own rows.</summary>
/// <param name="WithProfile">Whether the user's features are known; else they are the defaults.</param>
/// <param name="WithEarlier">Whether the impressions from before the log are known.</param>
/// <param name="AtStart">
/// Whether the state is that of the user's first impression of the log, context included: what a ranker sees that orders all of the user's
/// items at once. Else each example has the state just before it.
/// </param>
public readonly record struct ExampleView(bool WithProfile, bool WithEarlier, bool AtStart = false)
{
    /// <summary>Nothing but the log's own earlier rows.</summary>
    public static ExampleView Cold { get; } = new(false, false);

    /// <summary>Everything.</summary>
    public static ExampleView Warm { get; } = new(true, true);
}
