namespace MTRec.Learning.Examples;

/// <summary>What is known of a user beside the log itself. A caller may know all, or no more than the log's own rows.</summary>
/// <param name="WithProfile">Whether the user's features are known; else they are the defaults.</param>
/// <param name="WithEarlier">Whether the impressions from before the log are known.</param>
public readonly record struct ExampleView(bool WithProfile, bool WithEarlier)
{
    /// <summary>Nothing but the log's own earlier rows.</summary>
    public static ExampleView Cold { get; } = new(false, false);

    /// <summary>Everything.</summary>
    public static ExampleView Warm { get; } = new(true, true);
}
