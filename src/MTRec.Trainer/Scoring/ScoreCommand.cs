using System.Collections.Immutable;
using System.CommandLine;
using System.Numerics;
using MTRec.Core.Blending;
using MTRec.Core.Sessions;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;
using MTRec.Inference;
using MTRec.Trainer.CommandLine;
using Spectre.Console;

namespace MTRec.Trainer.Scoring;

/// <summary><c>mtrec score</c>: what a bundle says of every row of a log.</summary>
internal static class ScoreCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var bundle = new Option<string>("--bundle") { Description = "The bundle's folder.", Required = true, HelpName = "DIR" };
        var log = new Option<FileInfo>("--log") { Description = "The log: KuaiRand format, CSV or CSV.GZ.", Required = true, HelpName = "FILE" };
        var output = new Option<string>("--out") { Description = "The CSV to write, '-' for standard output.", Required = true, HelpName = "FILE" };
        var earlier = new Option<FileInfo[]>("--warm-log")
        {
            Description = "Earlier logs, for the users' histories; their rows are not scored.",
            HelpName = "FILE",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var history = new Option<FileInfo>("--history") { Description = "KuaiRand's histories: what users watched before all logs.", HelpName = "FILE" };
        var users = new Option<FileInfo>("--user-features") { Description = "KuaiRand's user features; defaults without.", HelpName = "FILE" };
        var weight = OptionKinds.Real("--mental-weight", "Weight of the mental reward in the final score; 0 gives the fusion order.", 0.3, 0, 100);
        var form = new Option<BlendForm>("--blend-form") { Description = "How the mental reward enters the final score.", DefaultValueFactory = _ => BlendForm.Additive };
        var statistic = new Option<RewardStatistic>("--mental-statistic") { Description = "What of the mental reward enters.", DefaultValueFactory = _ => RewardStatistic.Mean };
        var level = OptionKinds.Real("--mental-level", "Level of the quantile or CVaR.", 0.1, 0.001, 0.999);
        var threshold = OptionKinds.Real("--gate-threshold", "The gate's threshold, in units of reward.", 0, -1e6, 1e6);
        var threads = OptionKinds.Whole("--threads", "Users scored at once; the scores do not depend on it.", Environment.ProcessorCount, 1, 1024);
        var command = new DocumentedCommand("score", "Scores every row of a log as the service would have when it was shown.")
        {
            Examples =
            [
                "mtrec score --bundle deploy/registry/default/1 --log log_test.csv.gz --out scores.csv",
                "mtrec score --bundle deploy/registry/default/1 --log log_test.csv.gz --out scores.csv --warm-log log_train.csv.gz log_dev.csv.gz --user-features user_features_pure.csv.gz",
            ],
            Remarks = """
                One row out for each row in, in the order of the log:
                  row                 1-based number of the row in the log, the header not counted
                  userId, itemId      as the log has them
                  one column a task   the task scores, named as the bundle names the tasks
                  fusionScore         f
                  mentalReward        expected for a positive response, before the response is known
                  mentalRewardGiven   r(s, a) = Q(s, a) - gamma V(s') of the response that the row tells of, in retrospect
                  score               the final score, f and mentalReward blended
                What is undefined is empty: everything where the row cannot be read; mentalRewardGiven where the row tells of no
                response or is the user's last. A user's history are the rows before in time, those of --warm-log and --history included.
                """,
        };
        command.AddAll(bundle, log, output, earlier, history, users, weight, form, statistic, level, threshold, threads);
        log.AcceptExistingOnly();
        earlier.AcceptExistingOnly();
        history.AcceptExistingOnly();
        users.AcceptExistingOnly();
        command.SetWork(async (result, cancellation) =>
        {
            using var loaded = Bundle.Load(result.GetRequiredValue(bundle));
            if (!loaded.HasTaskScores)
            {
                Terminal.Fail("the bundle has no task-scores.onnx, and a log has no task scores.");
                return ExitCodes.Failed;
            }

            var rows = LogRows.Read(result.GetRequiredValue(log));
            var scorer = new LogScorer(
                loaded,
                new BlendParameters(
                    result.GetValue(weight), result.GetValue(form), result.GetValue(statistic), result.GetValue(level), result.GetValue(threshold)),
                RowFeatures.Read(loaded.Manifest.Schema(), result.GetValue(users)),
                Histories(result.GetValue(history)));
            var warm = result.GetValue(earlier)!.SelectMany(LogRows.Read).ToArray();
            var scores = await Terminal.WithProgressAsync(
                "scoring", progress => Task.Run(() => scorer.Score(rows, warm, result.GetValue(threads), progress, cancellation), cancellation));
            AtomicFile.Write(result.GetRequiredValue(output), writer => ScoreFile.Write(writer, loaded.Manifest.Tasks, rows, scores));
            Report(rows, scores);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Dictionary<string, ImmutableArray<SessionEvent>> Histories(FileInfo? file) => file is null
        ? []
        : HistoryFile.Read(file.FullName, out _).ToDictionary(
            history => history.UserId, history => history.ToSessionEvents().ToImmutableArray(), StringComparer.Ordinal);

    private static void Report(IReadOnlyList<Impression> rows, RowScores?[] scores)
    {
        LogCleaner.Clean(rows, out var dirt);
        Terminal.Notes.WriteLine($"{rows.Count} rows, {scores.Count(score => score is not null)} of them scored.");
        if (Enum.GetValues<RowFlaws>().Any(flaw => BitOperations.IsPow2((int)flaw) && dirt.Count(flaw) > 0))
            Terminal.Notes.WriteLine($"What is wrong with the log ('dropped' rows are no part of the users' histories):{Environment.NewLine}{dirt}");
    }
}
