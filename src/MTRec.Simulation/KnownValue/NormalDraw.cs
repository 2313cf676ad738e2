namespace MTRec.Simulation.KnownValue;

/// <summary>Draws from the standard normal distribution.</summary>
internal static class NormalDraw
{
    /// <summary>One draw (Box and Muller 1958).</summary>
    public static double Of(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
