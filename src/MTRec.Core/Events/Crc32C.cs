using System.Buffers.Binary;
using System.Numerics;

namespace MTRec.Core.Events;

/// <summary>CRC-32C (Castagnoli), as in RFC 3720 appendix B.4.</summary>
public static class Crc32C
{
    /// <summary>The checksum of <paramref name="bytes"/>.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var left in bytes)
            crc = BitOperations.Crc32C(crc, left);
        return ~crc;
    }
}
