using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace MTRec.Trainer.Reproduction;

/// <summary>
/// A reproduction as one HTML page that needs nothing beside it: figures, drawings, notes and how it was made. It follows the reader's light
/// or dark setting and reads on a phone. The page is well-formed XML too.
/// </summary>
internal static class ReportPage
{
    private const string Style = """
        :root { color-scheme: light dark; --paper: #ffffff; --ink: #1c2128; --dim: #59636e; --line: #d5dae0; --stripe: #f5f7f9; }
        @media (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e4e8ec; --dim: #9aa5b1; --line: #343c46; --stripe: #1b2027; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 76rem; background: var(--paper); color: var(--ink);
               font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
        h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; }
        p.purpose { margin: 0; color: var(--dim); }
        ul.notes { padding-left: 1.2rem; max-width: 52rem; } ul.notes li { margin: .3rem 0; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
        caption { text-align: left; font-weight: 600; padding: .75rem 0 .4rem; }
        th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
        th:first-child, td:first-child { padding-left: .3rem; }
        thead th { border-bottom: 2px solid var(--dim); text-align: right; vertical-align: bottom; }
        thead th:first-child, tbody th { text-align: left; }
        tbody th { font-weight: 500; }
        tbody tr:nth-child(even) { background: var(--stripe); }
        td { text-align: right; }
        td .interval { display: block; color: var(--dim); font-size: .78rem; }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1.5rem 2rem; align-items: start; }
        figure { margin: 0; min-width: 0; }
        figcaption { font-weight: 600; margin-bottom: .25rem; }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; margin: .3rem 0 0; padding: 0; font-size: .88rem; }
        .legend svg { width: 30px; height: 10px; margin-right: .4rem; vertical-align: middle; }
        svg.plot { display: block; width: 100%; min-width: 26rem; height: auto; }
        svg.plot text { font-family: inherit; fill: currentColor; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: 0; font-size: .92rem; }
        dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
        code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .9em; }
        details { margin: .5rem 0; } summary { cursor: pointer; color: var(--dim); }
        @media (max-width: 40rem) { body { font-size: 15px; padding: 1rem .8rem 2rem; } th, td { padding: .3rem .55rem; } dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }
        """;

    /// <summary>Writes the page.</summary>
    public static void Write(TextWriter writer, ReproducedReport reproduction)
    {
        writer.WriteLine("<!DOCTYPE html>");

        // Browsers read the page as HTML: only void elements may close themselves.
        using var xml = XmlWriter.Create(writer, new XmlWriterSettings { OmitXmlDeclaration = true, ConformanceLevel = ConformanceLevel.Fragment });
        Page(reproduction).WriteTo(xml);
    }

    private static XElement Page(ReproducedReport reproduction) => new(
        "html",
        new XAttribute("lang", "en"),
        new XElement(
            "head",
            new XElement("meta", new XAttribute("charset", "utf-8")),
            new XElement("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width, initial-scale=1")),
            new XElement("title", reproduction.Title),
            new XElement("style", Style)),
        new XElement(
            "body",
            new XElement(
                "header",
                new XElement("h1", reproduction.Title),
                new XElement("p", new XAttribute("class", "purpose"), reproduction.Purpose)),
            new XElement("main", Sections(reproduction))));

    private static IEnumerable<XElement> Sections(ReproducedReport reproduction)
    {
        foreach (var table in reproduction.Tables)
        {
            yield return new XElement("section", Scrolling(table.Title, Figures(table)), BySeed(table));
        }

        if (reproduction.Plots.Count > 0)
        {
            yield return new XElement(
                "section",
                new XElement("h2", "Plots"),
                new XElement("div", new XAttribute("class", "plots"), reproduction.Plots.Select((plot, i) => Figure(plot, $"plot-{i + 1}"))));
        }

        if (reproduction.Notes.Count > 0)
        {
            yield return new XElement(
                "section",
                new XElement("h2", "How to read it"),
                new XElement("ul", new XAttribute("class", "notes"), reproduction.Notes.Select(note => new XElement("li", note))));
        }

        yield return new XElement("section", new XElement("h2", "How it was made"), Provenance(reproduction));
    }

    private static XElement Figures(ReportTable table) => new(
        "table",
        new XElement("caption", table.Title),
        new XElement("thead", new XElement("tr", Header("col", table.RowHeader), table.Columns.Select(column => Header("col", column)))),
        new XElement(
            "tbody",
            table.Rows.Select(row => new XElement("tr", Header("row", row.Label), row.Cells.Select(Cell)))));

    private static XElement Cell(ReportCell? cell)
    {
        if (cell is null)
            return new XElement("td", FigureText.None);
        var interval = FigureText.Interval(cell);
        return new XElement(
            "td",
            FigureText.Of(cell.Value),
            interval.Length == 0 ? null : new XElement("span", new XAttribute("class", "interval"), interval));
    }

    // The seeds' own figures, folded away.
    private static XElement? BySeed(ReportTable table)
    {
        var rows = table.Rows
            .SelectMany(row => table.Columns.Zip(row.Cells, (column, cell) => (row.Label, Column: column, Values: cell?.BySeed ?? [])))
            .Where(figure => figure.Values.Count > 0)
            .ToArray();
        if (rows.Length == 0)
            return null;
        var seeds = Enumerable.Range(1, rows.Max(row => row.Values.Count));
        return new XElement(
            "details",
            new XElement("summary", "By seed"),
            Scrolling($"{table.Title}, by seed", new XElement(
                "table",
                new XElement(
                    "thead",
                    new XElement(
                        "tr",
                        Header("col", table.RowHeader),
                        Header("col", "figure"),
                        seeds.Select(seed => Header("col", seed.ToString(CultureInfo.InvariantCulture))))),
                new XElement(
                    "tbody",
                    rows.Select(row => new XElement(
                        "tr",
                        Header("row", row.Label),
                        Header("row", row.Column),
                        row.Values.Select(value => new XElement("td", FigureText.Of(value)))))))));
    }

    private static XElement Figure(Plot plot, string id)
    {
        var svg = PlotDrawing.Svg(plot, id);
        svg.SetAttributeValue("class", "plot");
        var legend = PlotDrawing.Legend(plot);
        return new XElement(
            "figure",
            new XElement("figcaption", plot.Title),
            Scrolling(plot.Title, svg),
            legend.Count == 0 ? null : new XElement("ul", new XAttribute("class", "legend"), legend.Select(entry => new XElement(
                "li",
                Swatch(entry.Colour, entry.Dashes),
                entry.Name))));
    }

    private static XElement Swatch(string colour, string dashes)
    {
        XNamespace svg = "http://www.w3.org/2000/svg";
        return new XElement(
            svg + "svg",
            new XAttribute("viewBox", "0 0 30 10"),
            new XAttribute("aria-hidden", "true"),
            new XElement(
                svg + "path",
                new XAttribute("d", "M0 5H30"),
                new XAttribute("stroke", colour),
                new XAttribute("stroke-width", "3"),
                dashes.Length == 0 ? null : new XAttribute("stroke-dasharray", dashes)));
    }

    private static XElement Provenance(ReproducedReport reproduction)
    {
        var machine = reproduction.Machine;
        return new XElement(
            "dl",
            Term("Command", new XElement("code", reproduction.Command)),
            Term("Seeds", reproduction.Seeds),
            Term("Budget", reproduction.Budget),
            Term("Took", Duration(reproduction.Seconds)),
            Term("Started", reproduction.Started.ToString("u", CultureInfo.InvariantCulture)),
            Term("Version", reproduction.CodeVersion),
            Term("Machine", string.Create(CultureInfo.InvariantCulture, $"{machine.Processor}, {machine.Cores} cores, {machine.MemoryGiB} GiB")),
            Term("System", $"{machine.OperatingSystem}, {machine.Runtime}"));

        static XElement[] Term(string name, object value) => [new XElement("dt", name), new XElement("dd", value)];
    }

    private static string Duration(double seconds) => seconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 60)} min {seconds % 60:00} s");

    private static XElement Header(string scope, string text) => new("th", new XAttribute("scope", scope), text);

    // What is wider than the page scrolls by itself, by keyboard too.
    private static XElement Scrolling(string label, XElement content) => new(
        "div",
        new XAttribute("class", "wide"),
        new XAttribute("role", "region"),
        new XAttribute("aria-label", label),
        new XAttribute("tabindex", "0"),
        content);
}
