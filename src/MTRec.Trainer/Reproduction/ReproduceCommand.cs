using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using MTRec.Trainer.CommandLine;
using Spectre.Console;
using TorchSharp;

namespace MTRec.Trainer.Reproduction;

/// <summary><c>mtrec reproduce</c>: runs a comparison and writes what it found.</summary>
internal static class ReproduceCommand
{
    private const string Every = "all";
    private const string Quick = "quick";
    private const string Full = "full";
    private const int QuickSeeds = 1;
    private const int FullSeeds = 5;

    // Beside the working folder: a user's own, then where a developer's clone has its data.
    private static readonly string[] DataFolders = ["data", Path.Combine("..", "shared", "data")];

    /// <summary>The command.</summary>
    /// <param name="tables">The tables that it knows.</param>
    public static Command Create(IReadOnlyList<IReproducedTable> tables)
    {
        var table = new Option<string>("--table") { Description = "What to reproduce.", Required = true };
        table.AcceptOnlyFromAmong([.. tables.Select(known => known.Name), Every]);
        var data = new Option<string>("--data")
        {
            Description = "The folder that holds the data's folders: kuairand-pure, open-bandit, virtual-taobao, sequences.",
            DefaultValueFactory = _ => DataFolders.FirstOrDefault(Directory.Exists) ?? DataFolders[0],
            HelpName = "DIR",
        };
        var output = new Option<string>("--out")
        {
            Description = "Where TABLE.json and TABLE.html are written; those of before are replaced.",
            DefaultValueFactory = _ => Path.Combine("var", "results"),
            HelpName = "DIR",
        };
        var budget = new Option<string>("--budget")
        {
            Description = "quick ends within ten minutes on two idle cores with one seed; full is what figures are quoted from.",
            DefaultValueFactory = _ => Quick,
        };
        budget.AcceptOnlyFromAmong(Quick, Full);
        var seeds = OptionKinds.Whole("--seeds", $"Number of seeds: 1, 2, 3 ...; {QuickSeeds} for quick where left out.", FullSeeds, 1, 1000);
        var threads = OptionKinds.Whole("--threads", "Threads of a tensor operation; the same number gives the same figures.", 2, 1, 256);
        var command = new DocumentedCommand("reproduce", "Reproduces a comparison: prints its tables, writes them as JSON and as one HTML page with plots.")
        {
            Examples =
            [
                "mtrec reproduce --table upstream --data data",
                "mtrec reproduce --table all --data data --budget full --seeds 5",
            ],
            Remarks = $"""
                Tables:
                {string.Join(Environment.NewLine, tables.Select(known => $"  {known.Name,-10}{known.Purpose} Reads: {Reads(known)}."))}
                A table is written when it is done, both files whole; what is interrupted writes nothing.
                """,
        };
        command.AddAll(table, budget, seeds, data, output, threads);
        command.SetWork((result, cancellation) => RunAsync(
            [.. tables.Where(known => result.GetRequiredValue(table) is var name && (name == Every || name == known.Name))],
            new ReproductionOptions(
                Path.GetFullPath(result.GetValue(data)!),
                result.GetValue(budget) == Quick && result.GetResult(seeds) is not { Implicit: false } ? QuickSeeds : result.GetValue(seeds),
                result.GetValue(budget) == Full,
                result.GetValue(threads)),
            result.GetValue(output)!,
            cancellation));
        return command;
    }

    /// <summary>What the tables need and the data has not, one sentence a folder.</summary>
    internal static IEnumerable<string> MissingFolders(IReadOnlyList<IReproducedTable> tables, ReproductionOptions options) => tables
        .SelectMany(table => table.Folders.Select(folder => (Table: table.Name, Folder: folder)))
        .GroupBy(need => need.Folder, need => need.Table)
        .Where(need => !Directory.Exists(options.Folder(need.Key)))
        .Select(need => $"{options.Data} has no folder {need.Key}, which {string.Join(", ", need)} reads; say with --data where it is.");

    private static async Task<int> RunAsync(
        IReadOnlyList<IReproducedTable> tables, ReproductionOptions options, string output, CancellationToken cancellation)
    {
        // Said now rather than after the tables before.
        foreach (var missing in MissingFolders(tables, options))
            Terminal.Fail(missing);
        if (MissingFolders(tables, options).Any())
            return ExitCodes.Failed;
        torch.set_num_threads(options.Threads);
        foreach (var table in tables)
        {
            var reproduction = await RunAsync(table, options, cancellation);
            ReportOnTerminal.Write(Terminal.Results, reproduction);
            cancellation.ThrowIfCancellationRequested();
            Directory.CreateDirectory(output);
            var json = Path.Combine(output, $"{table.Name}.json");
            var page = Path.Combine(output, $"{table.Name}.html");
            AtomicFile.Write(page, writer => ReportPage.Write(writer, reproduction));
            AtomicFile.Write(json, writer => ReproductionFile.Write(writer, reproduction));
            Terminal.Results.WriteLine($"Wrote {json} and {page}");
        }

        return ExitCodes.Done;
    }

    private static async Task<ReproducedReport> RunAsync(IReproducedTable table, ReproductionOptions options, CancellationToken cancellation)
    {
        var started = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        var report = await Terminal.WithStagesAsync(progress => Task.Run(() => table.Run(options, progress, cancellation), cancellation));
        var budget = options.Full ? Full : Quick;
        return new ReproducedReport(
            table.Name,
            report.Title,
            table.Purpose,
            string.Create(
                CultureInfo.InvariantCulture,
                $"mtrec reproduce --table {table.Name} --data DATA --seeds {options.Seeds} --budget {budget} --threads {options.Threads}"),
            options.Seeds,
            budget,
            options.Threads,
            Machine.This(),
            typeof(ReproduceCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
            started,
            Math.Round(clock.Elapsed.TotalSeconds, 1),
            report.Tables,
            report.Plots,
            report.Notes);
    }

    private static string Reads(IReproducedTable table) => table.Folders.Count == 0 ? "nothing" : string.Join(", ", table.Folders);
}
