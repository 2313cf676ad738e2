using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace MTRec.Core.Safetensors;

/// <summary>
/// Named tensors in the safetensors format: 8 bytes little-endian header length, a JSON header
/// <c>{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, "__metadata__": {"key": "text"}}</c>,
/// then the raw little-endian elements. The tensors are views of the given bytes; nothing is copied.
/// </summary>
/// <remarks>
/// A file is refused unless every byte of it is accounted for: no duplicate keys, no overlaps, no holes, no bytes left over,
/// offsets that fit type and shape, and booleans that are 0 or 1.
/// Types of the format that MTRec does not use (F64, BF16, I16 ...) are refused by name.
/// </remarks>
public sealed class SafetensorsFile
{
    /// <summary>The longest header accepted, in bytes: the limit of the format's reference implementation.</summary>
    public const int MaxHeaderBytes = 100_000_000;

    /// <summary>The key of the header that holds <see cref="Metadata"/> and so cannot name a tensor.</summary>
    public const string MetadataKey = "__metadata__";

    private readonly Dictionary<string, SafetensorsTensor> _byName;

    private SafetensorsFile(ImmutableArray<SafetensorsTensor> tensors, ImmutableSortedDictionary<string, string> metadata)
    {
        Tensors = tensors;
        Metadata = metadata;
        _byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>All tensors, in the order of their data.</summary>
    public ImmutableArray<SafetensorsTensor> Tensors { get; }

    /// <summary>The file's free texts; empty when it has none.</summary>
    public ImmutableSortedDictionary<string, string> Metadata { get; }

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="SafetensorsException">The file has no such tensor.</exception>
    public SafetensorsTensor this[string name] => Find(name) ?? throw new SafetensorsException($"No tensor '{name}' in the file.");

    /// <summary>The tensor of that name, or null.</summary>
    public SafetensorsTensor? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The texts of a column written by <see cref="SafetensorsWriter.AddStrings"/>.</summary>
    /// <exception cref="SafetensorsException">A tensor is missing, the offsets do not rise, or the bytes are not UTF-8.</exception>
    public string[] Strings(string bytesName, string offsetsName)
    {
        var bytes = this[bytesName].Values<byte>(-1);
        var offsets = this[offsetsName].Values<long>(-1);
        if (offsets.IsEmpty || offsets[0] != 0 || offsets[^1] != bytes.Length)
            throw new SafetensorsException($"'{offsetsName}' does not run from 0 to the {bytes.Length} bytes of '{bytesName}'.");
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        var texts = new string[offsets.Length - 1];
        for (var i = 0; i < texts.Length; i++)
        {
            if (offsets[i + 1] < offsets[i] || offsets[i + 1] > bytes.Length)
                throw new SafetensorsException($"'{offsetsName}' falls at {i + 1}.");
            try
            {
                texts[i] = encoding.GetString(bytes[(int)offsets[i]..(int)offsets[i + 1]]);
            }
            catch (DecoderFallbackException e)
            {
                throw new SafetensorsException($"'{bytesName}' holds bytes that are not UTF-8 at {offsets[i]}.", e);
            }
        }

        return texts;
    }

    /// <summary>Opens a whole file's bytes, which must not change afterwards.</summary>
    /// <exception cref="SafetensorsException">The bytes are not a valid file; no other exception leaves this method.</exception>
    public static SafetensorsFile Parse(ReadOnlyMemory<byte> file)
    {
        if (file.Length < sizeof(ulong))
            throw new SafetensorsException($"The file has {file.Length} bytes; a safetensors file starts with an 8-byte header length.");
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(file.Span);
        if (headerLength > MaxHeaderBytes)
            throw new SafetensorsException($"The header length {headerLength} is above the limit of {MaxHeaderBytes} bytes.");
        if (headerLength > (ulong)(file.Length - sizeof(ulong)))
            throw new SafetensorsException($"The file is truncated: its {file.Length} bytes do not hold the header of {headerLength}.");

        var header = file.Slice(sizeof(ulong), (int)headerLength);
        var data = file[(sizeof(ulong) + (int)headerLength)..];
        if (header.IsEmpty || header.Span[0] != (byte)'{')
            throw new SafetensorsException("The header does not start with '{'.");
        try
        {
            using var json = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
            return Read(json.RootElement, data);
        }
        catch (JsonException e)
        {
            throw new SafetensorsException($"The header is not valid JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // System.Text.Json's answer to a string that is not valid Unicode.
            throw new SafetensorsException($"The header holds text that is not valid Unicode: {e.Message}", e);
        }
    }

    private static SafetensorsFile Read(JsonElement header, ReadOnlyMemory<byte> data)
    {
        var metadata = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var entries = new List<(Entry Entry, long Begin, long End)>();
        foreach (var property in header.EnumerateObject())
        {
            if (property.NameEquals(MetadataKey))
                ReadMetadata(property.Value, metadata);
            else
                entries.Add(ReadEntry(property.Name, property.Value));
        }

        entries.Sort((a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)));
        var tensors = ImmutableArray.CreateBuilder<SafetensorsTensor>(entries.Count);
        var position = 0L;
        foreach (var (entry, begin, end) in entries)
        {
            if (begin != position)
            {
                var fault = begin < position ? "overlaps the tensor before it" : "leaves a hole before it";
                throw new SafetensorsException($"Tensor '{entry.Name}' {fault}: it begins at {begin}, expected {position}.");
            }

            if (end > data.Length)
                throw new SafetensorsException($"The file is truncated: tensor '{entry.Name}' ends at {end} of {data.Length} bytes.");
            var bytes = data[(int)begin..(int)end];
            if (entry.Type == SafetensorsType.Bool && bytes.Span.ContainsAnyExceptInRange((byte)0, (byte)1))
                throw new SafetensorsException($"Tensor '{entry.Name}' is BOOL but holds bytes other than 0 and 1.");
            tensors.Add(new SafetensorsTensor(entry.Name, entry.Type, entry.Shape, bytes));
            position = end;
        }

        if (position != data.Length)
            throw new SafetensorsException($"{data.Length - position} bytes follow the last tensor.");
        return new SafetensorsFile(tensors.DrainToImmutable(), metadata.ToImmutable());
    }

    private static void ReadMetadata(JsonElement value, ImmutableSortedDictionary<string, string>.Builder metadata)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw new SafetensorsException($"'{MetadataKey}' is not an object.");
        foreach (var property in value.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
                throw new SafetensorsException($"'{MetadataKey}.{property.Name}' is not a string.");
            metadata.Add(property.Name, property.Value.GetString()!);
        }
    }

    private static (Entry Entry, long Begin, long End) ReadEntry(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw new SafetensorsException($"Tensor '{name}' is not described by an object.");
        SafetensorsType? type = null;
        ImmutableArray<long>? shape = null;
        ImmutableArray<long>? offsets = null;
        foreach (var property in value.EnumerateObject())
        {
            switch (property.Name)
            {
                case "dtype":
                    type = ReadType(name, property.Value);
                    break;
                case "shape":
                    shape = ReadLengths(name, property);
                    break;
                case "data_offsets":
                    offsets = ReadLengths(name, property);
                    break;
                default:
                    throw new SafetensorsException($"Tensor '{name}' has the unknown key '{property.Name}'.");
            }
        }

        if (type is null || shape is null || offsets is null)
            throw new SafetensorsException($"Tensor '{name}' lacks dtype, shape or data_offsets.");
        if (offsets.Value is not [var begin, var end] || begin > end)
            throw new SafetensorsException($"Tensor '{name}': data_offsets must be [begin, end] with begin <= end.");
        CheckSize(name, type.Value, shape.Value, end - begin);
        return (new Entry(name, type.Value, shape.Value), begin, end);
    }

    private static SafetensorsType ReadType(string name, JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
        return SafetensorsTypes.Parse(text)
            ?? throw new SafetensorsException($"Tensor '{name}' has the dtype {text}; supported are BOOL, U8, F16, I32, F32 and I64.");
    }

    private static ImmutableArray<long> ReadLengths(string name, JsonProperty property)
    {
        if (property.Value.ValueKind != JsonValueKind.Array)
            throw new SafetensorsException($"Tensor '{name}': {property.Name} is not an array.");
        var lengths = ImmutableArray.CreateBuilder<long>(property.Value.GetArrayLength());
        foreach (var element in property.Value.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out var length) || length < 0)
                throw new SafetensorsException($"Tensor '{name}': {property.Name} holds {element.GetRawText()}, which is not a length.");
            lengths.Add(length);
        }

        return lengths.DrainToImmutable();
    }

    private static void CheckSize(string name, SafetensorsType type, ImmutableArray<long> shape, long bytes)
    {
        // A zero anywhere makes the tensor empty, however large the other lengths are.
        Int128 expected = shape.Contains(0) ? 0 : SafetensorsTypes.SizeOf(type);
        foreach (var length in shape)
        {
            if (expected > long.MaxValue)
                break;
            expected *= length;
        }

        if (expected != bytes)
        {
            var described = $"{SafetensorsTypes.NameOf(type)} [{string.Join(", ", shape)}]";
            throw new SafetensorsException($"Tensor '{name}' of {described} needs {expected} bytes, its data_offsets span {bytes}.");
        }
    }

    private readonly record struct Entry(string Name, SafetensorsType Type, ImmutableArray<long> Shape);
}
