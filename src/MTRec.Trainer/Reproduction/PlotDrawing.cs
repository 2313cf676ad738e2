using System.Globalization;
using System.Xml.Linq;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace MTRec.Trainer.Reproduction;

/// <summary>Draws plots as SVG to stand inside a page: text and axes in the page's colour, series in colours that show on white and on black.</summary>
internal static class PlotDrawing
{
    private const int Width = 600;
    private const int Height = 360;
    private const int FontSize = 13;
    private const int RowHeight = 26;
    private const int LabelLength = 40;
    private const int LineWidth = 2;

    // Few points are seen better with a mark each.
    private const int MarkedPoints = 15;

    // Stands for the page's text colour until the SVG is written.
    private static readonly OxyColor Ink = OxyColor.FromRgb(1, 2, 3);

    private static readonly OxyColor[] Colours =
    [
        OxyColor.Parse("#2f7ed8"), OxyColor.Parse("#d0692a"), OxyColor.Parse("#2a9d5c"), OxyColor.Parse("#9a63cf"), OxyColor.Parse("#d6455d"),
        OxyColor.Parse("#1b8f9e"), OxyColor.Parse("#a07a2c"), OxyColor.Parse("#c653a0"), OxyColor.Parse("#7d8590"), OxyColor.Parse("#6d8f1f"),
    ];

    // In widths of the line.
    private static readonly double[]?[] Styles = [null, [4, 2], [1, 1.5]];

    /// <summary>The drawing.</summary>
    /// <param name="plot">The plot.</param>
    /// <param name="id">Unique in the page.</param>
    public static XElement Svg(Plot plot, string id)
    {
        var height = plot is IntervalPlot intervals ? 80 + (RowHeight * intervals.Estimates.Count) : Height;
        var drawn = new SvgExporter { Width = Width, Height = height, IsDocument = false, TextMeasurer = new WideText(Width, height) }
            .ExportToString(Model(plot));
        var svg = XElement.Parse(drawn);
        XNamespace space = "http://www.w3.org/2000/svg";

        // A drawing that scales; ids that do not meet those of the page's other drawings.
        svg.SetAttributeValue("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {Width} {height}"));
        svg.SetAttributeValue("width", null);
        svg.SetAttributeValue("height", null);
        svg.SetAttributeValue("role", "img");
        svg.SetAttributeValue("aria-labelledby", $"{id}-title");
        svg.AddFirst(new XElement(space + "title", new XAttribute("id", $"{id}-title"), plot.Title));
        foreach (var attribute in svg.Descendants().Attributes())
        {
            attribute.Value = attribute.Name.LocalName switch
            {
                "id" when attribute.Value.StartsWith("clipPath", StringComparison.Ordinal) => $"{id}-{attribute.Value}",
                "clip-path" => attribute.Value.Replace("#", $"#{id}-", StringComparison.Ordinal),
                "style" or "fill" or "stroke" => attribute.Value.Replace("rgb(1,2,3)", "currentColor", StringComparison.Ordinal),
                _ => attribute.Value,
            };
        }

        return svg;
    }

    /// <summary>What the colours mean: name, colour and dashes (in the SVG's notation, empty for none); nothing where the axis tells.</summary>
    public static IReadOnlyList<(string Name, string Colour, string Dashes)> Legend(Plot plot)
    {
        IReadOnlyList<string> names = plot switch
        {
            LinePlot lines => [.. lines.Series.Select(series => series.Name)],
            HistogramPlot histogram => [.. histogram.Outlines.Select(outline => outline.Name)],
            _ => [],
        };
        return [.. names.Select((name, i) => (name, string.Create(CultureInfo.InvariantCulture, $"rgb({Colour(i).R},{Colour(i).G},{Colour(i).B})"), Dashes(Style(i))))];
    }

    private static PlotModel Model(Plot plot)
    {
        var model = new PlotModel
        {
            TextColor = Ink,
            PlotAreaBorderColor = OxyColors.Undefined,
            PlotAreaBorderThickness = new OxyThickness(0),
            DefaultFontSize = FontSize,
        };
        model.Axes.Add(Axis(new LinearAxis(), AxisPosition.Bottom, plot.XLabel));
        switch (plot)
        {
            case LinePlot lines:
                model.Axes.Add(Axis(lines.LogarithmicY ? new LogarithmicAxis() : new LinearAxis(), AxisPosition.Left, plot.YLabel));
                for (var i = 0; i < lines.Series.Count; i++)
                    AddLine(model, lines.Series[i], i);
                break;
            case HistogramPlot histogram:
                model.Axes.Add(Axis(new LinearAxis { Minimum = 0 }, AxisPosition.Left, plot.YLabel));
                for (var i = 0; i < histogram.Outlines.Count; i++)
                    model.Series.Add(Stairs(histogram, i));
                break;
            case IntervalPlot intervals:
                AddIntervals(model, intervals);
                break;
            default:
                throw new ArgumentException($"There is no drawing of a {plot.GetType().Name}.", nameof(plot));
        }

        return model;
    }

    private static Axis Axis(Axis axis, AxisPosition position, string title)
    {
        axis.Position = position;
        axis.Title = title;
        axis.TicklineColor = Ink;
        axis.AxislineColor = Ink;
        axis.AxislineStyle = LineStyle.Solid;
        axis.MajorGridlineStyle = LineStyle.Solid;
        axis.MajorGridlineColor = OxyColor.FromAColor(40, Ink);
        axis.MinorTickSize = 0;
        axis.AxisTitleDistance = 8;
        return axis;
    }

    private static void AddLine(PlotModel model, Series series, int place)
    {
        if (series is { Low: { } low, High: { } high })
        {
            var band = new AreaSeries { Fill = OxyColor.FromAColor(45, Colour(place)), Color = OxyColors.Transparent, StrokeThickness = 0 };
            for (var i = 0; i < series.X.Count; i++)
            {
                if (!double.IsFinite(low[i]) || !double.IsFinite(high[i]))
                    continue;
                band.Points.Add(new DataPoint(series.X[i], low[i]));
                band.Points2.Add(new DataPoint(series.X[i], high[i]));
            }

            model.Series.Add(band);
        }

        var line = new LineSeries { Color = Colour(place), StrokeThickness = LineWidth, Dashes = Style(place) };
        if (series.X.Count < MarkedPoints)
        {
            line.MarkerType = MarkerType.Circle;
            line.MarkerSize = 3;
            line.MarkerFill = Colour(place);
        }

        for (var i = 0; i < series.X.Count; i++)
            line.Points.Add(new DataPoint(series.X[i], series.Y[i]));
        model.Series.Add(line);
    }

    private static LineSeries Stairs(HistogramPlot histogram, int place)
    {
        var shares = histogram.Outlines[place].Shares;
        var width = (histogram.High - histogram.Low) / shares.Count;
        var stairs = new LineSeries { Color = Colour(place), StrokeThickness = LineWidth, Dashes = Style(place) };
        stairs.Points.Add(new DataPoint(histogram.Low, 0));
        for (var i = 0; i < shares.Count; i++)
        {
            stairs.Points.Add(new DataPoint(histogram.Low + (i * width), shares[i]));
            stairs.Points.Add(new DataPoint(histogram.Low + ((i + 1) * width), shares[i]));
        }

        stairs.Points.Add(new DataPoint(histogram.High, 0));
        return stairs;
    }

    private static void AddIntervals(PlotModel model, IntervalPlot plot)
    {
        // The first label on top.
        var labels = new CategoryAxis { StartPosition = 1, EndPosition = 0, GapWidth = 0 };
        foreach (var (label, _) in plot.Estimates)
            labels.Labels.Add(label.Length <= LabelLength ? label : $"{label[..(LabelLength - 1)]}…");
        Axis(labels, AxisPosition.Left, "");
        labels.MajorGridlineStyle = LineStyle.None;
        model.Axes.Add(labels);

        var values = new ScatterSeries { MarkerType = MarkerType.Circle, MarkerSize = 4, MarkerFill = Colour(0) };
        for (var i = 0; i < plot.Estimates.Count; i++)
        {
            var estimate = plot.Estimates[i].Estimate;
            if (double.IsFinite(estimate.Low) && double.IsFinite(estimate.High))
            {
                var interval = new LineSeries { Color = Colour(0), StrokeThickness = LineWidth };
                interval.Points.Add(new DataPoint(estimate.Low, i));
                interval.Points.Add(new DataPoint(estimate.High, i));
                model.Series.Add(interval);
            }

            if (double.IsFinite(estimate.Value))
                values.Points.Add(new ScatterPoint(estimate.Value, i));
        }

        model.Series.Add(values);
    }

    private static OxyColor Colour(int place) => Colours[place % Colours.Length];

    // Colour alone does not tell series apart for everyone: neighbours differ in their dashes too.
    private static double[]? Style(int place) => Styles[place % Styles.Length];

    private static string Dashes(double[]? style) =>
        string.Join(' ', (style ?? []).Select(part => (part * LineWidth).ToString(CultureInfo.InvariantCulture)));

    // The page's font is not known here; this leaves room for a wide one.
    private sealed class WideText(double width, double height) : PdfRenderContext(width, height, OxyColors.Undefined)
    {
        private const double Width = 1.45;

        public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight)
        {
            var size = base.MeasureText(text, fontFamily, fontSize, fontWeight);
            return new OxySize(size.Width * Width, size.Height);
        }
    }
}
