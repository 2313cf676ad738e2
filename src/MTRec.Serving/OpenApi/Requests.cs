using System.ComponentModel.DataAnnotations;

namespace MTRec.Serving.OpenApi;

/// <summary>A rank call: its candidates as rows (<c>candidates</c>) or, faster, as <c>columns</c>; exactly one of them.</summary>
/// <param name="UserId">The user, 1 to 256 characters.</param>
/// <param name="RequestId">The request's id, 1 to 256 characters; a new one where it is left out.</param>
/// <param name="Timestamp">The moment of the request, ISO 8601; now where it is left out.</param>
/// <param name="Context">Context features by name: numbers, or names of categories.</param>
/// <param name="UserFeatures">User features by name: numbers, or names of categories.</param>
/// <param name="Tasks">The order of the candidates' scores; the bundle's order where it is left out. Tasks that are not named get their default.</param>
/// <param name="Candidates">The candidates as rows.</param>
/// <param name="Columns">The candidates as columns.</param>
/// <param name="Limit">Items to answer at most; all where it is left out.</param>
/// <param name="Explain">Whether the answer explains each fusion score.</param>
/// <param name="Strict">Whether names that are not known are errors.</param>
public sealed record RankRequest(
    [property: Required, MinLength(1), MaxLength(256)] string UserId,
    [property: MinLength(1), MaxLength(256)] string? RequestId = null,
    DateTimeOffset? Timestamp = null,
    IReadOnlyDictionary<string, object>? Context = null,
    IReadOnlyDictionary<string, object>? UserFeatures = null,
    IReadOnlyList<string>? Tasks = null,
    IReadOnlyList<RankRequestCandidate>? Candidates = null,
    RankRequestColumns? Columns = null,
    [property: Range(1, int.MaxValue)] int? Limit = null,
    bool Explain = false,
    bool Strict = false);

/// <summary>One candidate.</summary>
/// <param name="ItemId">The item, 1 to 256 characters, once a request.</param>
/// <param name="Scores">One score a task; left out for all candidates where the bundle predicts them.</param>
/// <param name="Features">Item features by name, over what the item table knows.</param>
public sealed record RankRequestCandidate(
    [property: Required, MinLength(1), MaxLength(256)] string ItemId,
    IReadOnlyList<double>? Scores = null,
    IReadOnlyDictionary<string, object>? Features = null);

/// <summary>All candidates, one array a property; all arrays have one value a candidate.</summary>
/// <param name="ItemIds">The items, each once.</param>
/// <param name="Scores">One array a task.</param>
/// <param name="Features">One array a feature; null where nothing is known.</param>
public sealed record RankRequestColumns(
    [property: Required, MinLength(1)] IReadOnlyList<string> ItemIds,
    IReadOnlyDictionary<string, IReadOnlyList<double>>? Scores = null,
    IReadOnlyDictionary<string, IReadOnlyList<object?>>? Features = null);

/// <summary>What users did with shown items.</summary>
/// <param name="Events">The events. Those of one user are best sent in one order.</param>
public sealed record FeedbackRequest([property: Required, MinLength(1)] IReadOnlyList<FeedbackRequestEvent> Events);

/// <summary>A user's response to one shown item.</summary>
/// <param name="EventId">Identifies the event: sent again, it counts once.</param>
/// <param name="UserId">The user.</param>
/// <param name="ItemId">The item.</param>
/// <param name="RequestId">The rank call that showed it, where known.</param>
/// <param name="Timestamp">When it was shown, ISO 8601; now where it is left out.</param>
/// <param name="Actions">Actions by name, each 0 or 1: click, longView, like, follow, comment, forward, profileEnter, favorite, purchase, hate, report.</param>
/// <param name="WatchSeconds">Seconds watched, 0 to 86400.</param>
public sealed record FeedbackRequestEvent(
    [property: Required, MinLength(1), MaxLength(256)] string EventId,
    [property: Required, MinLength(1), MaxLength(256)] string UserId,
    [property: Required, MinLength(1), MaxLength(256)] string ItemId,
    string? RequestId = null,
    DateTimeOffset? Timestamp = null,
    IReadOnlyDictionary<string, int>? Actions = null,
    [property: Range(0, 86_400)] double? WatchSeconds = null);

/// <summary>Features of items, put all or none.</summary>
/// <param name="Items">The items, each once.</param>
/// <param name="Strict">Whether features that are not known are errors.</param>
public sealed record PutItemsRequest([property: Required, MinLength(1)] IReadOnlyList<PutItemsRequestItem> Items, bool Strict = false);

/// <summary>One item.</summary>
/// <param name="ItemId">The item, 1 to 256 characters.</param>
/// <param name="Features">Its features by name: numbers, or names of categories. Those not named stay as they were.</param>
public sealed record PutItemsRequestItem(
    [property: Required, MinLength(1), MaxLength(256)] string ItemId,
    [property: Required] IReadOnlyDictionary<string, object> Features);

/// <summary>What went wrong (RFC 9457).</summary>
/// <param name="Type">Kind of problem.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Detail">What went wrong this time.</param>
/// <param name="Errors">The faulty members: messages by JSON path.</param>
public sealed record ProblemAnswer(
    string Type, string Title, int Status, string Detail, IReadOnlyDictionary<string, IReadOnlyList<string>>? Errors = null);
