using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;

namespace MTRec.Serving.Protobuf;

/// <summary>
/// Reads the fields of one message from protobuf's wire format, in place. Google.Protobuf's own readers hand out strings, copies of bytes and
/// one object a message; where a message ends inside another they keep to themselves. A rank call of 500 candidates must cost none of these.
/// </summary>
internal ref struct WireReader
{
    /// <summary>Deepest nesting of groups that are passed over.</summary>
    public const int MaxDepth = 16;

    private const int LongestVarint = 10;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // From the start of the outermost message to the end of this one, so that positions are the caller's.
    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>Starts to read <paramref name="message"/>.</summary>
    public WireReader(ReadOnlySpan<byte> message) => _bytes = message;

    private WireReader(ReadOnlySpan<byte> bytes, int start)
    {
        _bytes = bytes;
        Position = start;
    }

    /// <summary>The number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>How the current field is written.</summary>
    public WireFormat.WireType Type { get; private set; }

    /// <summary>The next byte that will be read, from the start of the outermost message.</summary>
    public int Position { get; private set; }

    /// <summary>Goes to the next field. The value of the current one must have been read or skipped.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="MalformedMessageException">What follows is no field.</exception>
    public bool ReadField()
    {
        if (Position >= _bytes.Length)
            return false;
        var start = Position;
        var tag = ReadVarint();
        if (tag > uint.MaxValue)
            throw new MalformedMessageException(start, "a field's number is too large");
        Field = WireFormat.GetTagFieldNumber((uint)tag);
        Type = WireFormat.GetTagWireType((uint)tag);
        if (Field == 0 || Type > WireFormat.WireType.Fixed32)
            throw new MalformedMessageException(start, "there is no such field or wire type");
        return true;
    }

    /// <summary>Reads a value of <see cref="WireFormat.WireType.Varint"/>.</summary>
    /// <exception cref="MalformedMessageException">It is cut off, or longer than 64 bits.</exception>
    public ulong ReadVarint()
    {
        // Nearly all tags and lengths are one byte.
        if (Position >= _bytes.Length || _bytes[Position] >= 0x80)
            return ReadLongVarint();
        return _bytes[Position++];
    }

    /// <summary>Reads a value of <see cref="WireFormat.WireType.LengthDelimited"/>: text, packed numbers or a message.</summary>
    /// <exception cref="MalformedMessageException">It is cut off.</exception>
    public ReadOnlySpan<byte> ReadBytes()
    {
        var end = ReadEnd();
        var bytes = _bytes[Position..end];
        Position = end;
        return bytes;
    }

    /// <summary>Reads a value of <see cref="WireFormat.WireType.LengthDelimited"/> as a message: the reader of its fields. This one goes on behind it.</summary>
    /// <exception cref="MalformedMessageException">It is cut off.</exception>
    public WireReader ReadMessage()
    {
        var end = ReadEnd();
        var message = new WireReader(_bytes[..end], Position);
        Position = end;
        return message;
    }

    /// <summary>Reads a value of <see cref="WireFormat.WireType.LengthDelimited"/> as text.</summary>
    /// <exception cref="MalformedMessageException">It is cut off, or not UTF-8.</exception>
    public string ReadText()
    {
        var bytes = ReadBytes();
        return TextOf(bytes, Position - bytes.Length);
    }

    /// <summary>Reads a value of <see cref="WireFormat.WireType.LengthDelimited"/> as text that stays UTF-8.</summary>
    /// <exception cref="MalformedMessageException">It is cut off, or not UTF-8.</exception>
    public ReadOnlySpan<byte> ReadUtf8()
    {
        var bytes = ReadBytes();
        return System.Text.Unicode.Utf8.IsValid(bytes) ? bytes : throw new MalformedMessageException(Position - bytes.Length, "text is not UTF-8");
    }

    /// <summary>Reads a value of <see cref="WireFormat.WireType.Fixed32"/> as a float.</summary>
    /// <exception cref="MalformedMessageException">It is cut off.</exception>
    public float ReadFloat() => BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));

    /// <summary>Reads a value of <see cref="WireFormat.WireType.Fixed64"/> as a whole number.</summary>
    /// <exception cref="MalformedMessageException">It is cut off.</exception>
    public long ReadFixed64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    /// <summary>Reads one element of a repeated float, or a row of packed ones.</summary>
    /// <returns>The floats, in the message's own bytes where this machine writes numbers as protobuf does.</returns>
    /// <exception cref="MalformedMessageException">It is cut off, or not made of floats.</exception>
    public ReadOnlySpan<float> ReadFloats()
    {
        var start = Position;
        var bytes = Type == WireFormat.WireType.Fixed32 ? Take(sizeof(float)) : ReadBytes();
        if (bytes.Length % sizeof(float) != 0)
            throw new MalformedMessageException(start, "packed floats end within a float");
        if (BitConverter.IsLittleEndian)
            return MemoryMarshal.Cast<byte, float>(bytes);
        var turned = new int[bytes.Length / sizeof(int)];
        BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, int>(bytes), turned);
        return MemoryMarshal.Cast<int, float>(turned);
    }

    /// <summary>The fault of a known field that is not written as <paramref name="expected"/>.</summary>
    public readonly string TypeFault(WireFormat.WireType expected) => $"is written as {Type} and not as {expected}: the sender has another schema.";

    /// <summary>Passes over the current value.</summary>
    /// <exception cref="MalformedMessageException">It is malformed.</exception>
    public void Skip() => Skip(MaxDepth);

    /// <summary>Reads bytes as text.</summary>
    /// <param name="bytes">Bytes of the message.</param>
    /// <param name="position">Where they stand, for messages.</param>
    /// <exception cref="MalformedMessageException">They are not UTF-8.</exception>
    public static string TextOf(ReadOnlySpan<byte> bytes, int position)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new MalformedMessageException(position, "text is not UTF-8");
        }
    }

    private ulong ReadLongVarint()
    {
        var start = Position;
        ulong value = 0;
        for (var i = 0; i < LongestVarint; i++)
        {
            if (Position >= _bytes.Length)
                throw new MalformedMessageException(start, "a number is cut off");
            var part = _bytes[Position++];
            value |= (ulong)(part & 0x7F) << (7 * i);
            if (part < 0x80)
                return i < LongestVarint - 1 || part <= 1 ? value : throw new MalformedMessageException(start, "a number has more than 64 bits");
        }

        throw new MalformedMessageException(start, "a number has more than 64 bits");
    }

    private int ReadEnd()
    {
        var start = Position;
        var length = ReadVarint();
        return length <= (ulong)(_bytes.Length - Position)
            ? Position + (int)length
            : throw new MalformedMessageException(start, "a length goes beyond the end of the message");
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (_bytes.Length - Position < length)
            throw new MalformedMessageException(Position, "a number is cut off");
        var bytes = _bytes.Slice(Position, length);
        Position += length;
        return bytes;
    }

    private void Skip(int depth)
    {
        switch (Type)
        {
            case WireFormat.WireType.Varint:
                ReadVarint();
                break;
            case WireFormat.WireType.Fixed64:
                Take(sizeof(ulong));
                break;
            case WireFormat.WireType.LengthDelimited:
                Position = ReadEnd();
                break;
            case WireFormat.WireType.StartGroup when depth > 0:
                SkipGroup(depth - 1);
                break;
            case WireFormat.WireType.StartGroup:
                throw new MalformedMessageException(Position, $"groups are nested deeper than {MaxDepth}");
            case WireFormat.WireType.EndGroup:
                throw new MalformedMessageException(Position, "a group ends that has not begun");
            case WireFormat.WireType.Fixed32:
                Take(sizeof(uint));
                break;
        }
    }

    private void SkipGroup(int depth)
    {
        var group = Field;
        while (ReadField())
        {
            if (Type == WireFormat.WireType.EndGroup && Field == group)
                return;
            Skip(depth);
        }

        throw new MalformedMessageException(Position, "a group does not end");
    }
}

/// <summary>Bytes are no protobuf message.</summary>
internal sealed class MalformedMessageException(int position, string fault) : Exception($"is not a protobuf message that can be read: {fault} (byte {position}).");
