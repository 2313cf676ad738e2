using System.Globalization;
using System.Text;
using MTRec.Learning.Distributed;
using MTRec.Learning.Fitting;
using MTRec.Learning.Pipelines;
using MTRec.Trainer.CommandLine;
using Spectre.Console;

namespace MTRec.Trainer.Training;

/// <summary>One run of <c>mtrec train</c>. The first rank prints and publishes; the others work and stay silent.</summary>
/// <param name="world">The ranks that train together.</param>
/// <param name="algorithm">What to train.</param>
/// <param name="basis">The bundle that a fusion policy takes the other parts from; null where one is trained for it.</param>
/// <param name="batch">Examples of a step; null for each algorithm's own.</param>
/// <param name="parts">The <c>--parts</c> asked for; null for the usual ones.</param>
/// <param name="quick">Whether the run is only to show that everything runs.</param>
/// <param name="cancellation">Ends the run.</param>
internal sealed class TrainRun(World world, string algorithm, string? basis, int? batch, int? parts, bool quick, CancellationToken cancellation)
{
    // Enough for every part to run, too little for figures that mean anything.
    private const double QuickShare = 0.05;

    /// <summary>Trains and publishes.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> RunAsync(DefaultBundleOptions options)
    {
        world.RequireSame("the programs are", typeof(World).Module.ModuleVersionId.ToByteArray());
        world.RequireSame("the options are", Encoding.UTF8.GetBytes(CommandOf(options with { Created = default })));
        if (!FusionBundle.Algorithms.Contains(algorithm))
            return TrainWholeAsync(Sized(WholeBundles.All[algorithm](options)) with { Command = CommandOf(options) });
        FusionBundle.RequireShared(algorithm, world);
        var fusion = Sized(new FusionBundleOptions
        {
            Algorithm = algorithm,
            Data = options.Data,
            Base = basis ?? "",
            Registry = options.Registry,
            Name = options.Name,
            Version = options.Version,
            Created = options.Created,
            Seed = options.Seed,
            Threads = options.Threads,
            Formula = options.Formula,
            Command = CommandOf(options),
        });
        return basis is null ? TrainWithBaseAsync(fusion, Sized(options)) : TrainFusionAsync(fusion);
    }

    private async Task<int> TrainWholeAsync(DefaultBundleOptions options)
    {
        if (IsPublished(options.Registry, options.Name, options.Version))
            return ExitCodes.Failed;
        var report = await StagesAsync(progress => new DefaultBundle(options, progress, world).Train(cancellation));
        if (!world.IsFirst)
            return ExitCodes.Done;
        foreach (var (file, dirt) in report.Dirt)
            Terminal.Notes.WriteLine($"{file}:{Environment.NewLine}{dirt}");
        Terminal.Results.Write(FigureTable.Of(report.Manifest.Provenance.Metrics));
        Terminal.Results.WriteLine($"Published {report.Folder}");
        return ExitCodes.Done;
    }

    private async Task<int> TrainWithBaseAsync(FusionBundleOptions options, DefaultBundleOptions whole)
    {
        if (IsPublished(options.Registry, options.Name, options.Version))
            return ExitCodes.Failed;
        var folder = world.IsFirst ? Directory.CreateTempSubdirectory("mtrec-base-").FullName : "";
        try
        {
            var report = await StagesAsync(progress => new DefaultBundle(whole with { Registry = folder, Formula = null }, progress, world).Train(cancellation));
            return await TrainFusionAsync(options with { Base = report.Folder, IsFirst = true });
        }
        finally
        {
            if (world.IsFirst)
                Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<int> TrainFusionAsync(FusionBundleOptions options)
    {
        if (IsPublished(options.Registry, options.Name, options.Version))
            return ExitCodes.Failed;
        try
        {
            var report = await StagesAsync(progress => new FusionBundle(options, progress, world).Train(cancellation));
            if (report is null)
                return ExitCodes.Done;
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

    private Task<T> StagesAsync<T>(Func<IProgress<FitProgress>?, T> work) => world.IsFirst
        ? Terminal.WithStagesAsync(progress => Task.Run(() => work(progress), cancellation))
        : Task.Run(() => work(null), cancellation);

    // Said before the training rather than after it, by the rank that would publish.
    private bool IsPublished(string registry, string name, string version)
    {
        var folder = Path.Combine(registry, name, version);
        if (!world.IsFirst || !Path.Exists(folder))
            return false;
        Terminal.Fail($"{folder} is there already; a published version never changes.");
        return true;
    }

    private DefaultBundleOptions Sized(DefaultBundleOptions options)
    {
        if (quick)
        {
            options = options with
            {
                UserShare = QuickShare,
                Resamples = 100,
                MultiTask = options.MultiTask with { Epochs = 1 },
                LogisticRegression = options.LogisticRegression with { Epochs = 1 },
                MentalReward = options.MentalReward with { Fit = options.MentalReward.Fit with { Epochs = 1 } },
            };
        }

        return batch is not { } rows ? options : options with
        {
            MultiTask = options.MultiTask with { BatchSize = rows },
            LogisticRegression = options.LogisticRegression with { BatchSize = rows },
            MentalReward = options.MentalReward with { Fit = options.MentalReward.Fit with { BatchSize = rows } },
        };
    }

    private FusionBundleOptions Sized(FusionBundleOptions options)
    {
        if (quick)
        {
            options = options with
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
                    Sessions = options.Simulator.Sessions with { MeasuredSessions = 200 },
                },
                CrossEntropy = options.CrossEntropy with { Rounds = 2, Population = 4, Sessions = 32 },
                BayesianOptimisation = options.BayesianOptimisation with { Initial = 4, Rounds = 2, Sessions = 32 },
                EvolutionStrategy = options.EvolutionStrategy with { Generations = 2, Pairs = 2, Sessions = 32 },
                UnifiedRl = options.UnifiedRl with { CriticWarmUp = 20 },
                EnhancedRl = options.EnhancedRl with { CriticWarmUp = 20 },
                Xmtf = options.Xmtf with { TransferUpdates = 50 },
            };
        }

        return batch is not { } rows ? options : options with
        {
            Td3 = options.Td3 with { BatchSize = rows },
            CqlSac = options.CqlSac with { BatchSize = rows },
            Iql = options.Iql with { BatchSize = rows },
            BatchRl = options.BatchRl with { BatchSize = rows },
            UnifiedRl = options.UnifiedRl with { BatchSize = rows },
            EnhancedRl = options.EnhancedRl with { BatchSize = rows },
            Xmtf = options.Xmtf with { Outer = options.Xmtf.Outer with { BatchSize = rows } },
        };
    }

    /// <summary>The command that makes the same bundle again, wherever data, base and registry lie.</summary>
    private string CommandOf(DefaultBundleOptions options)
    {
        var ranks = world.Size > 1 ? string.Create(CultureInfo.InvariantCulture, $"mpirun -n {world.Size} ") : "";
        var chosen = algorithm == WholeBundles.Standard ? "" : $" --algorithm {algorithm}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{ranks}mtrec train{chosen}{(basis is null ? "" : " --base BASE")} --data DATA --out REGISTRY --name {options.Name} --version {options.Version} "
            + $"--created {options.Created:yyyy-MM-dd'T'HH:mm:ssK} --seed {options.Seed} --threads {options.Threads}"
            + $"{(options.Formula is { } formula ? $" --formula {formula}" : "")}{(batch is { } rows ? $" --batch {rows}" : "")}{(parts is { } all ? $" --parts {all}" : "")}{(quick ? " --quick" : "")}");
    }
}
