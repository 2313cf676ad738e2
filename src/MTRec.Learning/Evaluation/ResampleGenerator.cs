namespace MTRec.Learning.Evaluation;

/// <summary>SplitMix64 (Steele, Lea and Flood 2014): its state only counts, so that successive numbers are made in parallel by the processor.</summary>
internal struct ResampleGenerator
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state;

    /// <summary>The generator of one stream of a seed.</summary>
    public ResampleGenerator(int seed, int stream) => _state = Mix(Mix((uint)seed * Golden) + (uint)stream);

    /// <summary>64 random bits.</summary>
    public ulong Next() => Mix(_state += Golden);

    /// <summary>A number in [0, count); the numbers' chances differ by at most count / 2^32 of themselves.</summary>
    public static int Below(uint bits, int count) => (int)(((ulong)bits * (uint)count) >> 32);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
