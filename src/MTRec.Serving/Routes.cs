using MTRec.Serving.Access;
using MTRec.Serving.Bundles;
using MTRec.Serving.Experiments;
using MTRec.Serving.Experiments.Reports;
using MTRec.Serving.Feedback;
using MTRec.Serving.Http;
using MTRec.Serving.Items;
using MTRec.Serving.OpenApi;
using MTRec.Serving.Operations;
using MTRec.Serving.Operations.Telemetry;
using MTRec.Serving.Ranking;
using MTRec.Serving.Sessions;

namespace MTRec.Serving;

/// <summary>Every path that is served.</summary>
internal static class Routes
{
    /// <summary>Name of <c>POST /v1/rank</c> in the OpenAPI document.</summary>
    public const string RankOperation = "rank";

    /// <summary>Name of <c>POST /v1/feedback</c> in the OpenAPI document.</summary>
    public const string FeedbackOperation = "feedback";

    /// <summary>Name of <c>PUT /v1/items</c> in the OpenAPI document.</summary>
    public const string PutItemsOperation = "putItems";

    private const string Json = MessageType.JsonName;
    private static readonly string[] Protobuf = [MessageType.ProtobufName, MessageType.OtherProtobufName];

    /// <summary>Maps them.</summary>
    public static void MapService(this WebApplication app)
    {
        MapRanking(app);
        MapSessions(app);
        MapItems(app);
        MapExperiments(app);
        MapBundles(app);
        MapOperations(app);
    }

    private static void MapRanking(WebApplication app)
    {
        // From the root: a service asked of the request would make a scope for it.
        app.MapPost("/v1/rank", (Delegate)((HttpContext context) => app.Services.GetRequiredService<RankEndpoint>().HandleAsync(context)))
            .Needs(Scope.Rank).WithName(RankOperation).WithTags("Ranking").WithSummary("Orders candidates for a user")
            .WithDescription("Exactly one of candidates and columns holds the candidates. The Server-Timing header says how long each stage took.")
            .Accepts<RankRequest>(Json, Protobuf).Produces<RankAnswer>(200, Json, Protobuf)
            .ProducesProblems(400, 406, 413, 415, 422, 503);
        app.MapPost("/v1/feedback", (Delegate)((HttpContext context) => app.Services.GetRequiredService<FeedbackEndpoint>().HandleAsync(context)))
            .Needs(Scope.Feedback).WithName(FeedbackOperation).WithTags("Feedback").WithSummary("Takes in what users did with shown items")
            .WithDescription("Each event counts once, however often it is sent. A bad event is rejected whole and does not spoil the others.")
            .Accepts<FeedbackRequest>(Json, Protobuf).Produces<FeedbackAnswer>(202, Json, Protobuf)
            .ProducesProblems(400, 406, 413, 415, 503);
    }

    private static void MapSessions(WebApplication app)
    {
        const string Path = "/v1/users/{userId}/session";
        app.MapGet(Path, (string userId, HttpContext context, SessionEndpoints endpoints) => endpoints.GetAsync(PathId.Read(context, userId, 2), context.RequestAborted))
            .Needs(Scope.Admin).WithName("getSession").WithTags("Sessions").WithSummary("Shows what is remembered of a user")
            .Produces<SessionAnswer>(contentType: Json).ProducesProblems(400, 404, 503);
        app.MapDelete(Path, async (string userId, HttpContext context, SessionEndpoints endpoints) =>
            {
                await endpoints.DeleteAsync(PathId.Read(context, userId, 2), context.RequestAborted);
                return TypedResults.NoContent();
            })
            .Needs(Scope.Admin).WithName("deleteSession").WithTags("Sessions").WithSummary("Forgets a user: the session, and events that wait to be logged")
            .ProducesProblems(400, 503);
    }

    private static void MapItems(WebApplication app)
    {
        app.MapPut("/v1/items", (HttpContext context, ItemEndpoints endpoints) => endpoints.PutAsync(context))
            .Needs(Scope.Feedback).WithName(PutItemsOperation).WithTags("Items").WithSummary("Puts features of items, all or none")
            .Accepts<PutItemsRequest>(Json).Produces<PutItemsAnswer>(contentType: Json).ProducesProblems(400, 413, 415, 422, 503);
        app.MapGet("/v1/items/{itemId}", (string itemId, HttpContext context, ItemEndpoints endpoints) => endpoints.Get(PathId.Read(context, itemId, 2)))
            .Needs(Scope.Rank).WithName("getItem").WithTags("Items").WithSummary("Shows an item's features")
            .Produces<ItemAnswer>(contentType: Json).ProducesProblems(400, 404, 503);
    }

    private static void MapExperiments(WebApplication app)
    {
        app.MapGet("/v1/experiments", (ExperimentEndpoints endpoints) => endpoints.Get())
            .Needs(Scope.Rank).WithName("getExperiments").WithTags("Experiments").WithSummary("Shows the experiments in force, and why the latest change is not")
            .Produces<ExperimentsAnswer>(contentType: Json);
        app.MapGet(
                "/v1/experiments/{name}/assignment",
                (string name, string? userId, HttpContext context, ExperimentEndpoints endpoints) => endpoints.Assign(PathId.Read(context, name, 2), userId))
            .Needs(Scope.Rank).WithName("getAssignment").WithTags("Experiments").WithSummary("Shows a user's variant, without counting the user as exposed")
            .Produces<AssignmentAnswer>(contentType: Json).ProducesProblems(400, 404);
        app.MapGet(
                "/v1/experiments/{name}/report",
                (string name, HttpContext context, ExperimentReports reports) => reports.ReportAsync(PathId.Read(context, name, 2), context.RequestAborted))
            .Needs(Scope.Admin).WithName("getReport").WithTags("Experiments").WithSummary("Compares an experiment's variants by what the event log holds")
            .WithDescription("Reads what was logged since the last call. Where that takes too long the answer is of a part, says so, and the next call goes on.")
            .Produces<ReportAnswer>(contentType: Json).ProducesProblems(404, 503);
    }

    private static void MapBundles(WebApplication app)
    {
        app.MapGet("/v1/bundles", (BundlesEndpoint endpoint, HttpContext context) => endpoint.GetAsync(context.RequestAborted))
            .Needs(Scope.Rank).WithName("getBundles").WithTags("Bundles").WithSummary("Shows the bundles in service and all others, refused ones with the reasons")
            .Produces<BundlesAnswer>(contentType: Json);

        // Loading takes as long as it takes; a caller who leaves does not stop it.
        app.MapPost("/v1/bundles/{version}/activate", (string version, BundlesEndpoint endpoint, HttpContext context) =>
                endpoint.ActivateAsync(PathId.Read(context, version, 2), context.RequestAborted))
            .Needs(Scope.Admin).WithName("activateBundle").WithTags("Bundles").WithSummary("Puts a version into service")
            .WithDescription("Newer versions that are there are held back: only what is published after is followed. Holds for all replicas that share the registry, and for later starts.")
            .Produces<BundlesAnswer>(contentType: Json).ProducesProblems(404, 409, 503).DisableRequestTimeout();
        app.MapPost("/v1/bundles/rollback", (BundlesEndpoint endpoint, HttpContext context) => endpoint.RollBackAsync(context.RequestAborted))
            .Needs(Scope.Admin).WithName("rollBackBundle").WithTags("Bundles").WithSummary("Puts the version that was active before into service")
            .WithDescription("The version that is left is held back until a newer one is published or a request activates it. Holds for all replicas that share the registry, and for later starts.")
            .Produces<BundlesAnswer>(contentType: Json).ProducesProblems(409, 503).DisableRequestTimeout();
    }

    private static void MapOperations(WebApplication app)
    {
        app.MapGet("/metrics", (MetricsEndpoint endpoint, HttpContext context) => endpoint.GetAsync(context))
            .Needs(Scope.Metrics).DisableRateLimiting().WithName("metrics").WithTags("Health").WithSummary("Shows the metrics, in Prometheus' text format")
            .Produces<string>(contentType: "text/plain").ProducesProblems(404, 503);
        app.MapGet("/health/live", () => new HealthAnswer("live"))
            .NeedsNothing().WithName("live").WithTags("Health").WithSummary("Whether the process answers").Produces<HealthAnswer>(contentType: Json);
        app.MapGet("/health/ready", (Readiness readiness) =>
                readiness.Obstacle is { } obstacle
                    ? throw new RefusedException(Problem.Unavailable(obstacle, Readiness.Pause))
                    : new HealthAnswer("ready"))
            .NeedsNothing().WithName("ready").WithTags("Health").WithSummary("Whether the service takes requests").Produces<HealthAnswer>(contentType: Json)
            .ProducesProblems(503);
    }

    private static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
            route.Produces<ProblemAnswer>(status, Problem.MediaType);
        return route;
    }
}
