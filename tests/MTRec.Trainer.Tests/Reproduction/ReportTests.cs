using System.Xml.Linq;
using MTRec.Data;
using MTRec.Learning.Fitting;
using MTRec.Trainer.Reproduction;
using Xunit;

namespace MTRec.Trainer.Tests.Reproduction;

public sealed class ReportTests
{
    private static readonly XNamespace Drawing = "http://www.w3.org/2000/svg";

    [Fact]
    public void A_report_comes_back_from_its_json()
    {
        var json = Json(Reproduced());
        var back = ReproductionFile.Read(json);

        Assert.Equal(json, Json(back));
        Assert.Equal("synthetic", back.Table);
        Assert.Equal([11.9, 12.8], back.Tables[0].Rows[0].Cells[0]!.BySeed!);
        Assert.True(double.IsNaN(back.Tables[0].Rows[1].Cells[0]!.Value));
        Assert.Null(back.Tables[0].Rows[1].Cells[1]);
        Assert.Equal(40, Assert.IsType<LinePlot>(back.Plots[0]).Series[1].Low!.Count);
        Assert.Equal(13.6, Assert.IsType<IntervalPlot>(back.Plots[3]).Estimates[1].Estimate.Low);
        Assert.Equal(0.5, Assert.IsType<HistogramPlot>(back.Plots[2]).Outlines[1].Shares[3]);
        foreach (var name in new[] { "title", "command", "seeds", "budget", "machine", "processor", "cores", "memoryGiB", "operatingSystem", "runtime", "codeVersion", "started", "seconds", "notes" })
            Assert.Contains($"\"{name}\":", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"plots\":[{\"kind\":\"pie\"}]}")]
    public void What_is_no_report_is_refused(string json) => Assert.Throws<DataFormatException>(() => ReproductionFile.Read(json));

    [Fact]
    public void The_page_is_well_formed_escapes_names_and_holds_every_figure()
    {
        var page = Page(Reproduced());
        var body = page.Element("body")!;

        var cells = body.Descendants("td").Select(cell => cell.Value).ToArray();
        foreach (var figure in new[] { "12.3511.50 to 13.25", "0.6123", "–", "1.5e92e8 to 3e9", "0.5000", "11.90", "12.80" })
            Assert.Contains(figure, cells);
        Assert.Contains("<script>alert(1)</script>", body.Descendants("th").Select(header => header.Value));
        Assert.Empty(page.Descendants("script"));
        Assert.Equal("A <b>headline</b> & more", body.Descendants("h1").Single().Value);
        Assert.Contains("Higher is <better> & more.", body.Descendants("li").Select(note => note.Value));
        Assert.Contains("mtrec reproduce --table synthetic", body.Descendants("code").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_needs_no_other_resource_and_can_be_read_aloud()
    {
        var page = Page(Reproduced());

        foreach (var link in page.Descendants().Attributes().Where(attribute => attribute.Name.LocalName is "src" or "href"))
            Assert.StartsWith("#", link.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", page.Descendants("style").Single().Value, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", page.Descendants("style").Single().Value, StringComparison.Ordinal);
        Assert.All(page.Descendants("th"), header => Assert.Contains(header.Attribute("scope")?.Value, new[] { "col", "row" }));

        var drawings = page.Descendants(Drawing + "svg").Where(svg => svg.Attribute("role") is not null).ToArray();
        Assert.Equal(4, drawings.Length);
        foreach (var svg in drawings)
            Assert.Equal(svg.Attribute("aria-labelledby")!.Value, svg.Element(Drawing + "title")!.Attribute("id")!.Value);
        Assert.Equal(["Learning <curves>", "Q of the critics", "Actions", "Returns"], drawings.Select(svg => svg.Element(Drawing + "title")!.Value));

        var ids = page.Descendants().Attributes("id").Select(id => id.Value).ToArray();
        Assert.Equal(ids.Length, ids.Distinct().Count());
        foreach (var clip in page.Descendants().Attributes("clip-path"))
            Assert.Contains(clip.Value["url(#".Length..^1], ids);
    }

    [Fact]
    public void Every_series_is_drawn_in_the_legend_s_colour_and_the_ink_is_the_page_s()
    {
        var plot = Reproduced().Plots[0];
        var svg = PlotDrawing.Svg(plot, "p");
        var strokes = svg.Descendants(Drawing + "polyline").Select(line => line.Attribute("style")!.Value).ToArray();
        Assert.Equal(["fixed & simple", "learned", "three points"], PlotDrawing.Legend(plot).Select(entry => entry.Name));
        foreach (var (_, colour, _) in PlotDrawing.Legend(plot))
            Assert.Contains(strokes, stroke => stroke.Contains(colour, StringComparison.Ordinal));

        Assert.DoesNotContain("rgb(1,2,3)", svg.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("black", svg.ToString(), StringComparison.Ordinal);
        Assert.Single(svg.Descendants(Drawing + "polygon"));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.71234, "0.7123")]
    [InlineData(-3.25, "-3.2500")]
    [InlineData(12.345, "12.35")]
    [InlineData(1279.66, "1279.7")]
    [InlineData(53989, "53989")]
    [InlineData(76, "76")]
    [InlineData(-1, "-1")]
    [InlineData(1.5e9, "1.5e9")]
    [InlineData(2e-5, "2e-5")]
    [InlineData(double.NaN, "–")]
    [InlineData(double.PositiveInfinity, "Infinity")]
    public void A_figure_has_as_many_digits_as_tell_something(double value, string text) => Assert.Equal(text, FigureText.Of(value));

    private static ReproducedReport Reproduced()
    {
        var options = new ReproductionOptions("data", 2, false, 1);
        var table = new SyntheticTable();
        var report = table.Run(options, new Progress<FitProgress>(), CancellationToken.None);
        return new ReproducedReport(
            table.Name, report.Title, table.Purpose, "mtrec reproduce --table synthetic", 2, "quick", 1, Machine.This(), "1.0", DateTimeOffset.UnixEpoch, 83.4, report.Tables, report.Plots, report.Notes);
    }

    private static string Json(ReproducedReport reproduction)
    {
        using var text = new StringWriter();
        ReproductionFile.Write(text, reproduction);
        return text.ToString();
    }

    private static XElement Page(ReproducedReport reproduction)
    {
        using var text = new StringWriter();
        ReportPage.Write(text, reproduction);
        const string Doctype = "<!DOCTYPE html>";
        Assert.StartsWith(Doctype, text.ToString(), StringComparison.Ordinal);
        return XElement.Parse(text.ToString()[Doctype.Length..]);
    }
}
