using System.Globalization;
using MTRec.Core.Bundles;
using Spectre.Console;

namespace MTRec.Trainer.CommandLine;

/// <summary>A bundle's figures: one row a figure, one column a split, each with its 95 % interval where it has one.</summary>
internal static class FigureTable
{
    /// <summary>Lays the figures out; like names stand together.</summary>
    public static Table Of(IReadOnlyList<Metric> metrics)
    {
        string[] splits = [.. metrics.Select(metric => metric.Split).Distinct(StringComparer.Ordinal)];
        var table = new Table().AddColumn("figure").AddColumns([.. splits.Select(Markup.Escape)]);
        foreach (var figure in metrics.GroupBy(metric => metric.Name, StringComparer.Ordinal).OrderBy(figure => figure.Key, StringComparer.Ordinal))
        {
            var bySplit = figure.ToLookup(metric => metric.Split, StringComparer.Ordinal);
            table.AddRow([Markup.Escape(figure.Key), .. splits.Select(split => string.Join(' ', bySplit[split].Select(Text)))]);
        }

        return table;
    }

    private static string Text(Metric metric) =>
        metric.Low == metric.High ? Number(metric.Value) : $"{Number(metric.Value)} ({Number(metric.Low)} to {Number(metric.High)})";

    private static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
