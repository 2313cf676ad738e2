using System.Text;
using MTRec.Core.Bundles;
using MTRec.Core.Safetensors;

namespace MTRec.Core.Features;

/// <summary>
/// The features of known items, one row an item: the bundle's <see cref="BundleLayout.Items"/> and the table that models are trained
/// with. Immutable.
/// </summary>
public sealed class ItemTable : IItemFeatures
{
    // A row's index + 1 travels in a float column, which is exact up to here.
    private const int MaxItems = (1 << 24) - 1;
    private const int LongestOnStack = 512;
    private const string IdsName = "ids";
    private const string IdOffsetsName = "idOffsets";
    private const string FeaturesName = "features";

    private readonly float[] _features;
    private readonly IdSet _rows;

    /// <summary>Makes a table.</summary>
    /// <param name="ids">The items' ids [V], each once.</param>
    /// <param name="features">Row-major [V, <paramref name="featureCount"/>], finite; kept, not copied.</param>
    /// <param name="featureCount">I, 0 or more.</param>
    /// <exception cref="ArgumentException">An id stands twice, a feature is not finite, or the sizes differ.</exception>
    public ItemTable(IReadOnlyList<string> ids, float[] features, int featureCount)
    {
        if (ids.Count > MaxItems)
            throw new ArgumentException($"{ids.Count} items; at most {MaxItems} can be told apart by a float.", nameof(ids));
        if (features.Length != (long)ids.Count * featureCount)
            throw new ArgumentException($"{features.Length} values for {ids.Count} items of {featureCount} features.", nameof(features));
        var place = Array.FindIndex(features, value => !float.IsFinite(value));
        if (place >= 0)
        {
            throw new ArgumentException(
                $"Feature {place % featureCount} of item '{ids[place / featureCount]}' is not finite.", nameof(features));
        }

        _rows = new IdSet(ids.Count);
        Span<byte> onStack = stackalloc byte[LongestOnStack];
        foreach (var id in ids)
        {
            var most = Encoding.UTF8.GetMaxByteCount(id.Length);
            var bytes = most <= LongestOnStack ? onStack : new byte[most];
            bytes = bytes[..Encoding.UTF8.GetBytes(id, bytes)];
            if (!_rows.Add(bytes, IdHash.Of(bytes)))
                throw new ArgumentException($"Item '{id}' stands twice.", nameof(ids));
        }

        Ids = ids;
        FeatureCount = featureCount;
        _features = features;
    }

    /// <summary>The items' ids [V], in the order of the rows.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>Features of an item, I.</summary>
    public int FeatureCount { get; }

    /// <summary>Finds an item's row.</summary>
    public bool TryFind(string itemId, out int row)
    {
        var most = Encoding.UTF8.GetMaxByteCount(itemId.Length);
        var id = most <= LongestOnStack ? stackalloc byte[LongestOnStack] : new byte[most];
        id = id[..Encoding.UTF8.GetBytes(itemId, id)];
        return _rows.TryFind(id, IdHash.Of(id), out row);
    }

    /// <summary>The features [I] of a row.</summary>
    public ReadOnlySpan<float> Features(int row) => _features.AsSpan(row * FeatureCount, FeatureCount);

    /// <inheritdoc/>
    public bool TryWrite(string itemId, Span<float> row) => TryFind(itemId, out var index) && Write(index, row);

    /// <inheritdoc/>
    public void TryWrite(IdSet itemIds, int first, Span<float> rows, Span<bool> known)
    {
        // One step for all of a few items before the next step: a processor asks memory for what the next items need while it waits for the first one's.
        const int Together = 32;
        Span<int> places = stackalloc int[Together];
        for (; known.Length > 0; first += places.Length)
        {
            places = places[..Math.Min(Together, known.Length)];
            for (var i = 0; i < places.Length; i++)
                places[i] = _rows.Guess(itemIds.HashOf(first + i));
            for (var i = 0; i < places.Length; i++)
            {
                if (places[i] >= 0 && !_rows[places[i]].SequenceEqual(itemIds[first + i]))
                    _rows.TryFind(itemIds[first + i], itemIds.HashOf(first + i), out places[i]);
            }

            for (var i = 0; i < places.Length; i++)
                known[i] = places[i] >= 0 && Write(places[i], rows.Slice(i * (1 + FeatureCount), 1 + FeatureCount));
            rows = rows[(places.Length * (1 + FeatureCount))..];
            known = known[places.Length..];
        }
    }

    /// <summary>Reads the bytes of <see cref="BundleLayout.Items"/>.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="featureCount">The item features that the bundle's manifest names.</param>
    /// <exception cref="SafetensorsException">The bytes are no such table; the message is the reason.</exception>
    public static ItemTable Parse(ReadOnlyMemory<byte> file, int featureCount)
    {
        var tensors = SafetensorsFile.Parse(file);
        var ids = tensors.Strings(IdsName, IdOffsetsName);
        var features = tensors[FeaturesName].Values<float>(ids.Length, featureCount);
        try
        {
            return new ItemTable(ids, features.ToArray(), featureCount);
        }
        catch (ArgumentException e)
        {
            throw new SafetensorsException(e.Message, e);
        }
    }

    /// <summary>The bytes of <see cref="BundleLayout.Items"/>; the same table gives the same bytes.</summary>
    public byte[] ToBytes()
    {
        var writer = new SafetensorsWriter();
        writer.AddStrings(IdsName, IdOffsetsName, Ids);
        writer.Add<float>(FeaturesName, _features, Ids.Count, FeatureCount);
        return writer.ToBytes();
    }

    private bool Write(int index, Span<float> row)
    {
        row[0] = index + 1;
        Features(index).CopyTo(row[1..]);
        return true;
    }
}
