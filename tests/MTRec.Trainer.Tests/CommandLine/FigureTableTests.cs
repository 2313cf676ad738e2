using MTRec.Core.Bundles;
using MTRec.Trainer.CommandLine;
using Spectre.Console;
using Xunit;

namespace MTRec.Trainer.Tests.CommandLine;

public sealed class FigureTableTests
{
    [Fact]
    public void A_figure_is_a_row_and_a_split_a_column()
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.No });
        console.Profile.Width = 200;
        console.Write(FigureTable.Of(
        [
            new Metric("auc.like", "dev", 0.61234, 0.6, 0.62, 10),
            new Metric("auc.click", "dev", 0.7, 0.7, 0.7, 10),
            new Metric("auc.like", "test", 0.5, 0.4, 0.6, 10),
        ]));
        var lines = text.ToString().Split('\n').Where(line => line.Contains("figure", StringComparison.Ordinal) || line.Contains("auc", StringComparison.Ordinal))
            .Select(line => line.Split('│', StringSplitOptions.TrimEntries)[1..^1]).ToArray();

        Assert.Equal(["figure", "dev", "test"], lines[0]);
        Assert.Equal(["auc.click", "0.7000", ""], lines[1]);
        Assert.Equal(["auc.like", "0.6123 (0.6000 to 0.6200)", "0.5000 (0.4000 to 0.6000)"], lines[2]);
    }
}
