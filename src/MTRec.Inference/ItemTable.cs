using System.Text;
using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Core.Safetensors;

namespace MTRec.Inference;

/// <summary>The bundle's items: each one's features by its id. Immutable.</summary>
public sealed class ItemTable : IItemFeatures
{
    private readonly Dictionary<string, int> _rows;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _rowsBySpan;
    private readonly float[] _features;
    private readonly int _width;

    private ItemTable(Dictionary<string, int> rows, float[] features, int width)
    {
        _rows = rows;
        _rowsBySpan = rows.GetAlternateLookup<ReadOnlySpan<char>>();
        _features = features;
        _width = width;
    }

    /// <summary>A table that knows no item.</summary>
    public static ItemTable Empty { get; } = new(new Dictionary<string, int>(StringComparer.Ordinal), [], 0);

    /// <summary>Number of items V.</summary>
    public int Count => _rows.Count;

    /// <summary>The items' ids, in the order of their rows.</summary>
    public IEnumerable<string> Ids => _rows.Keys;

    /// <inheritdoc/>
    public bool TryWrite(string itemId, Span<float> row) => TryWrite(itemId.AsSpan(), row);

    /// <summary>As the other overload, without a string for the id.</summary>
    public bool TryWrite(ReadOnlySpan<char> itemId, Span<float> row)
    {
        if (!_rowsBySpan.TryGetValue(itemId, out var index))
            return false;
        row[0] = index + 1;
        _features.AsSpan(index * _width, _width).CopyTo(row[1..]);
        return true;
    }

    /// <summary>Opens the bytes of <see cref="BundleLayout.Items"/>.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="features">The item features, in tensor order.</param>
    /// <exception cref="SafetensorsException">The bytes are no item table of these features; the message is the reason.</exception>
    internal static ItemTable Parse(ReadOnlyMemory<byte> file, IReadOnlyList<FeatureDefinition> features)
    {
        var tensors = SafetensorsFile.Parse(file);
        foreach (var tensor in tensors.Tensors.Where(t => t.Name is not ("ids" or "idOffsets" or "features")))
            throw new SafetensorsException($"Tensor '{tensor.Name}' does not belong into an item table.");
        var values = tensors["features"].Values<float>(-1, features.Count);
        var items = checked((int)tensors["features"].Shape[0]);
        var ids = ReadIds(tensors["ids"].Values<byte>(-1), tensors["idOffsets"].Values<long>(items + 1));
        CheckValues(values, features, items);
        return new ItemTable(ids, values.ToArray(), features.Count);
    }

    private static Dictionary<string, int> ReadIds(ReadOnlySpan<byte> bytes, ReadOnlySpan<long> offsets)
    {
        if (offsets[0] != 0 || offsets[^1] != bytes.Length)
            throw new SafetensorsException($"'idOffsets' must lead from 0 to {bytes.Length}, the end of 'ids'.");

        var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
        var rows = new Dictionary<string, int>(offsets.Length - 1, StringComparer.Ordinal);
        for (var i = 0; i + 1 < offsets.Length; i++)
        {
            if (offsets[i + 1] <= offsets[i] || offsets[i + 1] > bytes.Length)
                throw new SafetensorsException($"'idOffsets' must rise: item {i} has no id.");
            string id;
            try
            {
                id = strict.GetString(bytes[(int)offsets[i]..(int)offsets[i + 1]]);
            }
            catch (DecoderFallbackException e)
            {
                throw new SafetensorsException($"The id of item {i} is not UTF-8.", e);
            }

            if (!rows.TryAdd(id, i))
                throw new SafetensorsException($"The id '{id}' stands twice.");
        }

        return rows;
    }

    private static void CheckValues(ReadOnlySpan<float> values, IReadOnlyList<FeatureDefinition> features, int items)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var feature = features[i % features.Count];
            if (!(values[i] >= feature.Min && values[i] <= feature.Max))
            {
                throw new SafetensorsException(
                    $"Item {i / features.Count} of {items} has {values[i]} for '{feature.Name}', outside [{feature.Min}, {feature.Max}].");
            }
        }
    }
}
