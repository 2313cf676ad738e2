namespace TorchSharp.Utils;

/// <summary>Unsigned integers in seven bits a byte, the least significant first, as TorchSharp's files have them.</summary>
internal static class LEB128Codec
{
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public static void Encode(this BinaryWriter writer, long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        writer.Write7BitEncodedInt64(value);
    }

    /// <exception cref="FormatException">The stream does not hold such a number.</exception>
    public static long Decode(this BinaryReader reader) => reader.Read7BitEncodedInt64();
}
