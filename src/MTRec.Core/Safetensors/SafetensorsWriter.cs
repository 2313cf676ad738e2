using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MTRec.Core.Safetensors;

/// <summary>
/// Collects tensors and writes them as a safetensors file (see <see cref="SafetensorsFile"/>).
/// The same tensors and metadata give the same bytes, in whatever order they were added: wider element types first, then by name,
/// which also aligns every tensor to its element's size.
/// </summary>
public sealed class SafetensorsWriter
{
    private readonly Dictionary<string, Pending> _tensors = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);

    /// <summary>Adds a free text under a key of its own.</summary>
    /// <exception cref="ArgumentException">The key is there already.</exception>
    public void AddMetadata(string key, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!_metadata.TryAdd(key, value))
            throw new ArgumentException($"The metadata key '{key}' was added twice.", nameof(key));
    }

    /// <summary>Adds a tensor; <paramref name="values"/> are row-major and are read when the file is written.</summary>
    /// <typeparam name="T">bool, byte, Half, int, float or long.</typeparam>
    /// <param name="name">A key of its own, not <see cref="SafetensorsFile.MetadataKey"/>.</param>
    /// <param name="values">As many values as <paramref name="shape"/> asks for.</param>
    /// <param name="shape">The length of every dimension, 0 or more; none for a scalar.</param>
    /// <exception cref="ArgumentException">The name is taken or reserved, or the number of values does not fit the shape.</exception>
    public void Add<T>(string name, ReadOnlyMemory<T> values, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == SafetensorsFile.MetadataKey)
            throw new ArgumentException($"'{SafetensorsFile.MetadataKey}' is reserved.", nameof(name));
        var count = 1L;
        foreach (var length in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(shape));
            count = checked(count * length);
        }

        if (count != values.Length)
        {
            throw new ArgumentException(
                $"Tensor '{name}' has {values.Length} values for the shape [{string.Join(", ", shape.ToArray())}].", nameof(values));
        }

        var type = SafetensorsTypes.Of<T>();
        var bytes = (long)values.Length * SafetensorsTypes.SizeOf(type);
        var pending = new Pending(name, type, [.. shape], bytes, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));
        if (!_tensors.TryAdd(name, pending))
            throw new ArgumentException($"Tensor '{name}' was added twice.", nameof(name));
    }

    /// <summary>
    /// Adds a column of texts as two tensors: their UTF-8 bytes one after the other, U8 [B], and where each begins and the last ends,
    /// I64 [N + 1]. <see cref="SafetensorsFile.Strings"/> reads it.
    /// </summary>
    /// <exception cref="ArgumentException">A text is not valid Unicode, or a name is taken.</exception>
    public void AddStrings(string bytesName, string offsetsName, IReadOnlyList<string> texts)
    {
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        var bytes = new ArrayBufferWriter<byte>();
        var offsets = new long[texts.Count + 1];
        for (var i = 0; i < texts.Count; i++)
        {
            encoding.GetBytes(texts[i], bytes);
            offsets[i + 1] = bytes.WrittenCount;
        }

        Add(bytesName, bytes.WrittenMemory, bytes.WrittenCount);
        Add<long>(offsetsName, offsets, offsets.Length);
    }

    /// <summary>Writes the file; the stream need not be seekable and stays open.</summary>
    public void Write(Stream stream)
    {
        var ordered = _tensors.Values
            .OrderByDescending(tensor => SafetensorsTypes.SizeOf(tensor.Type))
            .ThenBy(tensor => tensor.Name, StringComparer.Ordinal)
            .ToList();
        var header = Header(ordered);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var tensor in ordered)
            tensor.WriteData(stream);
    }

    /// <summary>The file as bytes.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        Write(stream);
        return stream.ToArray();
    }

    private ReadOnlySpan<byte> Header(List<Pending> ordered)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (_metadata.Count > 0)
                WriteMetadata(json);
            var position = 0L;
            foreach (var tensor in ordered)
                position = WriteEntry(json, tensor, position);
            json.WriteEndObject();
        }

        // The format pads the header with spaces so that the data starts at a multiple of 8.
        var padding = -buffer.WrittenCount & 7;
        buffer.GetSpan(8)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        return buffer.WrittenSpan;
    }

    private void WriteMetadata(Utf8JsonWriter json)
    {
        json.WriteStartObject(SafetensorsFile.MetadataKey);
        foreach (var (key, value) in _metadata)
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static long WriteEntry(Utf8JsonWriter json, Pending tensor, long begin)
    {
        var end = begin + tensor.Bytes;
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", SafetensorsTypes.NameOf(tensor.Type));
        json.WriteStartArray("shape");
        foreach (var length in tensor.Shape)
            json.WriteNumberValue(length);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(begin);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
        return end;
    }

    private sealed record Pending(string Name, SafetensorsType Type, ImmutableArray<long> Shape, long Bytes, Action<Stream> WriteData);
}
