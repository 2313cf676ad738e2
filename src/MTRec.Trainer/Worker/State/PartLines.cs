using MTRec.Core.Events;

namespace MTRec.Trainer.Worker.State;

/// <summary>Reads the lines of a file of which a number of bytes counts.</summary>
internal static class PartLines
{
    /// <summary>The lines, without their newlines; each is valid until the next is asked for.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">Bytes that count; whole lines.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(string path, long length)
    {
        using var file = UnlockedFile.OpenRead(path);
        var bytes = new byte[1 << 16];
        var (held, left) = (0, length);
        while (true)
        {
            var read = file.Read(bytes, held, (int)Math.Min(bytes.Length - held, left));
            held += read;
            left -= read;
            var start = 0;
            while (bytes.AsSpan(start, held - start).IndexOf((byte)'\n') is var end and >= 0)
            {
                yield return bytes.AsMemory(start, end);
                start += end + 1;
            }

            held -= start;
            bytes.AsSpan(start, held).CopyTo(bytes);
            if (read == 0)
                break;
            if (held == bytes.Length)
                Array.Resize(ref bytes, 2 * bytes.Length);
        }
    }
}
