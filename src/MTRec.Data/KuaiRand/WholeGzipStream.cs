using System.IO.Compression;

namespace MTRec.Data.KuaiRand;

/// <summary>
/// Reads a gzip stream of one or more members and throws <see cref="InvalidDataException"/> where it is cut off, which
/// <see cref="GZipStream"/> takes for its end.
/// </summary>
/// <remarks>
/// A member of our own is read after the stream's last byte. It comes out whole exactly where the stream before it was whole; its text
/// is held back. Cut off, the stream would swallow that member as part of its own data or checksum.
/// </remarks>
internal sealed class WholeGzipStream : ForwardStream
{
    private static readonly byte[] EndMark = [.. Enumerable.Range(0, 64).Select(i => (byte)((i * i) + 7))];
    private static readonly byte[] EndMember = Pack(EndMark);

    private readonly GZipStream _gzip;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _finished;

    public WholeGzipStream(Stream packed) => _gzip = new GZipStream(new FollowedByEnd(packed), CompressionMode.Decompress);

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        while (!_finished && _end - _start <= EndMark.Length)
            Fill();
        var available = Math.Min(buffer.Length, _end - _start - EndMark.Length);
        _buffer.AsSpan(_start, available).CopyTo(buffer);
        _start += available;
        return available;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _gzip.Dispose();
        base.Dispose(disposing);
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        var read = _gzip.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        if (read > 0)
            return;
        if (!_buffer.AsSpan(0, _end).SequenceEqual(EndMark))
            throw new InvalidDataException("The stream ends before its last member does.");
        _finished = true;
    }

    private static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>A stream's bytes, then <see cref="EndMember"/>'s.</summary>
    private sealed class FollowedByEnd(Stream first) : ForwardStream
    {
        private readonly MemoryStream _last = new(EndMember);

        public override int Read(Span<byte> buffer) => first.Read(buffer) is var read and > 0 ? read : _last.Read(buffer);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                first.Dispose();
            base.Dispose(disposing);
        }
    }
}
