using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace MTRec.Core.Events;

/// <summary>What a line of an event file turned out to be.</summary>
public enum EventLineState
{
    /// <summary>An event whose checksum fits.</summary>
    Whole,

    /// <summary>An event without a checksum: not every program that writes such lines adds one.</summary>
    Unchecked,

    /// <summary>No event, or one whose checksum does not fit.</summary>
    Damaged,
}

/// <summary>
/// One line of an event file: a JSON object that ends in <c>,"crc":"xxxxxxxx"}</c>, the CRC-32C (Castagnoli) of all bytes before that in
/// lower-case hexadecimal. CRC-32C finds every flipped bit and every damage of up to 32 bits in a row.
/// </summary>
public static class EventLine
{
    private const int Digits = 8;

    private static ReadOnlySpan<byte> BeforeChecksum => ",\"crc\":\""u8;

    private static ReadOnlySpan<byte> AfterChecksum => "\"}"u8;

    private static int TailLength => BeforeChecksum.Length + Digits + AfterChecksum.Length;

    /// <summary>Adds a line with its newline.</summary>
    /// <param name="lines">Takes the line.</param>
    /// <param name="json">The event as a JSON object with at least one member.</param>
    public static void Write(IBufferWriter<byte> lines, ReadOnlySpan<byte> json)
    {
        var content = json[..^1];
        var line = lines.GetSpan(content.Length + TailLength + 1);
        content.CopyTo(line);
        WriteTail(Crc32C.Of(content), line[content.Length..]);
        line[content.Length + TailLength] = (byte)'\n';
        lines.Advance(content.Length + TailLength + 1);
    }

    /// <summary>Reads a line without its newline.</summary>
    /// <param name="line">The bytes.</param>
    /// <param name="entry">The event; null where the line is damaged.</param>
    public static EventLineState Read(ReadOnlySpan<byte> line, out LoggedEvent? entry)
    {
        entry = null;
        var hasChecksum = line.Length > TailLength && line[^TailLength..].StartsWith(BeforeChecksum) && line.EndsWith(AfterChecksum);
        if (hasChecksum)
        {
            Span<byte> tail = stackalloc byte[TailLength];
            WriteTail(Crc32C.Of(line[..^TailLength]), tail);
            if (!line[^TailLength..].SequenceEqual(tail))
                return EventLineState.Damaged;
        }

        try
        {
            entry = JsonSerializer.Deserialize(line, LoggedEventJson.Default.LoggedEvent);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            // No JSON, or no event that this version knows.
        }

        return entry is null ? EventLineState.Damaged : hasChecksum ? EventLineState.Whole : EventLineState.Unchecked;
    }

    private static void WriteTail(uint checksum, Span<byte> tail)
    {
        BeforeChecksum.CopyTo(tail);
        Utf8Formatter.TryFormat(checksum, tail[BeforeChecksum.Length..], out _, new StandardFormat('x', Digits));
        AfterChecksum.CopyTo(tail[(BeforeChecksum.Length + Digits)..]);
    }
}
