using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using MTRec.Serving.Http;

namespace MTRec.Serving.Protobuf;

/// <summary>
/// Writes fields in protobuf's wire format behind what a buffer holds. Google.Protobuf's CodedOutputStream writes to a stream or to an array of a
/// length known before, and its WriteContext serves generated messages alone, which hold a copy of the whole answer. As in proto3, a scalar that is
/// its type's default is not written.
/// </summary>
internal readonly ref struct WireWriter(PooledBuffer buffer)
{
    private const int LongestVarint = 10;

    /// <summary>Length of a string field that is not left out.</summary>
    public static int SizeOfText(int field, string text) => TagSize(field) + CodedOutputStream.ComputeStringSize(text);

    /// <summary>Length of a field of <paramref name="bytes"/> bytes.</summary>
    public static int SizeOfBytes(int field, int bytes) => TagSize(field) + CodedOutputStream.ComputeLengthSize(bytes) + bytes;

    /// <summary>Writes a string that is not empty.</summary>
    public void Text(int field, string text)
    {
        if (text.Length > 0)
            Element(field, text);
    }

    /// <summary>Writes one element of a repeated string.</summary>
    public void Element(int field, string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        Header(field, bytes);
        buffer.Advance(Encoding.UTF8.GetBytes(text, buffer.GetSpan(bytes)));
    }

    /// <summary>Writes one element of a repeated string that is UTF-8 already.</summary>
    public void Element(int field, ReadOnlySpan<byte> text)
    {
        Header(field, text.Length);
        text.CopyTo(buffer.GetSpan(text.Length));
        buffer.Advance(text.Length);
    }

    /// <summary>Writes a whole number.</summary>
    public void Number(int field, uint number)
    {
        if (number == 0)
            return;
        Varint(WireFormat.MakeTag(field, WireFormat.WireType.Varint));
        Varint(number);
    }

    /// <summary>Writes a flag.</summary>
    public void Flag(int field, bool flag) => Number(field, flag ? 1u : 0);

    /// <summary>Writes what stands before the content of a message or of packed numbers.</summary>
    /// <param name="field">The field.</param>
    /// <param name="bytes">Length of the content.</param>
    public void Header(int field, int bytes)
    {
        Varint(WireFormat.MakeTag(field, WireFormat.WireType.LengthDelimited));
        Varint((uint)bytes);
    }

    /// <summary>Writes one of a row of packed floats.</summary>
    public void Packed(float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(buffer.GetSpan(sizeof(float)), value);
        buffer.Advance(sizeof(float));
    }

    /// <summary>Writes one of a row of packed doubles.</summary>
    public void Packed(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(buffer.GetSpan(sizeof(double)), value);
        buffer.Advance(sizeof(double));
    }

    private static int TagSize(int field) => CodedOutputStream.ComputeTagSize(field);

    private void Varint(uint value)
    {
        var bytes = buffer.GetSpan(LongestVarint);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
            bytes[length++] = (byte)(value | 0x80);
        bytes[length++] = (byte)value;
        buffer.Advance(length);
    }
}
