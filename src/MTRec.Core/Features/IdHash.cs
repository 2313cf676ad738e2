using System.Buffers.Binary;

namespace MTRec.Core.Features;

/// <summary>
/// A hash of ids as they stand in a request's bytes. It folds products of 64 bits, as wyhash does (Wang Yi, public domain), from a seed of this process's
/// own: nobody outside knows which ids collide.
/// </summary>
public static class IdHash
{
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() ^ ((ulong)Random.Shared.NextInt64() << 1);

    /// <summary>The hash of <paramref name="id"/>.</summary>
    /// <param name="id">UTF-8.</param>
    public static uint Of(ReadOnlySpan<byte> id)
    {
        var hash = Seed ^ (ulong)id.Length;
        while (id.Length >= sizeof(ulong))
        {
            hash = Fold(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(id));
            id = id[sizeof(ulong)..];
        }

        if (id.Length > 0)
        {
            var rest = 0UL;
            for (var i = 0; i < id.Length; i++)
                rest |= (ulong)id[i] << (8 * i);
            hash = Fold(hash ^ rest);
        }

        return (uint)Fold(hash);
    }

    private static ulong Fold(ulong x) => Math.BigMul(x, Multiplier, out var low) ^ low;
}
