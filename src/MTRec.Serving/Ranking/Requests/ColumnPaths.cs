namespace MTRec.Serving.Ranking.Requests;

/// <summary>Where faults of columns stand, in either form of a request.</summary>
internal static class ColumnPaths
{
    /// <summary>All columns.</summary>
    public const string All = "$.columns";

    /// <summary>The ids.</summary>
    public const string ItemIds = "$.columns.itemIds";

    /// <summary>One column a task.</summary>
    public const string Scores = "$.columns.scores";

    /// <summary>One column a feature.</summary>
    public const string Features = "$.columns.features";
}
