using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MTRec.Core.Fusion;
using MTRec.Learning.Pipelines;
using MTRec.Trainer.CommandLine;
using Spectre.Console;

namespace MTRec.Trainer.Training;

/// <summary><c>mtrec train</c>: makes a bundle of a log.</summary>
internal static class TrainCommand
{
    // Enough for every part to run, too little for figures that mean anything.
    private const double QuickShare = 0.05;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var algorithm = new Option<string>("--algorithm") { Description = "What to train, see below.", DefaultValueFactory = _ => WholeBundles.Standard };
        algorithm.AcceptOnlyFromAmong([.. WholeBundles.All.Keys]);
        var data = new Option<DirectoryInfo>("--data")
        {
            Description = "Folder with log_train and log_dev, and where there are some log_test, user_features_pure, video_features_basic_pure, history; each .csv or .csv.gz.",
            Required = true,
            HelpName = "DIR",
        };
        var registry = new Option<string>("--out") { Description = "The registry; the bundle becomes DIR/NAME/VERSION.", Required = true, HelpName = "DIR" };
        var name = new Option<string>("--name") { Description = "The bundle's name.", DefaultValueFactory = _ => "default" };
        var version = new Option<string>("--version") { Description = "The bundle's version; a published version never changes.", DefaultValueFactory = _ => "1" };
        var created = new Option<DateTimeOffset?>("--created")
        {
            Description = "When the bundle was made, for its manifest; now where left out.",
            HelpName = "TIME",
            CustomParser = ParseTime,
        };
        var seed = OptionKinds.Whole("--seed", "Seed of all randomness.", 1, 0, int.MaxValue);
        var threads = OptionKinds.Whole("--threads", "Threads of a tensor operation; the same number gives the same bundle.", 2, 1, 256);
        var formula = new Option<FusionFormula?>("--formula") { Description = "The fusion formula; the better one on log_dev where left out." };
        var quick = new Option<bool>("--quick") { Description = "One pass over a twentieth of the users: to see that it runs, not to serve." };
        var command = new DocumentedCommand("train", "Trains a bundle from a log: task scores, mental reward, fusion weights.")
        {
            Examples =
            [
                "mtrec train --data kuairand-pure --out deploy/registry --version 2",
                "mtrec train --data kuairand-pure --out /tmp/registry --quick",
                "mtrec train --algorithm ple --data kuairand-pure --out deploy/registry --version 3",
            ],
            Remarks = """
                Algorithms, each a whole bundle:
                  fixed           MMoE for the task scores, QR-IQL for the mental reward, fixed weights for the fusion
                  qr-iql          the same, as it has QR-IQL
                  iq-learn        plain IQ-Learn in its place
                  mmoe, ple, mfh  this model for the task scores
                Every other part is that of fixed.

                Stages: the upstream model for the task scores and a logistic regression to compare it with; the mental reward; the regression
                that predicts it before the response; fixed weights for the three fusion formulas. log_dev decides when to stop and between
                formulas, log_test is for figures only. The same data, options, seed and number of threads on the same machine give the same
                graphs. Ctrl-C leaves nothing behind.
                """,
        };
        command.AddAll(algorithm, data, registry, name, version, created, seed, threads, formula, quick);
        data.AcceptExistingOnly();
        command.SetAction((result, cancellation) =>
        {
            var options = new DefaultBundleOptions
            {
                Data = result.GetRequiredValue(data).FullName,
                Registry = result.GetRequiredValue(registry),
                Name = result.GetValue(name)!,
                Version = result.GetValue(version)!,
                Created = result.GetValue(created) ?? DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()),
                Seed = result.GetValue(seed),
                Threads = result.GetValue(threads),
                Formula = result.GetValue(formula),
            };
            var chosen = result.GetRequiredValue(algorithm);
            options = WholeBundles.All[chosen](options);
            return TrainAsync(result.GetValue(quick) ? Quick(options) : options, chosen, result.GetValue(quick), cancellation);
        });
        return command;
    }

    private static async Task<int> TrainAsync(DefaultBundleOptions options, string algorithm, bool quick, CancellationToken cancellation)
    {
        // Said now rather than after the training.
        var folder = Path.Combine(options.Registry, options.Name, options.Version);
        if (Path.Exists(folder))
        {
            Terminal.Fail($"{folder} is there already; a published version never changes.");
            return ExitCodes.Failed;
        }

        options = options with { Command = CommandOf(options, algorithm, quick) };
        var report = await Terminal.WithStagesAsync(
            progress => Task.Run(() => new DefaultBundle(options, progress).Train(cancellation), cancellation));
        foreach (var (file, dirt) in report.Dirt)
            Terminal.Notes.WriteLine($"{file}:{Environment.NewLine}{dirt}");
        Terminal.Results.Write(FigureTable.Of(report.Manifest.Provenance.Metrics));
        Terminal.Results.WriteLine($"Published {report.Folder}");
        return ExitCodes.Done;
    }

    private static DefaultBundleOptions Quick(DefaultBundleOptions options) => options with
    {
        UserShare = QuickShare,
        Resamples = 100,
        MultiTask = options.MultiTask with { Epochs = 1 },
        LogisticRegression = options.LogisticRegression with { Epochs = 1 },
        MentalReward = options.MentalReward with { Fit = options.MentalReward.Fit with { Epochs = 1 } },
    };

    /// <summary>The command that makes the same bundle again, wherever data and registry lie.</summary>
    private static string CommandOf(DefaultBundleOptions options, string algorithm, bool quick) => string.Create(
        CultureInfo.InvariantCulture,
        $"mtrec train {(algorithm == WholeBundles.Standard ? "" : $"--algorithm {algorithm} ")}--data DATA --out REGISTRY --name {options.Name} --version {options.Version} --created {options.Created:yyyy-MM-dd'T'HH:mm:ssK} "
        + $"--seed {options.Seed} --threads {options.Threads}{(options.Formula is { } formula ? $" --formula {formula}" : "")}{(quick ? " --quick" : "")}");

    private static DateTimeOffset? ParseTime(ArgumentResult argument)
    {
        if (DateTimeOffset.TryParse(argument.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            return time;
        argument.AddError($"--created must be a time such as 2026-01-31T20:15:00Z, not {argument.Tokens[0].Value}.");
        return null;
    }
}
