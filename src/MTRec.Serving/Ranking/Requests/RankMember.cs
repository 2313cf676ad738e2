namespace MTRec.Serving.Ranking.Requests;

/// <summary>The members of a rank request in JSON, in the order of <see cref="RankMembers.Names"/>.</summary>
internal enum RankMember
{
    RequestId,
    UserId,
    Timestamp,
    Context,
    UserFeatures,
    Tasks,
    Candidates,
    Columns,
    Limit,
    Explain,
    Strict,

    /// <summary>None that is known.</summary>
    Other,
}

/// <summary>Names of a rank request's members in JSON.</summary>
internal static class RankMembers
{
    /// <summary>The names in UTF-8; a name's place is its <see cref="RankMember"/>.</summary>
    public static readonly byte[][] Names =
    [
        "requestId"u8.ToArray(), "userId"u8.ToArray(), "timestamp"u8.ToArray(), "context"u8.ToArray(), "userFeatures"u8.ToArray(),
        "tasks"u8.ToArray(), "candidates"u8.ToArray(), "columns"u8.ToArray(), "limit"u8.ToArray(), "explain"u8.ToArray(), "strict"u8.ToArray(),
    ];
}
