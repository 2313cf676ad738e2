namespace MTRec.Trainer.ClosedLoop;

/// <summary>The simulation's calendar.</summary>
internal static class LoopTime
{
    /// <summary>Midnight of everyone's first day.</summary>
    public static readonly DateTimeOffset FirstDay = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The seed of a day's chance; of the first day the seed itself.</summary>
    public static int SeedOf(int seed, int day) => unchecked(seed + (day * 1_000_003)) & int.MaxValue;
}
