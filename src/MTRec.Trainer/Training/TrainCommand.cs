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
        algorithm.AcceptOnlyFromAmong([.. WholeBundles.All.Keys, .. FusionBundle.Algorithms]);
        var basis = new Option<DirectoryInfo>("--base")
        {
            Description = "Bundle whose task scores, mental reward and items a learned fusion policy takes over; trained too where left out. For those algorithms only.",
            HelpName = "DIR",
        };
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
        var formula = new Option<FusionFormula?>("--formula") { Description = "The fusion formula; the better one on log_dev, or the learner's own, where left out." };
        formula.AcceptOnlyFromAmong([.. Fuser.OfScores.Select(name => name.ToString())]);
        var quick = new Option<bool>("--quick") { Description = "One pass over a twentieth of the users: to see that it runs, not to serve." };
        var command = new DocumentedCommand("train", "Trains a bundle from a log: task scores, mental reward, fusion weights.")
        {
            Examples =
            [
                "mtrec train --data kuairand-pure --out deploy/registry --version 2",
                "mtrec train --data kuairand-pure --out /tmp/registry --quick",
                "mtrec train --algorithm ple --data kuairand-pure --out deploy/registry --version 3",
                "mtrec train --algorithm enhanced-rl --data kuairand-pure --base deploy/registry/default/1 --out deploy/registry --version 4",
            ],
            Remarks = $"""
                Algorithms that train a whole bundle:
                  fixed           MMoE for the task scores, QR-IQL for the mental reward, fixed weights for the fusion
                  qr-iql          the same, as it has QR-IQL
                  iq-learn        plain IQ-Learn in its place
                  mmoe, ple, mfh  this model for the task scores
                Every other part is that of fixed.
                Algorithms that learn a fusion policy with simulated users (fitted on the log; graded on users that the policy never met)
                and publish it with the other parts of --base, or of a bundle trained for it first:
                  {string.Join(", ", FusionBundle.Algorithms)}

                Stages: the upstream model for the task scores and a logistic regression to compare it with; the mental reward; the regression
                that predicts it before the response; fixed weights for the three fusion formulas. log_dev decides when to stop and between
                formulas, log_test is for figures only. The same data, options, seed and number of threads on the same machine give the same
                graphs. Ctrl-C leaves nothing behind.
                """,
        };
        command.AddAll(algorithm, data, basis, registry, name, version, created, seed, threads, formula, quick);
        data.AcceptExistingOnly();
        basis.AcceptExistingOnly();
        command.Validators.Add(result =>
        {
            if (!FusionBundle.Algorithms.Contains(result.GetValue(algorithm)!) && result.GetResult(basis) is not null)
                result.AddError($"{result.GetValue(algorithm)} trains a whole bundle: --base is for {string.Join(", ", FusionBundle.Algorithms)}.");
        });
        command.SetAction((result, cancellation) =>
        {
            var chosen = result.GetRequiredValue(algorithm);
            var made = result.GetValue(created) ?? DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds());
            var quickly = result.GetValue(quick);
            var options = new DefaultBundleOptions
            {
                Data = result.GetRequiredValue(data).FullName,
                Registry = result.GetRequiredValue(registry),
                Name = result.GetValue(name)!,
                Version = result.GetValue(version)!,
                Created = made,
                Seed = result.GetValue(seed),
                Threads = result.GetValue(threads),
                Formula = result.GetValue(formula),
            };
            if (FusionBundle.Algorithms.Contains(chosen))
            {
                var fusion = new FusionBundleOptions
                {
                    Algorithm = chosen,
                    Data = options.Data,
                    Base = result.GetValue(basis)?.FullName ?? "",
                    Registry = options.Registry,
                    Name = options.Name,
                    Version = options.Version,
                    Created = made,
                    Seed = options.Seed,
                    Threads = options.Threads,
                    Formula = options.Formula,
                };
                fusion = quickly ? Quick(fusion) : fusion;
                return fusion.Base == ""
                    ? TrainWithBaseAsync(fusion, quickly ? Quick(options) : options, quickly, cancellation)
                    : TrainAsync(fusion, " --base BASE", quickly, cancellation);
            }

            options = WholeBundles.All[chosen](options);
            return TrainAsync(quickly ? Quick(options) : options, chosen, quickly, cancellation);
        });
        return command;
    }

    private static async Task<int> TrainAsync(DefaultBundleOptions options, string algorithm, bool quick, CancellationToken cancellation)
    {
        if (IsPublished(options.Registry, options.Name, options.Version))
            return ExitCodes.Failed;
        var algorithmGiven = algorithm == WholeBundles.Standard ? "" : $" --algorithm {algorithm}";
        options = options with
        {
            Command = CommandOf(algorithmGiven, options.Name, options.Version, options.Created, options.Seed, options.Threads, options.Formula, quick),
        };
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

    private static async Task<int> TrainWithBaseAsync(FusionBundleOptions options, DefaultBundleOptions basis, bool quick, CancellationToken cancellation)
    {
        if (IsPublished(options.Registry, options.Name, options.Version))
            return ExitCodes.Failed;
        var folder = Directory.CreateTempSubdirectory("mtrec-base-").FullName;
        try
        {
            var report = await Terminal.WithStagesAsync(
                progress => Task.Run(() => new DefaultBundle(basis with { Registry = folder, Formula = null }, progress).Train(cancellation), cancellation));
            return await TrainAsync(options with { Base = report.Folder, IsFirst = true }, "", quick, cancellation);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> TrainAsync(FusionBundleOptions options, string basis, bool quick, CancellationToken cancellation)
    {
        if (IsPublished(options.Registry, options.Name, options.Version))
            return ExitCodes.Failed;
        var arguments = $" --algorithm {options.Algorithm}{basis}";
        options = options with
        {
            Command = CommandOf(arguments, options.Name, options.Version, options.Created, options.Seed, options.Threads, options.Formula, quick),
        };
        try
        {
            var report = await Terminal.WithStagesAsync(
                progress => Task.Run(() => new FusionBundle(options, progress).Train(cancellation), cancellation));
            Terminal.Results.Write(FigureTable.Of(report.Manifest.Provenance.Metrics));
            Terminal.Results.WriteLine($"Published {report.Folder}");
            return ExitCodes.Done;
        }
        catch (ArgumentException e)
        {
            // The base is not of this log.
            Terminal.Fail(e.Message);
            return ExitCodes.Failed;
        }
    }

    private static FusionBundleOptions Quick(FusionBundleOptions options) => options with
    {
        Sessions = 200,
        Updates = 100,
        Rounds = 2,
        EvaluationSessions = 100,
        Resamples = 100,
        Simulator = options.Simulator with
        {
            UserShare = QuickShare,
            ResponseFit = options.Simulator.ResponseFit with { Epochs = 1 },
            UpstreamFit = options.Simulator.UpstreamFit with { Epochs = 1 },
        },
        CrossEntropy = options.CrossEntropy with { Rounds = 2, Population = 4, Sessions = 32 },
        BayesianOptimisation = options.BayesianOptimisation with { Initial = 4, Rounds = 2, Sessions = 32 },
        EvolutionStrategy = options.EvolutionStrategy with { Generations = 2, Pairs = 2, Sessions = 32 },
        Xmtf = options.Xmtf with { TransferUpdates = 50 },
    };

    // Said before the training rather than after it.
    private static bool IsPublished(string registry, string name, string version)
    {
        var folder = Path.Combine(registry, name, version);
        if (Path.Exists(folder))
            Terminal.Fail($"{folder} is there already; a published version never changes.");
        return Path.Exists(folder);
    }

    /// <summary>The command that makes the same bundle again, wherever data, base and registry lie.</summary>
    private static string CommandOf(
        string algorithm, string name, string version, DateTimeOffset created, int seed, int threads, FusionFormula? formula, bool quick) => string.Create(
        CultureInfo.InvariantCulture,
        $"mtrec train{algorithm} --data DATA --out REGISTRY --name {name} --version {version} --created {created:yyyy-MM-dd'T'HH:mm:ssK} "
        + $"--seed {seed} --threads {threads}{(formula is { } chosen ? $" --formula {chosen}" : "")}{(quick ? " --quick" : "")}");

    private static DateTimeOffset? ParseTime(ArgumentResult argument)
    {
        if (DateTimeOffset.TryParse(argument.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            return time;
        argument.AddError($"--created must be a time such as 2026-01-31T20:15:00Z, not {argument.Tokens[0].Value}.");
        return null;
    }
}
