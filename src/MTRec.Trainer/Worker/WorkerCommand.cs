using System.CommandLine;
using MTRec.Core.Events;
using MTRec.Inference;
using MTRec.Learning.Algorithms.EnhancedRl;
using MTRec.Trainer.CommandLine;
using MTRec.Trainer.Worker.Cycle;
using MTRec.Trainer.Worker.Cycle.Refresh;
using MTRec.Trainer.Worker.Intake;
using MTRec.Trainer.Worker.Metrics;
using MTRec.Trainer.Worker.State;
using MTRec.Trainer.Worker.Transitions;
using static TorchSharp.torch;

namespace MTRec.Trainer.Worker;

/// <summary><c>mtrec worker</c>: follows the event log and keeps what policies learn from.</summary>
internal static class WorkerCommand
{
    private const string Redis = "redis://";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var events = new Option<string>("--events") { Description = "The event log: a folder of *.jsonl, or redis://host:port[,...] as StackExchange.Redis reads it.", Required = true, HelpName = "LOG" };
        var registry = new Option<string>("--registry") { Description = "The bundle registry.", Required = true, HelpName = "DIR" };
        var bundle = new Option<string>("--bundle") { Description = "Name of the bundles to learn for.", DefaultValueFactory = _ => "default", HelpName = "NAME" };
        var state = new Option<string>("--state") { Description = "Folder of the worker's own; one worker at a time has it, another waits.", Required = true, HelpName = "DIR" };
        var window = OptionKinds.Whole("--window-days", "Days that are kept, up to that of the newest event.", 14, 1, 365);
        var parts = OptionKinds.Whole("--parts", "Parts that users are spread over; memory holds one at a time. Of a state for good.", 16, 1, 100);
        var shards = OptionKinds.Whole("--shards", "The service's EventLog:StreamShards.", EventStreamNames.DefaultShards, 1, 1024);
        var prefix = new Option<string>("--key-prefix") { Description = "The service's Redis:KeyPrefix.", DefaultValueFactory = _ => EventStreamNames.DefaultPrefix, HelpName = "TEXT" };
        var group = new Option<string>("--group") { Description = "The consumer group.", DefaultValueFactory = _ => "worker", HelpName = "NAME" };
        var join = OptionKinds.Real("--join-window", "Seconds after an exposure within which a response is learned from.", 300, 0.1, 30 * 86_400);
        var list = OptionKinds.Whole("--list-size", "Items of an answer that the user sees.", 1, 1, 1000);
        var perCandidate = new Option<bool>("--per-candidate") { Description = "Keeps every item's action, and candidates that were not shown (EnhancedRL)." };
        var passedOver = OptionKinds.Whole("--passed-over", "With --per-candidate: candidates kept of those that were not shown.", 4, 0, 1000);
        var measure = new Option<bool>("--measure") { Description = "Measures the state's statistics and the reward's weights anew: networks must start anew then." };
        var once = new Option<bool>("--once") { Description = "Takes in what is there, writes the transitions of the window and ends." };
        var algorithm = new Option<string?>("--algorithm") { Description = $"Learns a fusion policy, judges it and publishes it where the gate lets it: one of {string.Join(", ", LoggedLearning.Algorithms)}.", HelpName = "NAME" };
        algorithm.AcceptOnlyFromAmong([.. LoggedLearning.Algorithms]);
        var updates = OptionKinds.Whole("--updates", "Updates of the learner in a cycle.", 6000, 1, 10_000_000);
        var metric = new Option<string>("--metric") { Description = $"What must be better for sure, by the lower bound of the difference: one of {string.Join(", ", PolicyComparison.Metrics)}.", DefaultValueFactory = _ => PolicyComparison.Reward, HelpName = "NAME" };
        metric.AcceptOnlyFromAmong([.. PolicyComparison.Metrics]);
        var keptBack = OptionKinds.Real("--kept-back", "Share of the users who are never learned from, to judge on.", 0.3, 0.01, 0.9);
        var leastExplored = OptionKinds.Whole("--min-explored", "Explored exposures of kept-back users that a judgement needs.", 500, 1, int.MaxValue);
        var leastUsers = OptionKinds.Whole("--min-users", "Kept-back users that a judgement needs.", 30, 2, int.MaxValue);
        var leastEffective = OptionKinds.Real("--min-effective", "Effective number of exposures of the candidate that a judgement needs.", 50, 1, int.MaxValue);
        var behaviours = OptionKinds.Real("--behaviours-weight", "Weight of clicks, likes and the like in the reward: 1 lets them vary as much as the watch time. Change it with --measure.", 1, 0, 100);
        var pairs = OptionKinds.Whole("--drawn-pairs", "Pairs of further actions of every exposure that are learned from beside the logged one, by what their items would have earned; 0 for none. Not of enhanced-rl.", 2, 0, 20);
        var reach = OptionKinds.Real("--reach", "How far a policy may go from the one that serves, as a share of what is explored around it. Of enhanced-rl.", 0.3, 0.01, 1);
        var every = OptionKinds.Real("--every", "Minutes after which the next cycle begins; 0 for never by time.", 0, 0, 525_600);
        var volume = OptionKinds.Whole("--min-exposures", "New exposures after which the next cycle begins; 0 for never by number.", 0, 0, int.MaxValue);
        var refresh = new Option<string>("--refresh")
        {
            Description = "What the cycle learns anew beside the policy, where that predicts kept-back users better: none, mental (the mental reward), upstream (the task scores, where the bundle's own rank) or all.",
            DefaultValueFactory = _ => "none",
            HelpName = "PARTS",
        };
        refresh.AcceptOnlyFromAmong([.. Enum.GetNames<RefreshedParts>().Select(part => part.ToLowerInvariant())]);
        var refreshEvery = OptionKinds.Real("--refresh-every", "Minutes after which --refresh is tried again, in the first cycle from then on; a cycle that published refreshed parts is followed by one that learns a policy.", 1440, 0, 525_600);
        var gate = new Option<string>("--gate") { Description = "on, or off for drills: then whatever was learned is published.", DefaultValueFactory = _ => "on", HelpName = "on|off" };
        gate.AcceptOnlyFromAmong("on", "off");
        var seed = OptionKinds.Whole("--seed", "Seed of the learning and of who is kept back.", 1, 0, int.MaxValue);
        var sabotage = new Option<bool>("--sabotage") { Description = "For drills: the learner gets every reward with its sign flipped.", Hidden = true };
        var metricsUrl = OptionKinds.Address("--metrics-url", "Where /metrics, /health/live and /health/ready are answered, such as http://127.0.0.1:9464; 0.0.0.0 stands for all addresses. Nowhere where left out, and with --once.", "http");
        var otlp = OptionKinds.Address("--otlp-endpoint", "A collector that metrics are sent to by OTLP over gRPC, such as http://collector:4317. None where left out, and with --once.", "http", "https");
        var threads = OptionKinds.Whole("--threads", "Threads of a tensor operation.", 1, 1, 256);
        var command = new DocumentedCommand("worker", "Follows the service's event log: joins, keeps a window of days, forgets who is deleted, writes transitions to learn from.")
        {
            Examples =
            [
                "mtrec worker --events var/events --registry deploy/registry --state var/worker --once",
                "mtrec worker --events var/events --registry deploy/registry --state var/worker --algorithm unified-rl --once",
                "mtrec worker --events redis://redis:6379 --registry /registry --state /state --algorithm unified-rl --every 60 --min-exposures 20000",
                "mtrec worker --events redis://redis-1:6379,redis-2:6379 --registry /registry --state /state --window-days 7",
            ],
            Remarks = """
                Every entry is taken in once, whatever ends the process: places in the log and what was read are committed together. SIGTERM commits
                and ends with 0. Events that stand in the log twice, late responses, damaged lines and whatever else is not learned from are counted by reason, and
                the counts must add up. With --algorithm a cycle begins with --once, by --every, by --min-exposures, or where the file learn-now appears in --state; its
                decision is in decisions/ there. What it publishes is watched, and rolled back where users fare worse. Transitions are safetensors files, see deploy/SHARDS.md.
                """,
        };
        command.AddAll(events, registry, bundle, state, window, parts, shards, prefix, group, join, list, perCandidate, passedOver, measure, once, algorithm, updates, metric, keptBack, leastExplored, leastUsers, leastEffective, behaviours, pairs, reach, every, volume, refresh, refreshEvery, gate, seed, sabotage, metricsUrl, otlp, threads);
        command.SetWork((result, cancellation) =>
        {
            var options = new WorkerOptions
            {
                Events = result.GetRequiredValue(events),
                Registry = result.GetRequiredValue(registry),
                Bundle = result.GetRequiredValue(bundle),
                State = result.GetRequiredValue(state),
                WindowDays = result.GetValue(window),
                Parts = result.GetValue(parts),
                Shards = result.GetValue(shards),
                Prefix = result.GetRequiredValue(prefix),
                Group = result.GetRequiredValue(group),
                Transitions = new TransitionOptions
                {
                    JoinWindow = TimeSpan.FromSeconds(result.GetValue(join)),
                    ListSize = result.GetValue(list),
                    PerCandidate = result.GetValue(perCandidate),
                    PassedOver = result.GetValue(perCandidate) ? result.GetValue(passedOver) : 0,
                    LogIsOver = result.GetValue(once),
                    BehavioursWeight = result.GetValue(behaviours),
                },
            };
            var cycle = result.GetValue(algorithm) is not { } learner ? null : new CycleOptions
            {
                Algorithm = learner,
                Updates = result.GetValue(updates),
                DrawnPairs = result.GetValue(pairs),
                EnhancedRl = new EnhancedRlOptions { Reach = result.GetValue(reach) },
                Metric = result.GetRequiredValue(metric),
                KeptBack = result.GetValue(keptBack),
                LeastExplored = result.GetValue(leastExplored),
                LeastUsers = result.GetValue(leastUsers),
                LeastEffective = result.GetValue(leastEffective),
                Gate = result.GetRequiredValue(gate) == "on",
                Seed = result.GetValue(seed),
                Sabotage = result.GetValue(sabotage),
                Refresh = new RefreshOptions
                {
                    Parts = Enum.Parse<RefreshedParts>(result.GetRequiredValue(refresh), ignoreCase: true),
                    Every = TimeSpan.FromMinutes(result.GetValue(refreshEvery)),
                },
            };
            var triggers = new CycleTriggers(
                result.GetValue(every) is > 0 and var minutes ? TimeSpan.FromMinutes(minutes) : null, result.GetValue(volume) is > 0 and var exposures ? exposures : null);
            return result.GetValue(once)
                ? RunAsync(options, cycle, triggers, null, result.GetValue(threads), result.GetValue(measure), cancellation)
                : RunMeteredAsync(options, cycle, triggers, result.GetValue(metricsUrl), result.GetValue(otlp), result.GetValue(threads), cancellation);
        });
        return command;
    }

    private static async Task<int> RunMeteredAsync(
        WorkerOptions options, CycleOptions? cycle, CycleTriggers triggers, Uri? metricsUrl, Uri? collector, int threads, CancellationToken cancellation)
    {
        try
        {
            await using var metering = await WorkerMetering.StartAsync(metricsUrl, collector, new WorkerHealth(TimeProvider.System));
            return await RunAsync(options, cycle, triggers, metering, threads, measure: false, cancellation);
        }
        catch (WorkerMetering.AddressException e)
        {
            Terminal.Fail(e.Message);
            return ExitCodes.Failed;
        }
    }

    // Once where it is not metered.
    private static async Task<int> RunAsync(
        WorkerOptions options, CycleOptions? cycle, CycleTriggers triggers, WorkerMetering? metering, int threads, bool measure, CancellationToken cancellation)
    {
        if (!options.Events.StartsWith(Redis, StringComparison.Ordinal) && IsBelow(options.State, options.Events))
        {
            Terminal.Fail("--state must not lie in the folder of --events: the worker would read what it has written.");
            return ExitCodes.Usage;
        }

        try
        {
            using var state = await StateFolder.OpenAsync(options.State, options.Parts, () => Say("another worker has the state; waiting for its end."), cancellation);
            await using var source = Source(options);
            var worker = new EventWorker(state, source, options, TimeProvider.System, Say);
            set_num_threads(threads);
            if (metering is not null)
            {
                var loop = cycle is null ? null : new CycleLoop(state, options, cycle, triggers, TimeProvider.System, Say);
                using var meters = new WorkerMeters(state, worker.Progress, loop?.Progress);
                metering.Health.Begin(worker.Progress);
                try
                {
                    await FollowAsync(worker, loop, cancellation);
                }
                finally
                {
                    metering.Flush();
                }

                return ExitCodes.Done;
            }

            await worker.CatchUpAsync(cancellation);
            if (cycle is not null)
            {
                var decision = new SwapWatch(state, options, cycle, TimeProvider.System, Say).Look()
                    ?? new LearningCycle(state, options, cycle, TimeProvider.System, Say).Run(measure, cancellation);
                Console.WriteLine(decision.Counts);
                return ExitCodes.Done;
            }

            using var bundle = Newest(options);
            if (bundle is null)
            {
                Terminal.Fail($"{options.Registry} has no bundle '{options.Bundle}' that may serve.");
                return ExitCodes.Failed;
            }

            using var transitions = new WindowTransitions(state, options.Registry, options.Transitions)
                .Write(bundle, Path.Combine(options.State, "transitions"), measure, cancellation: cancellation);
            transitions.Counts.ToFile().Write(options.State);
            Console.WriteLine(transitions.Counts);
            return ExitCodes.Done;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Nothing is ever half done: what was taken in is committed.
            return ExitCodes.Done;
        }
        catch (StateRefusedException e)
        {
            Terminal.Fail(e.Message);
            return ExitCodes.Failed;
        }
    }

    // Whichever of the two ends, however it ends, ends the other.
    private static async Task FollowAsync(EventWorker worker, CycleLoop? loop, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var following = worker.FollowAsync(ending.Token);
        var learning = loop?.RunAsync(ending.Token) ?? following;
        await Task.WhenAny(following, learning);
        await ending.CancelAsync();
        await Task.WhenAll(following, learning);
    }

    private static Bundle? Newest(WorkerOptions options)
    {
        var registry = new BundleRegistry(options.Registry);
        foreach (var listing in registry.Scan().Where(listing => listing.Name == options.Bundle))
        {
            try
            {
                return registry.Open(listing);
            }
            catch (BundleRefusedException e)
            {
                Say($"{listing.Directory} is refused: {string.Join(' ', e.Reasons)}");
            }
        }

        return null;
    }

    private static IEventSource Source(WorkerOptions options) => options.Events.StartsWith(Redis, StringComparison.Ordinal)
        ? new StreamSource(options.Events[Redis.Length..], options.Prefix, options.Shards, options.Group, TimeProvider.System, Say)
        : new FileSource(options.Events, TimeProvider.System);

    private static bool IsBelow(string path, string folder) =>
        (Path.GetFullPath(path) + Path.DirectorySeparatorChar).StartsWith(Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static void Say(string line) => Console.Error.WriteLine($"mtrec worker: {line}");
}
