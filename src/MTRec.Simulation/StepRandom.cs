namespace MTRec.Simulation;

/// <summary>
/// The chance of one step: sessions take their draws in order, as many each whatever was done before, so that it depends on the seed, the
/// session's place and the step alone.
/// </summary>
public static class StepRandom
{
    /// <summary>A source of its own for every seed, step and purpose; neighbouring numbers are spread out first (SplitMix64's finaliser).</summary>
    public static Random Of(int seed, int step, int purpose)
    {
        var x = unchecked(((ulong)(uint)seed << 32) + ((ulong)(uint)step << 8) + (ulong)(uint)purpose + 0x9E3779B97F4A7C15);
        x = unchecked((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9);
        x = unchecked((x ^ (x >> 27)) * 0x94D049BB133111EB);
        return new Random((int)(x ^ (x >> 31)));
    }

    /// <summary>A standard normal number of two draws (Box and Muller 1958).</summary>
    public static double Normal(this Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
