namespace MTRec.Serving.Access;

/// <summary>What a caller may do. Scopes do not include one another.</summary>
internal enum Scope
{
    /// <summary>Rank, and read what ranking goes by: items, bundles, experiments.</summary>
    Rank,

    /// <summary>Send data: feedback and features of items.</summary>
    Feedback,

    /// <summary>Read the metrics.</summary>
    Metrics,

    /// <summary>Run the service: see and forget users, change bundles, read reports, force variants.</summary>
    Admin,
}
