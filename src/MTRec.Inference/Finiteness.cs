using System.Numerics;
using System.Runtime.InteropServices;

namespace MTRec.Inference;

/// <summary>Looks for NaN and infinities.</summary>
internal static class Finiteness
{
    /// <summary>Whether every value is finite.</summary>
    public static bool Of(ReadOnlySpan<float> values)
    {
        // 0 * x is 0 for finite x only, else NaN, which no sum loses.
        var sum = Vector<float>.Zero;
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        foreach (ref readonly var vector in vectors)
            sum += vector * Vector<float>.Zero;
        foreach (var value in values[(vectors.Length * Vector<float>.Count)..])
        {
            if (!float.IsFinite(value))
                return false;
        }

        return Vector.Sum(sum) == 0;
    }
}
