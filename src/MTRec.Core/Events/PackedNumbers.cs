using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MTRec.Core.Events;

/// <summary>
/// Numbers as one JSON string: base64 of their little-endian bytes. A call of 500 candidates logs thousands of numbers; to write them in decimal would cost
/// more than to rank, and take twice the room. An array of JSON numbers is read as well.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed class PackedNumbers<T> : JsonConverter<T[]>
    where T : unmanaged, INumberBase<T>
{
    /// <inheritdoc/>
    public override T[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return Unpack(reader.TryGetBytesFromBase64(out var bytes) ? bytes : throw new JsonException("The numbers are not base64."));
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("Neither base64 nor an array of numbers.");
        var numbers = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            numbers.Add(reader.TokenType == JsonTokenType.Number ? T.CreateChecked(reader.GetDouble()) : throw new JsonException("Not a number."));
        return [.. numbers];
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T[] value, JsonSerializerOptions options) =>
        writer.WriteBase64StringValue(MemoryMarshal.AsBytes(value.AsSpan()));

    private static T[] Unpack(ReadOnlySpan<byte> bytes)
    {
        var numbers = MemoryMarshal.Cast<byte, T>(bytes);
        return MemoryMarshal.AsBytes(numbers).Length == bytes.Length ? numbers.ToArray() : throw new JsonException("The bytes are no whole numbers.");
    }
}
