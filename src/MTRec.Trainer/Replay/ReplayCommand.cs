using System.CommandLine;
using System.Globalization;
using MTRec.Core.Features;
using MTRec.Inference;
using MTRec.Trainer.CommandLine;
using MTRec.Trainer.Scoring;

namespace MTRec.Trainer.Replay;

/// <summary><c>mtrec replay</c>: measures a running service on a log.</summary>
internal static class ReplayCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var url = new Option<string>("--url") { Description = "The service, such as http://127.0.0.1:5080.", Required = true, HelpName = "URL" };
        var log = new Option<FileInfo>("--log") { Description = "The log to replay: KuaiRand format, CSV or CSV.GZ.", Required = true, HelpName = "FILE" };
        var candidates = OptionKinds.Whole("--candidates", "Items ranked a step: the one shown and others from the log.", 100, 1, 10_000);
        var bundle = new Option<string>("--bundle") { Description = "The service's bundle, for the codes of the users' categories.", HelpName = "DIR" };
        var users = new Option<FileInfo>("--user-features") { Description = "KuaiRand's user features, sent with each request; needs --bundle.", HelpName = "FILE" };
        var limit = OptionKinds.Whole("--limit", "Steps at most, the first in the order of time.", 1_000_000, 1, int.MaxValue);
        var seconds = OptionKinds.Whole("--max-seconds", "Stops after that many seconds with what was measured.", 600, 1, 86_400);
        var connections = OptionKinds.Whole("--concurrency", "Users replayed at once; one user's steps never overlap.", 4, 1, 256);
        var seed = OptionKinds.Whole("--seed", "Seed of the draws and the intervals.", 1, 0, int.MaxValue);
        var bare = new Option<bool>("--no-explain") { Description = "Asks for no explanations: the latency of plain calls, but no upstream order." };
        var prefix = new Option<string?>("--user-prefix")
        {
            Description = "Stands before each user's id, so that a replay meets no session but its own. Default: replay-TIME-.",
            HelpName = "TEXT",
        };
        var command = new DocumentedCommand("replay", "Replays a log against a running service and measures speed and order; 1 where a call failed.")
        {
            Examples =
            [
                "mtrec replay --url http://127.0.0.1:5080 --log log_test.csv.gz --candidates 100 --bundle deploy/registry/default/1 --user-features user_features_pure.csv.gz",
                "mtrec replay --url http://127.0.0.1:5080 --log log_test.csv.gz --candidates 500 --limit 2000 --no-explain --concurrency 8",
            ],
            Remarks = """
                Every step ranks what the user saw next and others drawn from the log's items that the user never sees in it, then sends
                the user's real response as feedback. NDCG and MRR place items that were viewed for long among the others drawn; the others
                were not shown, so that the figures compare orders and say little by themselves. The AUC compares the shown items alone.
                The upstream order is by the click score that the fusion was given, taken from the explanations.
                """,
        };
        command.AddAll(url, log, candidates, bundle, users, limit, seconds, connections, seed, bare, prefix);
        url.Validators.Add(result =>
        {
            if (!Uri.TryCreate(result.GetValueOrDefault<string>(), UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
                result.AddError("--url must be an absolute http or https address.");
        });
        log.AcceptExistingOnly();
        users.AcceptExistingOnly();
        command.Validators.Add(result =>
        {
            if (result.GetResult(users) is not null && result.GetResult(bundle) is null)
                result.AddError("--user-features needs --bundle: the bundle knows the codes of categories.");
        });
        command.SetWork(async (result, cancellation) =>
        {
            var plan = new ReplayPlan(
                LogRows.Read(result.GetRequiredValue(log)), result.GetValue(candidates), result.GetValue(seed), result.GetValue(limit));
            if (plan.Count == 0)
            {
                Terminal.Fail("the log has no row to replay.");
                return ExitCodes.Failed;
            }

            using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = result.GetValue(connections), AllowAutoRedirect = false };
            using var http = new HttpClient(handler) { BaseAddress = BaseOf(result.GetRequiredValue(url)), Timeout = TimeSpan.FromSeconds(10) };
            var client = new RankingClient(
                http,
                result.GetValue(prefix) ?? string.Create(CultureInfo.InvariantCulture, $"replay-{DateTime.UtcNow:yyyyMMddHHmmss}-"));
            await client.CheckReadyAsync(cancellation);
            var schema = result.GetValue(bundle) is { } directory ? SchemaOf(directory) : await client.GetFeaturesAsync(cancellation);
            var features = new RequestFeatures(RowFeatures.Read(schema, result.GetValue(users)));
            var run = new ReplayRun(plan, client, features, explain: !result.GetValue(bare));
            await Terminal.WithProgressAsync("replaying", async progress =>
            {
                await run.RunAsync(result.GetValue(connections), TimeSpan.FromSeconds(result.GetValue(seconds)), progress, cancellation);
                return run;
            });
            ReplayReport.Print(run, result.GetValue(seed));
            return run.Failures.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    private static FeatureSchema SchemaOf(string directory)
    {
        using var bundle = Bundle.Load(directory);
        return bundle.Manifest.Schema();
    }

    // Without the slash at its end an address loses its last segment to the path that is joined to it.
    private static Uri BaseOf(string url) => new(url.TrimEnd('/') + "/");
}
