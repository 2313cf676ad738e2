namespace MTRec.Core.Experiments;

/// <summary>
/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): chance that a seed of 64 bits decides, the same on every machine and in every version. Eight
/// bytes of state, so that a request's own generator costs nothing.
/// </summary>
/// <param name="seed">Decides every draw.</param>
public struct SplitMix64(ulong seed)
{
    private const double UnitOfLastPlace = 1.0 / (1UL << 53);

    private ulong _state = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>The next number in [0, 1), of 53 bits.</summary>
    public double NextDouble() => (Next() >> 11) * UnitOfLastPlace;
}
