using Spectre.Console;

namespace MTRec.Trainer.Reproduction;

/// <summary>A report's tables and notes, printed.</summary>
internal static class ReportOnTerminal
{
    /// <summary>Prints.</summary>
    public static void Write(IAnsiConsole console, ReproducedReport reproduction)
    {
        console.WriteLine(reproduction.Title);
        console.WriteLine();
        foreach (var table in reproduction.Tables)
        {
            var view = new Table().Title(Markup.Escape(table.Title)).AddColumn(Markup.Escape(table.RowHeader));
            foreach (var column in table.Columns)
                view.AddColumn(new TableColumn(Markup.Escape(column)).RightAligned());
            foreach (var row in table.Rows)
                view.AddRow([Markup.Escape(row.Label), .. row.Cells.Select(cell => Markup.Escape(FigureText.Of(cell)))]);
            console.Write(view);
        }

        foreach (var note in reproduction.Notes)
            console.WriteLine($"- {note}");
    }
}
