using System.CommandLine;
using System.Globalization;
using MTRec.Core.Fusion;
using MTRec.Inference;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Fusion;
using MTRec.Simulation;
using MTRec.Simulation.KuaiRand;
using MTRec.Trainer.ClosedLoop;
using MTRec.Trainer.CommandLine;
using Spectre.Console;
using static TorchSharp.torch;

namespace MTRec.Trainer.Simulation;

/// <summary><c>mtrec simulate</c>: policies rank for simulated users; what happened is written as the service's events.</summary>
internal static class SimulateCommand
{
    private const string KuaiRand = "kuairand";
    private const string SoftUser = "soft-user";
    private const string Fixed = "fixed";
    private const string Random = "random";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var environment = new Option<string>("--environment") { Description = "The users: kuairand, fitted on a log, or soft-user, whose true reward is known and who meet a service only.", DefaultValueFactory = _ => KuaiRand, HelpName = "NAME" };
        environment.AcceptOnlyFromAmong(KuaiRand, SoftUser);
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder with KuaiRand's log_train and log_dev, from which the users of kuairand are fitted.", HelpName = "DIR" };
        data.AcceptExistingOnly();
        var policies = new Option<string[]>("--policy")
        {
            Description = "Who ranks: fixed, random or a bundle's folder.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [Fixed, Random],
            HelpName = "POLICY",
        };
        var exploration = new Option<string>("--exploration") { Description = "How actions are drawn around the policy's own: none, bounded (uniform, 0.15) or gaussian (0.1).", DefaultValueFactory = _ => "none", HelpName = "KIND" };
        exploration.AcceptOnlyFromAmong("none", "bounded", "gaussian");
        var half = new Option<string>("--half") { Description = "Which half of the users: training or evaluation.", DefaultValueFactory = _ => "evaluation", HelpName = "HALF" };
        half.AcceptOnlyFromAmong("training", "evaluation");
        var users = OptionKinds.Whole("--users", "Sessions of each policy; with --url, users who come back; with --publish, users whose choices are learned from, 8 or more.", 1000, 1, 1_000_000);
        var candidates = OptionKinds.Whole("--candidates", "Candidates a request.", 30, 1, 1000);
        var list = OptionKinds.Whole("--list-size", "Items shown a request.", 1, 1, 50);
        var share = OptionKinds.Real("--user-share", "Share of the log's users that is read; for a quick look.", 1, 0.001, 1);
        var seed = OptionKinds.Whole("--seed", "Seed of the fit, the users and their chance.", 1, 0, int.MaxValue);
        var threads = OptionKinds.Whole("--threads", "Threads of a tensor operation.", 2, 1, 256);
        var output = new Option<string>("--out") { Description = "Folder for the events, POLICY.jsonl each; with --url, for the figures and the page with plots. None where left out.", HelpName = "DIR" };
        var world = OptionKinds.Whole("--world", "Seed of soft-user's world: bundle and users must have the same.", 1, 0, int.MaxValue);
        var publish = new Option<string?>("--publish") { Description = "With soft-user: publishes a bundle to begin with in this registry, instead of meeting a service.", HelpName = "REGISTRY" };
        var name = new Option<string>("--name") { Description = "With --publish: the bundle's name.", DefaultValueFactory = _ => "default", HelpName = "NAME" };
        var version = new Option<string>("--version") { Description = "With --publish: the bundle's version.", DefaultValueFactory = _ => "1", HelpName = "VERSION" };
        var loop = new LoopCommandLine();
        var command = new DocumentedCommand("simulate", "Lets policies, or a running service, rank for simulated users and compares what comes of it.")
        {
            Examples =
            [
                "mtrec simulate --data kuairand-pure --policy fixed random deploy/registry/default/1 --users 1000",
                "mtrec simulate --data kuairand-pure --policy fixed --exploration bounded --half training --out var/simulated",
                "mtrec simulate --environment soft-user --publish var/soft",
                "mtrec simulate --url http://127.0.0.1:5080 --data kuairand-pure --users 500 --days 7 --experiment fusion --out var/loop",
            ],
            Remarks = """
                Every policy meets the same users in the same mood. Rewards are sums over a session: watch time, and click, long view, like,
                strong positives and hate weighted by their correlation with future watching; both groups vary alike over the log. Intervals
                are 95 % bootstrap intervals by session. The events are those that the service writes; an explored action comes with the
                action it was drawn around, its bounds and its density.

                With --url each user comes back every day, under the id sim-SEED-NUMBER, sees the first items of the service's answer, responds and
                sends feedback. A call without an answer, or answered with 429, 502, 503 or 504, is made again with the same ids. Chance depends on seed,
                user, day and step alone. An access key is read from MTREC_KEY. The exit code is 1 where a call failed for good.
                """,
        };
        command.AddAll(environment, data, policies, exploration, half, users, candidates, list, share, seed, threads, output);
        loop.AddTo(command);
        command.AddAll(world, publish, name, version);
        command.Validators.Add(result =>
        {
            var isSoft = result.GetValue(environment) == SoftUser;
            if (!isSoft && result.GetResult(data) is null)
                result.AddError("--data is needed: kuairand's users are fitted on its log.");
            if (isSoft && result.GetResult(loop.Urls) is null == result.GetResult(publish) is null)
                result.AddError("--environment soft-user goes with either --url or --publish.");
            // A default is not set yet where options are checked.
            if (result.GetResult(publish) is not null && result.GetResult(users) is { Implicit: false } && result.GetValue(users) < 8)
                result.AddError("--publish needs 8 --users or more.");
            if (!isSoft && result.GetResult(publish) is not null)
                result.AddError("--publish goes with --environment soft-user.");
            if (result.GetResult(loop.Urls) is not null && (result.GetResult(policies) is { Implicit: false } || result.GetResult(exploration) is { Implicit: false }))
                result.AddError("--policy and --exploration go without --url: there the service ranks.");
        });
        command.SetWork((result, cancellation) =>
        {
            if (result.GetValue(publish) is { } registry)
                return PublishAsync(registry, result.GetRequiredValue(name), result.GetRequiredValue(version), result.GetValue(world), result.GetValue(users), result.GetValue(seed), result.GetValue(threads), cancellation);
            var run = new SimulateRun
            {
                World = result.GetValue(environment) == SoftUser ? result.GetValue(world) : null,
                Data = result.GetValue(data)?.FullName ?? "",
                Policies = result.GetRequiredValue(policies),
                Exploration = result.GetValue(exploration) switch
                {
                    "bounded" => new Exploration.Bounded(),
                    "gaussian" => new Exploration.Gaussian(),
                    _ => new Exploration.None(),
                },
                Training = result.GetValue(half) == "training",
                Sessions = result.GetValue(users),
                Seed = result.GetValue(seed),
                Threads = result.GetValue(threads),
                Output = result.GetValue(output),
                Options = new KuaiRandSimulatorOptions
                {
                    Seed = result.GetValue(seed),
                    UserShare = result.GetValue(share),
                    Sessions = new KuaiRandSessionOptions { Candidates = result.GetValue(candidates), ListSize = Math.Min(result.GetValue(list), result.GetValue(candidates)) },
                },
            };
            return loop.IsWanted(result) ? MeetServiceAsync(run, loop.Read(result, run.Seed), cancellation) : RunAsync(run, cancellation);
        });
        return command;
    }

    private static async Task<int> MeetServiceAsync(SimulateRun run, LoopOptions options, CancellationToken cancellation)
    {
        set_num_threads(run.Threads);
        return await LoopCommandLine.RunAsync(
            options,
            async () =>
            {
                if (run.World is { } world)
                {
                    var feed = new SoftOptimalFeed(world);
                    return new SoftOptimalUsers(feed, feed.Met, run.Sessions, run.Options.Sessions.Candidates, run.Seed);
                }

                var simulator = await FitAsync(run, cancellation);
                return new KuaiRandUsers(simulator, run.Training, run.Sessions, run.Seed);
            },
            run.Output,
            run.Threads,
            cancellation);
    }

    private static async Task<int> PublishAsync(string registry, string name, string version, int world, int users, int seed, int threads, CancellationToken cancellation)
    {
        set_num_threads(threads);
        var (folder, order) = await Terminal.WithStagesAsync(progress => Task.Run(() => SoftOptimalBundle.Publish(registry, name, version, world, seed, new SoftOptimalBundleOptions { Users = users }, progress, cancellation), cancellation));
        Terminal.Results.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Published {folder}: Spearman of the mental reward with the true one {order.Value:F3} over {order.Count} impressions of {order.Split}"));
        return ExitCodes.Done;
    }

    private static async Task<KuaiRandSimulator> FitAsync(SimulateRun run, CancellationToken cancellation)
    {
        var simulator = await Terminal.WithStagesAsync(progress => Task.Run(() => KuaiRandSimulator.Fit(run.Data, run.Options, progress, cancellation), cancellation));
        Terminal.Notes.WriteLine(simulator.Report.ToString());
        return simulator;
    }

    private static async Task<int> RunAsync(SimulateRun run, CancellationToken cancellation)
    {
        set_num_threads(run.Threads);
        foreach (var policy in run.Policies)
        {
            // Said now rather than after the fit.
            if (policy is not (Fixed or Random) && !Directory.Exists(policy))
            {
                Terminal.Fail($"'{policy}' is neither fixed, random nor a bundle's folder.");
                return ExitCodes.Usage;
            }
        }

        using var simulator = await FitAsync(run, cancellation);
        var environment = run.Training ? simulator.Training : simulator.Evaluation;
        var log = new SimulatedLog(environment);
        var table = new Table().AddColumns("policy", "sessions", "views", "reward", "watch time", "behaviours");
        if (run.Output is { } folder)
            Directory.CreateDirectory(folder);
        foreach (var (place, name) in run.Policies.Index())
        {
            using var policy = Policy(name, simulator, environment, run.Seed);
            var id = policy is BundlePolicy ? Path.TrimEndingDirectorySeparator(name) : $"{name}/0";
            IReadOnlyList<SimulatedSession> sessions = [];
            if (run.Output is null)
                Run(null);
            else
                AtomicFile.Write(Path.Combine(run.Output, policy is BundlePolicy ? $"bundle{place}.jsonl" : $"{name}.jsonl"), Run);
            table.AddRow(
                Markup.Escape(name),
                sessions.Count.ToString(CultureInfo.InvariantCulture),
                Mean(sessions, session => session.Views, run.Seed),
                Mean(sessions, session => session.Rewards.Sum(), run.Seed),
                Mean(sessions, session => session.Rewards[0], run.Seed),
                Mean(sessions, session => session.Rewards[1], run.Seed));

            void Run(TextWriter? events) => sessions = log.Run(policy, run.Exploration, id, run.Sessions, run.Seed, events, cancellation);
        }

        Terminal.Results.Write(table);
        return ExitCodes.Done;
    }

    private static IFusionPolicy Policy(string name, KuaiRandSimulator simulator, KuaiRandEnvironment environment, int seed)
    {
        if (name == Random)
            return new RandomOrder(seed);
        if (name != Fixed)
            return new BundlePolicy(Bundle.Load(name), environment, simulator);
        var policy = FixedPolicy.FromRewardWeights(
            FusionFormula.WeightedSum, simulator.Tasks, simulator.RewardWeights, simulator.NegativeTasks, simulator.TaskScoreSample);
        var actions = new FusionActions(policy.Fusion, simulator.Tasks.Count);
        return new ConstantPolicy(FixedPolicy.Algorithm, actions, actions.FromReal(policy.Action));
    }

    private static string Mean(IReadOnlyList<SimulatedSession> sessions, Func<SimulatedSession, double> value, int seed)
    {
        double[] values = [.. sessions.Select(value)];
        var mean = new UserBootstrap(seed).Interval(values.Length, counts =>
        {
            double sum = 0, count = 0;
            for (var i = 0; i < values.Length; i++)
            {
                sum += counts[i] * values[i];
                count += counts[i];
            }

            return sum / count;
        });
        return string.Create(CultureInfo.InvariantCulture, $"{mean.Value:F3} ({mean.Low:F3} to {mean.High:F3})");
    }

    private sealed record SimulateRun
    {
        /// <summary>Seed of the world of soft-optimal users; null for users of KuaiRand.</summary>
        public required int? World { get; init; }

        public required string Data { get; init; }

        public required IReadOnlyList<string> Policies { get; init; }

        public required Exploration Exploration { get; init; }

        public required bool Training { get; init; }

        public required int Sessions { get; init; }

        public required int Seed { get; init; }

        public required int Threads { get; init; }

        public required string? Output { get; init; }

        public required KuaiRandSimulatorOptions Options { get; init; }
    }
}
