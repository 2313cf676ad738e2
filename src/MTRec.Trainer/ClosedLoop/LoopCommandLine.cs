using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using MTRec.Trainer.CommandLine;
using MTRec.Trainer.Reproduction;
using Spectre.Console;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>The part of <c>mtrec simulate</c> that meets a running service.</summary>
internal sealed class LoopCommandLine
{
    private const string KeyVariable = "MTREC_KEY";
    private const string FromBundle = "bundle";

    private readonly Option<int> _days = OptionKinds.Whole("--days", "With --url: days on which every user comes back.", 5, 1, 10_000);
    private readonly Option<double> _longest = OptionKinds.Real("--longest", "With --url: seconds after which no other day begins; 0 for any time.", 0, 0, 31_536_000);
    private readonly Option<double> _daySeconds = OptionKinds.Real("--day-seconds", "With --url: real seconds that a day takes at least, so that the worker and the service have time.", 0, 0, 86_400);
    private readonly Option<int> _concurrency = OptionKinds.Whole("--concurrency", "With --url: calls in flight.", 8, 1, 1024);
    private readonly Option<double> _patience = OptionKinds.Real("--patience", "With --url: seconds within which a call is tried again.", 30, 0.01, 3600);
    private readonly Option<string?> _experiment = new("--experiment") { Description = "With --url: the experiment whose variants are compared; all users together where left out.", HelpName = "NAME" };
    private readonly Option<string> _upstream = new("--upstream") { Description = "With --url: whose task scores are ranked by: the environment's, which are sent, or the bundle's own.", DefaultValueFactory = _ => "environment", HelpName = "WHO" };
    private readonly Option<DirectoryInfo?> _worker = new("--learn") { Description = "With --url: after every day but the last the worker whose --state this is learns, and the users wait for its decision.", HelpName = "STATE" };
    private readonly Option<double> _join = OptionKinds.Real("--join-window", "With --learn: the worker's --join-window, in seconds.", 300, 0.1, 30 * 86_400);
    private readonly Option<string?> _run = new("--run") { Description = "With --url: stands before the ids of requests and events. Default: the time.", HelpName = "TEXT" };

    /// <summary>Where the service is.</summary>
    public Option<string[]> Urls { get; } = new("--url") { Description = "A running service, such as http://127.0.0.1:5080, whose order the users are shown; several are replicas, asked in turn.", HelpName = "URL" };

    /// <summary>Adds the options.</summary>
    public void AddTo(DocumentedCommand command)
    {
        _upstream.AcceptOnlyFromAmong("environment", FromBundle);
        Urls.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (!Uri.TryCreate(token.Value, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
                    result.AddError($"--url must be an absolute http or https address, not {token.Value}.");
            }
        });
        command.AddAll(Urls, _days, _longest, _daySeconds, _concurrency, _patience, _experiment, _upstream, _worker, _join, _run);
    }

    /// <summary>Whether a service is named.</summary>
    public bool IsWanted(ParseResult result) => result.GetValue(Urls) is { Length: > 0 };

    /// <summary>Reads the options.</summary>
    public LoopOptions Read(ParseResult result, int seed) => new()
    {
        Replicas = [.. result.GetRequiredValue(Urls).Select(url => new Uri(url))],
        Days = result.GetValue(_days),
        Longest = result.GetValue(_longest),
        DaySeconds = result.GetValue(_daySeconds),
        Concurrency = result.GetValue(_concurrency),
        Patience = result.GetValue(_patience),
        Experiment = result.GetValue(_experiment),
        BundlePredicts = result.GetValue(_upstream) == FromBundle,
        Worker = result.GetValue(_worker)?.FullName,
        JoinWindow = result.GetValue(_join),
        Run = result.GetValue(_run) ?? DateTime.UtcNow.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture),
        Seed = seed,
    };

    /// <summary>Lets users meet the service, prints what came of it and writes it.</summary>
    /// <param name="options">How.</param>
    /// <param name="who">Makes the users, once the service is known to be there.</param>
    /// <param name="output">Folder of simulation.json, simulation.html and counts.json; none where null.</param>
    /// <param name="threads">Threads of a tensor operation, for the report.</param>
    /// <param name="cancellation">Ends the run; then nothing is written.</param>
    public static async Task<int> RunAsync(LoopOptions options, Func<Task<ILoopUsers>> who, string? output, int threads, CancellationToken cancellation)
    {
        using var service = new ServiceReplicas(options, Environment.GetEnvironmentVariable(KeyVariable));
        var bundle = await service.FindBundleAsync(cancellation);
        var started = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        using var users = await who();
        if (Unfit(users, bundle, options) is { } reason)
        {
            Terminal.Fail(reason);
            return ExitCodes.Failed;
        }

        var run = new LoopRun(users, service, bundle, options);
        for (var day = 0; day < options.Days; day++)
        {
            if (day > 0 && options.Longest > 0 && clock.Elapsed.TotalSeconds > options.Longest)
            {
                Say($"the time is over after {day} of {options.Days} days");
                break;
            }

            Say($"day {day + 1} begins, {clock.Elapsed.TotalSeconds:F0} s");
            await run.DayAsync(day, cancellation);
            Say($"day {day + 1}: {run.Counts.RankAnswered} of {run.Counts.RankCalls} rank calls answered, {run.Counts.FeedbackAccepted} of {run.Counts.FeedbackSent} feedback events taken, {clock.Elapsed.TotalSeconds:F0} s");
            foreach (var decision in await run.LearnAsync(day, cancellation))
                Say($"after day {day + 1}: {LoopReport.Line(decision)}");
        }

        var reproduction = Reproduced(LoopReport.Of(users, run, options), users, options, threads, started, clock.Elapsed);
        ReportOnTerminal.Write(Terminal.Results, reproduction);
        if (output is not null)
            Write(output, reproduction, run);
        if (!run.Counts.AddUp)
            Terminal.Fail("the counts do not add up: the service answered for more or fewer events than it was sent.");
        return run.Counts is { AddUp: true, RankFailed: 0, FeedbackLost: 0, FeedbackRejected: 0 } ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static void Say(FormattableString line) => Terminal.Notes.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private static string? Unfit(ILoopUsers users, ServedBundle bundle, LoopOptions options)
    {
        var known = users.Tasks.Select(task => task.Name).Intersect(bundle.Tasks.Select(task => task.Name), StringComparer.Ordinal).Any();
        if (!options.BundlePredicts && !known)
            return $"the service's bundle {bundle.Name}/{bundle.Version} has none of the environment's tasks {string.Join(", ", users.Tasks.Select(task => task.Name))}.";
        return options.BundlePredicts && !bundle.PredictsTaskScores
            ? $"the service's bundle {bundle.Name}/{bundle.Version} predicts no task scores, which --upstream {FromBundle} needs."
            : null;
    }

    private static ReproducedReport Reproduced(Report report, ILoopUsers users, LoopOptions options, int threads, DateTimeOffset started, TimeSpan took) => new(
        report.Table,
        report.Title,
        "Users who come back day after day are ranked by the service and respond by their own truth; the service and the learner see their feedback alone.",
        string.Create(
            CultureInfo.InvariantCulture,
            $"mtrec simulate {string.Join(' ', options.Replicas.Select(replica => $"--url {replica.GetLeftPart(UriPartial.Path)}"))} --environment {users.Name} --users {users.Count} --days {options.Days} --seed {options.Seed}{(options.Experiment is null ? "" : $" --experiment {options.Experiment}")}{(options.BundlePredicts ? $" --upstream {FromBundle}" : "")}"),
        1,
        string.Create(CultureInfo.InvariantCulture, $"{users.Count} users, {options.Days} days"),
        threads,
        Machine.This(),
        typeof(LoopCommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
        started,
        Math.Round(took.TotalSeconds, 1),
        report.Tables,
        report.Plots,
        report.Notes);

    private static void Write(string output, ReproducedReport reproduction, LoopRun run)
    {
        Directory.CreateDirectory(output);
        var (json, page, calls) = (Path.Combine(output, "simulation.json"), Path.Combine(output, "simulation.html"), Path.Combine(output, LoopCounts.FileName));
        AtomicFile.Write(page, writer => ReportPage.Write(writer, reproduction));
        AtomicFile.Write(json, writer => ReproductionFile.Write(writer, reproduction));
        AtomicFile.Write(calls, writer => writer.WriteLine(JsonSerializer.Serialize(run.Counts, LoopJson.Default.LoopCounts)));
        LoopCall.Write(Path.Combine(output, LoopCall.FileName), run.Calls);
        Terminal.Results.WriteLine($"Wrote {json}, {page} and {calls}");
    }
}
