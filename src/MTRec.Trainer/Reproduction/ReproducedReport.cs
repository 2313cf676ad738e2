namespace MTRec.Trainer.Reproduction;

/// <summary>A report with all that it takes to make it again: what <c>mtrec reproduce</c> writes.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Title">Headline.</param>
/// <param name="Purpose">What the table compares.</param>
/// <param name="Command">The command that makes the report again; DATA stands for the data's folder.</param>
/// <param name="Seeds">Number of seeds.</param>
/// <param name="Budget"><c>quick</c> or <c>full</c>.</param>
/// <param name="Threads">Threads of a tensor operation.</param>
/// <param name="Machine">Where it ran.</param>
/// <param name="CodeVersion">What ran.</param>
/// <param name="Started">When it began.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Tables">The figures.</param>
/// <param name="Plots">The pictures, as numbers.</param>
/// <param name="Notes">What a reader must know to read the figures right.</param>
internal sealed record ReproducedReport(
    string Table,
    string Title,
    string Purpose,
    string Command,
    int Seeds,
    string Budget,
    int Threads,
    Machine Machine,
    string CodeVersion,
    DateTimeOffset Started,
    double Seconds,
    IReadOnlyList<ReportTable> Tables,
    IReadOnlyList<Plot> Plots,
    IReadOnlyList<string> Notes);
