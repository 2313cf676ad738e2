using System.CommandLine;
using MTRec.Testing;
using MTRec.Trainer.CommandLine;
using MTRec.Trainer.Reproduction;
using MTRec.Trainer.Tests.CommandLine;
using Xunit;

namespace MTRec.Trainer.Tests.Reproduction;

public sealed class ReproduceCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_table_is_run_as_asked_and_written_as_json_and_page()
    {
        ReproductionOptions? asked = null;
        var table = new SyntheticTable { Running = (options, _) => asked = options };

        var code = await RunAsync([table], "--table", "synthetic", "--seeds", "3", "--budget", "full", "--threads", "1", "--data", _folder.Path);

        Assert.Equal(ExitCodes.Done, code);
        Assert.Equal(new ReproductionOptions(_folder.Path, 3, true, 1), asked);
        var written = ReproductionFile.Read(await File.ReadAllTextAsync(Path.Combine(Output, "synthetic.json")));
        Assert.Equal("mtrec reproduce --table synthetic --data DATA --seeds 3 --budget full --threads 1", written.Command);
        Assert.Equal((3, "full"), (written.Seeds, written.Budget));
        Assert.Contains("12.35", await File.ReadAllTextAsync(Path.Combine(Output, "synthetic.html")), StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(Output).Length);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("--seeds 2", 2)]
    [InlineData("--budget full", 5)]
    public async Task Seeds_are_as_given_or_by_the_budget(string arguments, int seeds)
    {
        ReproductionOptions? asked = null;
        var table = new SyntheticTable { Running = (options, _) => asked = options };

        await RunAsync([table], ["--table", "synthetic", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal(seeds, asked!.Seeds);
    }

    [Fact]
    public async Task All_runs_every_table()
    {
        Assert.Equal(ExitCodes.Done, await RunAsync([new SyntheticTable("a"), new SyntheticTable("b")], "--table", "all"));

        Assert.Equal(["a.html", "a.json", "b.html", "b.json"], Directory.GetFiles(Output).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Data_that_is_not_there_is_named_before_anything_runs()
    {
        var ran = false;
        var tables = new[] { new SyntheticTable("a") { Running = (_, _) => ran = true }, new SyntheticTable("b", "kuairand-pure", "sequences") };
        Directory.CreateDirectory(Path.Combine(_folder.Path, "sequences"));

        Assert.Equal(ExitCodes.Failed, await RunAsync(tables, "--table", "all", "--data", _folder.Path));
        Assert.False(ran);
        Assert.Equal(
            [$"{_folder.Path} has no folder kuairand-pure, which b reads; say with --data where it is."],
            ReproduceCommand.MissingFolders(tables, new ReproductionOptions(_folder.Path, 1, false, 1)));
        Assert.False(Directory.Exists(Output));
    }

    [Fact]
    public async Task What_is_interrupted_writes_nothing()
    {
        using var interrupt = new CancellationTokenSource();
        var table = new SyntheticTable
        {
            Running = (_, cancellation) =>
            {
                interrupt.Cancel();
                cancellation.ThrowIfCancellationRequested();
            },
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync([table], interrupt.Token, "--table", "synthetic"));
        Assert.False(Directory.Exists(Output));
    }

    [Fact]
    public async Task A_failed_table_leaves_the_files_of_before()
    {
        await RunAsync([new SyntheticTable()], "--table", "synthetic");
        var before = await File.ReadAllTextAsync(Path.Combine(Output, "synthetic.json"));
        var failing = new SyntheticTable { Running = (_, _) => throw new ArithmeticException("diverged") };

        await Assert.ThrowsAsync<ArithmeticException>(() => RunAsync([failing], "--table", "synthetic"));
        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(Output, "synthetic.json")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("--table pie")]
    [InlineData("--table synthetic --budget huge")]
    [InlineData("--table synthetic --seeds 0")]
    public void What_is_not_known_is_refused_and_the_choice_named(string arguments)
    {
        var parsed = new RootCommand { ReproduceCommand.Create([new SyntheticTable()]) }.Parse($"reproduce {arguments}");

        Assert.NotEmpty(parsed.Errors);
        if (arguments.Contains("pie", StringComparison.Ordinal))
            Assert.Contains("synthetic", parsed.Errors[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_real_command_ends_with_2_where_the_table_is_unknown_and_with_1_where_data_is_missing()
    {
        Assert.Equal(ExitCodes.Usage, (await Mtrec.RunAsync("reproduce", "--table", "pie")).ExitCode);
        foreach (var table in ReproducedTables.All.Where(table => table.Folders.Count > 0).Take(1))
        {
            var result = await Mtrec.RunAsync("reproduce", "--table", table.Name, "--data", _folder.Path);
            Assert.Equal(ExitCodes.Failed, result.ExitCode);
            Assert.Contains($"has no folder {table.Folders[0]}", result.Error, StringComparison.Ordinal);
        }
    }

    private string Output => Path.Combine(_folder.Path, "results");

    private Task<int> RunAsync(IReadOnlyList<IReproducedTable> tables, params string[] arguments) => RunAsync(tables, CancellationToken.None, arguments);

    private async Task<int> RunAsync(IReadOnlyList<IReproducedTable> tables, CancellationToken cancellation, params string[] arguments)
    {
        var parsed = new RootCommand { ReproduceCommand.Create(tables) }.Parse(["reproduce", "--out", Output, .. arguments]);
        Assert.Empty(parsed.Errors);
        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, cancellation);
    }
}
