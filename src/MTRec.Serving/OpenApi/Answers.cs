namespace MTRec.Serving.OpenApi;

/// <summary>The answer to a rank call.</summary>
/// <param name="RequestId">The request's id; feedback may name it.</param>
/// <param name="UserId">The user.</param>
/// <param name="Bundle">The bundle that ranked.</param>
/// <param name="Variants">The experiments' variants that applied.</param>
/// <param name="Items">The candidates, best first, at most the request's limit.</param>
/// <param name="Exploring">Whether the policy explored around its action.</param>
/// <param name="Degraded">Parts that were missing when the answer was made: sessionStore, taskScores, policy, mentalReward, eventLog; variant where the bundle or the weights of a variant cannot be served.</param>
/// <param name="DefaultedItems">Candidates of which neither the caller nor the item table knows features.</param>
/// <param name="DefaultedTasks">Tasks of the bundle that the request's scores lack; they had one value for all candidates.</param>
public sealed record RankAnswer(
    string RequestId,
    string UserId,
    RankAnswerBundle Bundle,
    IReadOnlyList<RankAnswerVariant> Variants,
    IReadOnlyList<RankAnswerItem> Items,
    bool Exploring,
    IReadOnlyList<string> Degraded,
    int DefaultedItems,
    IReadOnlyList<string> DefaultedTasks);

/// <summary>A bundle.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
public sealed record RankAnswerBundle(string Name, string Version);

/// <summary>A variant of an experiment.</summary>
/// <param name="Experiment">The experiment.</param>
/// <param name="Variant">The variant.</param>
public sealed record RankAnswerVariant(string Experiment, string Variant);

/// <summary>One ranked candidate.</summary>
/// <param name="ItemId">The item.</param>
/// <param name="Rank">Its place, from 1.</param>
/// <param name="Score">The final score; the order falls by it, ties stay in the request's order.</param>
/// <param name="FusionScore">The fused task scores.</param>
/// <param name="MentalReward">The user's expected reward of responding; null where the bundle has none or it failed.</param>
/// <param name="Explanation">Where the request asked for it.</param>
public sealed record RankAnswerItem(
    string ItemId, int Rank, double Score, double FusionScore, RankAnswerReward? MentalReward, RankAnswerExplanation? Explanation = null);

/// <summary>A distribution of the mental reward.</summary>
/// <param name="Mean">Its mean.</param>
/// <param name="P10">Its 0.1 quantile.</param>
/// <param name="P50">Its median.</param>
/// <param name="P90">Its 0.9 quantile.</param>
public sealed record RankAnswerReward(double Mean, double P10, double P50, double P90);

/// <summary>Why a candidate has its fusion score.</summary>
/// <param name="Action">The fusion's parameters in real units.</param>
/// <param name="Contributions">Each task's part; the fusion score is their sum.</param>
public sealed record RankAnswerExplanation(IReadOnlyDictionary<string, double> Action, IReadOnlyDictionary<string, double> Contributions);

/// <summary>The answer to a feedback call.</summary>
/// <param name="Accepted">Events that were applied.</param>
/// <param name="Duplicates">Events that had been applied before.</param>
/// <param name="Rejected">Events that were not taken.</param>
public sealed record FeedbackAnswer(int Accepted, int Duplicates, IReadOnlyList<FeedbackAnswerRejection> Rejected);

/// <summary>One event that was not taken.</summary>
/// <param name="Index">Its place in the call, from 0.</param>
/// <param name="Field">The member that has the fault; empty for the event as a whole.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record FeedbackAnswerRejection(int Index, string Field, string Reason);

/// <summary>What is remembered of a user.</summary>
/// <param name="UserId">The user.</param>
/// <param name="TotalEvents">Impressions ever taken in, forgotten ones included.</param>
/// <param name="Events">The latest impressions, oldest first.</param>
public sealed record SessionAnswer(string UserId, long TotalEvents, IReadOnlyList<SessionAnswerEvent> Events);

/// <summary>One impression and the user's response to it.</summary>
/// <param name="ItemId">The item.</param>
/// <param name="Timestamp">When it was shown.</param>
/// <param name="Actions">What the user did.</param>
/// <param name="WatchSeconds">Seconds watched.</param>
public sealed record SessionAnswerEvent(string ItemId, DateTimeOffset Timestamp, IReadOnlyList<string> Actions, float WatchSeconds);

/// <summary>The answer to a put of items.</summary>
/// <param name="Items">Items put.</param>
/// <param name="Created">Those that no caller had put before.</param>
/// <param name="Updated">The others.</param>
public sealed record PutItemsAnswer(int Items, int Created, int Updated);

/// <summary>What is known of an item.</summary>
/// <param name="ItemId">The item.</param>
/// <param name="InBundle">Whether the bundle's models were trained with it.</param>
/// <param name="Features">Its features: numbers, or the names of categories.</param>
public sealed record ItemAnswer(string ItemId, bool InBundle, IReadOnlyDictionary<string, object> Features);

/// <summary>The bundles in service and all that the registry holds.</summary>
/// <param name="Active">The bundle that answers where no variant names another; null while none is loaded.</param>
/// <param name="Previous">The version that a rollback would activate; null where there is none.</param>
/// <param name="Following">Whether newer bundles go into service by themselves.</param>
/// <param name="Fault">Why the registry cannot be read, or why the replicas do not all serve what a request asked for; null where all is well.</param>
/// <param name="Bundles">Every bundle of the registry, by name, the newest version first; then versions that are loaded or asked for and not in it.</param>
/// <param name="Shadow">The shadow beside the active bundle, since both are loaded; null where there is none.</param>
public sealed record BundlesAnswer(
    ActiveBundle? Active, string? Previous, bool Following, string? Fault, IReadOnlyList<RegistryBundle> Bundles, ShadowAnswer? Shadow);

/// <summary>How a shadow bundle compares with the active one on sampled requests.</summary>
/// <param name="Version">The shadow.</param>
/// <param name="ActiveVersion">The active bundle.</param>
/// <param name="Share">Share of the requests that is sampled.</param>
/// <param name="Compared">Requests that both have scored.</param>
/// <param name="Dropped">Sampled requests for which the shadow had no time.</param>
/// <param name="Failed">Sampled requests that the shadow could not score; the log has the first reason.</param>
/// <param name="RankCorrelation">Spearman's rho of a request's final scores, mean over the requests where it is defined.</param>
/// <param name="Top">Candidates at the top whose overlap is measured.</param>
/// <param name="TopOverlap">Share of a request's first candidates that are among the shadow's first, mean.</param>
/// <param name="ScoreDifference">Mean absolute difference of a request's final scores, mean.</param>
/// <param name="ActiveDuration">Time in which the active bundle scored the latest of these requests.</param>
/// <param name="ShadowDuration">Time in which the shadow did.</param>
public sealed record ShadowAnswer(
    string Version,
    string ActiveVersion,
    double Share,
    long Compared,
    long Dropped,
    long Failed,
    double? RankCorrelation,
    int Top,
    double? TopOverlap,
    double? ScoreDifference,
    ShadowDurations? ActiveDuration,
    ShadowDurations? ShadowDuration);

/// <summary>Times of the latest requests, 1,024 at most, in milliseconds.</summary>
/// <param name="P50">The median.</param>
/// <param name="P99">The 99th percentile.</param>
public sealed record ShadowDurations(double P50, double P99);

/// <summary>The bundle in service.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Formula">The fusion formula.</param>
/// <param name="Algorithm">What learned the policy.</param>
/// <param name="Tasks">Its tasks, in the order of a request's scores.</param>
/// <param name="Features">The features it knows.</param>
/// <param name="PredictsTaskScores">Whether candidates may come without scores.</param>
/// <param name="EstimatesMentalReward">Whether it estimates the mental reward.</param>
/// <param name="Metrics">How good it was when it was made.</param>
public sealed record ActiveBundle(
    string Name,
    string Version,
    DateTimeOffset Created,
    string Formula,
    string Algorithm,
    IReadOnlyList<ActiveBundleTask> Tasks,
    IReadOnlyList<ActiveBundleFeature> Features,
    bool PredictsTaskScores,
    bool EstimatesMentalReward,
    IReadOnlyList<ActiveBundleMetric> Metrics);

/// <summary>A task of the bundle in service.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Min">Lowest allowed score.</param>
/// <param name="Max">Highest allowed score.</param>
/// <param name="Unit">Unit of the score.</param>
public sealed record ActiveBundleTask(string Name, float Min, float Max, string Unit);

/// <summary>A feature of the bundle in service.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">context, user or item.</param>
/// <param name="Type">numeric or categorical.</param>
/// <param name="Min">Lowest allowed value.</param>
/// <param name="Max">Highest allowed value.</param>
/// <param name="Default">The value where the caller gives none.</param>
public sealed record ActiveBundleFeature(string Name, string Kind, string Type, float Min, float Max, float Default);

/// <summary>A figure with its 95 % interval.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Split">On what.</param>
/// <param name="Value">The figure.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="Count">Samples behind it.</param>
public sealed record ActiveBundleMetric(string Name, string Split, double Value, double Low, double High, long Count);

/// <summary>A bundle of the registry.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="State">active; loaded for something else; available; unchecked, until it was verified; refused; or missing, asked for and not in the registry.</param>
/// <param name="Roles">What it is loaded for: active, variant, shadow, previous.</param>
/// <param name="HeldBack">Whether it is newer than the active one and not followed, because a request activated another or rolled back.</param>
/// <param name="Created">When it was made; null where its manifest cannot be read.</param>
/// <param name="Digest">SHA-256 of its manifest, which holds those of its files; null where it cannot be read.</param>
/// <param name="Reasons">What is wrong with it; empty where nothing is known to be.</param>
public sealed record RegistryBundle(
    string Name,
    string Version,
    string State,
    IReadOnlyList<string> Roles,
    bool HeldBack,
    DateTimeOffset? Created,
    string? Digest,
    IReadOnlyList<string> Reasons);

/// <summary>How the service is.</summary>
/// <param name="Status">live or ready.</param>
public sealed record HealthAnswer(string Status);
