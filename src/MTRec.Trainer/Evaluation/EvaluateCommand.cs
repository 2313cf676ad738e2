using System.CommandLine;
using MTRec.Core.Blending;
using MTRec.Data.Events;
using MTRec.Inference;
using MTRec.Learning.Evaluation;
using MTRec.Simulation.KuaiRand;
using MTRec.Trainer.CommandLine;

namespace MTRec.Trainer.Evaluation;

/// <summary><c>mtrec evaluate</c>: what a bundle is worth, on the KuaiRand simulator or on a log of the service's events.</summary>
internal static class EvaluateCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var bundle = new Option<string>("--bundle") { Description = "The bundle's folder.", Required = true, HelpName = "DIR" };
        var data = new Option<DirectoryInfo>("--data") { Description = "A folder in KuaiRand's format: the simulator is fitted on it and the bundle ranks for its users.", HelpName = "DIR" };
        var log = new Option<DirectoryInfo>("--log") { Description = "An event log, of the service or of mtrec simulate: a folder of *.jsonl.", HelpName = "DIR" };
        var users = OptionKinds.Whole("--users", "Sessions on the simulator.", 1000, 1, 1_000_000);
        var share = OptionKinds.Real("--user-share", "Share of the users that the simulator is fitted on; fewer are faster.", 1, 0.01, 1);
        var seed = OptionKinds.Whole("--seed", "Seed of the simulator, the users drawn and the bootstrap.", 1, 0, int.MaxValue);
        var weight = OptionKinds.Real("--mental-weight", "On a log: weight of the mental reward in the final score; 0 gives the fusion order.", 0.3, 0, 100);
        var json = new Option<string>("--json") { Description = "Also writes the figures as JSON, '-' for standard output instead of the table.", HelpName = "FILE" };
        var command = new DocumentedCommand("evaluate", "Evaluates a bundle on the KuaiRand simulator or on a log of events; says what cannot be computed, and why.")
        {
            Examples =
            [
                "mtrec evaluate --data data/kuairand-pure --bundle deploy/registry/default/1 --users 500",
                "mtrec evaluate --log var/events --bundle deploy/registry/default/1 --json -",
            ],
            Remarks = """
                Intervals are percentile bootstraps by user (sessions, on the simulator), 10,000 resamples.
                On a log the bundle scores every exposure again with what was known then; MTF-GAUC takes the shown items whose watch time the
                users' feedback tells, a sample's weight being 1 + its share of 400 seconds watched + 1 for each reaction (hated: 1).
                Where the log holds how actions were drawn, the bundle's own action is evaluated by importance sampling with a Gaussian kernel.
                On the simulator the bundle ranks by its fusion score, without the mental reward.
                """,
        };
        command.AddAll(bundle, data, log, users, share, seed, weight, json);
        data.AcceptExistingOnly();
        log.AcceptExistingOnly();
        command.Validators.Add(result =>
        {
            if ((result.GetResult(data) is null) == (result.GetResult(log) is null))
                result.AddError("Either --data or --log is needed, not both.");
        });
        command.SetWork(async (result, cancellation) =>
        {
            using var loaded = Bundle.Load(result.GetRequiredValue(bundle));
            var parameters = new BlendParameters(result.GetValue(weight));
            var bootstrap = new UserBootstrap(result.GetValue(seed), UserBootstrap.Published);
            var report = result.GetValue(log) is { } folder
                ? EvaluateLog(new EventLogEvaluation(loaded, parameters), new EventLogReader(folder.FullName), bootstrap, cancellation)
                : await SimulateAsync(
                    loaded, result.GetValue(data)!.FullName, result.GetValue(share), result.GetValue(users), result.GetValue(seed), cancellation);
            if (result.GetValue(json) is not AtomicFile.StandardOutput)
                report.Print(Terminal.Results);
            if (result.GetValue(json) is { } path)
                report.Write(path);
            return ExitCodes.Done;
        });
        return command;
    }

    private static EvaluationReport EvaluateLog(EventLogEvaluation evaluation, EventLogReader log, UserBootstrap bootstrap, CancellationToken cancellation)
    {
        var report = evaluation.Evaluate(log.Read(), bootstrap, cancellation);
        return log.Damaged + log.Torn == 0
            ? report
            : report with { Missing = [.. report.Missing, new("parts of the log", $"{log.Damaged} lines are damaged and {log.Torn} files end in the middle of one.")] };
    }

    private static Task<EvaluationReport> SimulateAsync(Bundle bundle, string folder, double share, int sessions, int seed, CancellationToken cancellation) =>
        Terminal.WithStagesAsync(progress => Task.Run(
            () =>
            {
                var options = new KuaiRandSimulatorOptions { Seed = seed, UserShare = share };
                using var simulator = KuaiRandSimulator.Fit(folder, options, progress, cancellation);
                return new SimulatorEvaluation(simulator, sessions, seed, new UserBootstrap(seed, UserBootstrap.Published)).Evaluate(bundle);
            },
            cancellation));
}
