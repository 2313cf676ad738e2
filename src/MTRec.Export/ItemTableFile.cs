using System.Text;
using MTRec.Core.Bundles;
using MTRec.Core.Safetensors;

namespace MTRec.Export;

/// <summary>The bytes of a bundle's item table, see <see cref="BundleLayout.Items"/>.</summary>
public sealed class ItemTableFile
{
    private readonly byte[] _bytes;

    /// <summary>Lays out a table.</summary>
    /// <param name="ids">The items' ids [V], unique and not empty; an item's index in <c>candidates</c> is its place here plus one.</param>
    /// <param name="features">The items' features [V x I], row by row, in the order of the item features.</param>
    /// <param name="width">Number of item features I.</param>
    /// <exception cref="ArgumentException">The sizes do not fit, or an id is empty or stands twice.</exception>
    public ItemTableFile(IReadOnlyList<string> ids, ReadOnlyMemory<float> features, int width)
    {
        if (features.Length != (long)ids.Count * width)
            throw new ArgumentException($"{ids.Count} items of {width} features do not make {features.Length} values.", nameof(features));
        if (ids.FirstOrDefault(string.IsNullOrEmpty) is not null)
            throw new ArgumentException("An item has no id.", nameof(ids));
        if (ids.GroupBy(id => id, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"The id '{twice.Key}' stands twice.", nameof(ids));

        var offsets = new long[ids.Count + 1];
        for (var i = 0; i < ids.Count; i++)
            offsets[i + 1] = offsets[i] + Encoding.UTF8.GetByteCount(ids[i]);
        var text = Encoding.UTF8.GetBytes(string.Concat(ids));
        var writer = new SafetensorsWriter();
        writer.Add<byte>("ids", text, text.Length);
        writer.Add<long>("idOffsets", offsets, offsets.Length);
        writer.Add("features", features, ids.Count, width);
        _bytes = writer.ToBytes();
        Tensors =
        [
            new TensorShape("ids", "uint8", [text.Length]),
            new TensorShape("idOffsets", "int64", [offsets.Length]),
            new TensorShape("features", GraphContract.ElementType, [ids.Count, width]),
        ];
    }

    /// <summary>The file's tensors.</summary>
    public IReadOnlyList<TensorShape> Tensors { get; }

    /// <summary>The file's bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;
}
