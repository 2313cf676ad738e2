using System.Text.Json.Serialization;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;
using MTRec.Learning.Evaluation;

namespace MTRec.Trainer.Reproduction;

/// <summary>What a reproduction found: written as JSON, printed as tables, drawn as one HTML page.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Title">Headline.</param>
/// <param name="Tables">The figures.</param>
/// <param name="Plots">The pictures.</param>
/// <param name="Notes">What a reader must know to read the figures right: definitions, caveats, findings.</param>
internal sealed record Report(
    string Table, string Title, IReadOnlyList<ReportTable> Tables, IReadOnlyList<Plot> Plots, IReadOnlyList<string> Notes);

/// <summary>Figures in rows and columns.</summary>
/// <param name="Name">Identifies it in the JSON.</param>
/// <param name="Title">Headline.</param>
/// <param name="RowHeader">What a row is, such as <c>algorithm</c>.</param>
/// <param name="Columns">Names of the figures.</param>
/// <param name="Rows">One a row label.</param>
internal sealed record ReportTable(string Name, string Title, string RowHeader, IReadOnlyList<string> Columns, IReadOnlyList<ReportRow> Rows);

/// <summary>One row.</summary>
/// <param name="Label">The row's label.</param>
/// <param name="Cells">One a column; null where the figure does not exist.</param>
internal sealed record ReportRow(string Label, IReadOnlyList<ReportCell?> Cells);

/// <summary>One figure: a value with its 95 % interval where it has one, and the values by seed where there are several.</summary>
internal sealed record ReportCell(double Value, double? Low = null, double? High = null, IReadOnlyList<double>? BySeed = null)
{
    /// <summary>A figure with its interval.</summary>
    public static ReportCell Of(Estimate estimate, IReadOnlyList<double>? bySeed = null) => new(estimate.Value, estimate.Low, estimate.High, bySeed);

    /// <summary>The mean over seeds with Student's interval; no interval where there is one seed.</summary>
    public static ReportCell OverSeeds(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        if (values.Count < 2)
            return new ReportCell(mean, BySeed: values);
        var reach = StudentT.InvCDF(0, 1, values.Count - 1, 0.975) * values.StandardDeviation() / Math.Sqrt(values.Count);
        return new ReportCell(mean, mean - reach, mean + reach, values);
    }
}

/// <summary>A picture.</summary>
/// <param name="Title">Headline.</param>
/// <param name="XLabel">Caption of the horizontal axis, with its unit.</param>
/// <param name="YLabel">Caption of the vertical axis, with its unit.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(LinePlot), "lines")]
[JsonDerivedType(typeof(IntervalPlot), "intervals")]
[JsonDerivedType(typeof(HistogramPlot), "histogram")]
internal abstract record Plot(string Title, string XLabel, string YLabel);

/// <summary>Lines over a quantity, such as learning curves.</summary>
internal sealed record LinePlot(string Title, string XLabel, string YLabel, IReadOnlyList<Series> Series, bool LogarithmicY = false) : Plot(Title, XLabel, YLabel);

/// <summary>One line, with a band where low and high are given.</summary>
internal sealed record Series(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y, IReadOnlyList<double>? Low = null, IReadOnlyList<double>? High = null);

/// <summary>Estimates with their intervals, one a label.</summary>
internal sealed record IntervalPlot(string Title, string XLabel, IReadOnlyList<LabelledEstimate> Estimates) : Plot(Title, XLabel, "");

/// <summary>One estimate of an <see cref="IntervalPlot"/>.</summary>
internal sealed record LabelledEstimate(string Label, Estimate Estimate);

/// <summary>Shares of values in bins of equal width, one outline a name.</summary>
internal sealed record HistogramPlot(string Title, string XLabel, double Low, double High, IReadOnlyList<Outline> Outlines)
    : Plot(Title, XLabel, "share");

/// <summary>One outline of a <see cref="HistogramPlot"/>: the share of the values in each bin [bins], which sum to 1 at most.</summary>
internal sealed record Outline(string Name, IReadOnlyList<double> Shares);
