namespace MTRec.Trainer.Reproduction;

/// <summary>Every table of <c>mtrec reproduce</c>, in the order of <c>--table all</c>.</summary>
internal static class ReproducedTables
{
    /// <summary>The tables.</summary>
    public static IReadOnlyList<IReproducedTable> All { get; } =
    [
        new FusionTable(),
        new GuidanceTable(),
        new MentalTable(),
        new OpeTable(),
        new StabilityTable(),
        new UpstreamTable(),
    ];
}
