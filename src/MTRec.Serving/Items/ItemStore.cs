using System.Collections.Concurrent;
using System.Text;
using MTRec.Core.Features;

namespace MTRec.Serving.Items;

/// <summary>
/// The features that callers have put, in this process's memory. They are kept by the features' names, as another bundle may lay
/// them out otherwise.
/// </summary>
internal sealed class ItemStore(ItemStoreOptions options)
{
    private readonly ConcurrentDictionary<string, PutItem> _items = new(StringComparer.Ordinal);
    private readonly Lock _puts = new();

    /// <summary>Items kept.</summary>
    public int Count => _items.Count;

    /// <summary>Puts all of <paramref name="items"/>, or none where there is no room.</summary>
    /// <param name="names">The item features, in the order of the values.</param>
    /// <param name="items">Ids, each once, with one value a feature; NaN where the caller says nothing of it.</param>
    /// <param name="created">How many were not kept before.</param>
    /// <returns>Whether there was room.</returns>
    public bool TryPut(IReadOnlyList<string> names, IReadOnlyList<(string ItemId, float[] Values)> items, out int created)
    {
        lock (_puts)
        {
            created = items.Count(item => !_items.ContainsKey(item.ItemId));
            if (_items.Count + created > options.MaxItems)
                return false;
            foreach (var (id, values) in items)
                _items[id] = _items.TryGetValue(id, out var before) ? before.With(names, values) : new PutItem(names, values);
            return true;
        }
    }

    /// <summary>Finds what was put of an item.</summary>
    public bool TryFind(string itemId, out PutItem item) => _items.TryGetValue(itemId, out item!);

    /// <summary>What is known of items in the layout of <paramref name="assembler"/>: what callers have put goes over <paramref name="table"/>.</summary>
    public IItemFeatures Over(IItemFeatures table, FeatureAssembler assembler) => _items.IsEmpty ? table : new Overlay(this, table, assembler);

    private sealed class Overlay(ItemStore store, IItemFeatures table, FeatureAssembler assembler) : IItemFeatures
    {
        private const int LongestOnStack = 256;

        public bool TryWrite(string itemId, Span<float> row)
        {
            var inTable = table.TryWrite(itemId, row);
            return store._items.TryGetValue(itemId, out var item) ? Write(item, inTable, row) : inTable;
        }

        public void TryWrite(IdSet itemIds, int first, Span<float> rows, Span<bool> known)
        {
            table.TryWrite(itemIds, first, rows, known);
            var width = assembler.Schema.ItemWidth;
            var items = store._items.GetAlternateLookup<ReadOnlySpan<char>>();
            Span<char> onStack = stackalloc char[LongestOnStack];
            for (var i = 0; i < known.Length; i++)
            {
                var id = itemIds[first + i];
                var text = id.Length <= LongestOnStack ? onStack : new char[id.Length];
                text = text[..Encoding.UTF8.GetChars(id, text)];
                if (items.TryGetValue(text, out var item))
                    known[i] = Write(item, known[i], rows.Slice(i * width, width));
            }
        }

        private bool Write(PutItem item, bool inTable, Span<float> row)
        {
            if (!inTable)
                assembler.DefaultItem.CopyTo(row);
            item.WriteOver(assembler.Schema, row[1..]);
            return true;
        }
    }
}

/// <summary>What callers have put of one item. Immutable.</summary>
/// <param name="names">Features, shared by all items of a bundle.</param>
/// <param name="values">One value a feature; NaN where nothing was put.</param>
internal sealed class PutItem(IReadOnlyList<string> names, float[] values)
{
    /// <summary>The item with more features; those of <paramref name="laterValues"/> that are NaN stay as they are.</summary>
    public PutItem With(IReadOnlyList<string> laterNames, float[] laterValues)
    {
        if (!ReferenceEquals(names, laterNames) && !names.SequenceEqual(laterNames))
            return new PutItem(laterNames, laterValues);
        return new PutItem(names, [.. values.Zip(laterValues, (before, after) => float.IsNaN(after) ? before : after)]);
    }

    /// <summary>Writes what was put and fits into the layout.</summary>
    /// <param name="schema">The layout.</param>
    /// <param name="row">One value an item feature.</param>
    public void WriteOver(FeatureSchema schema, Span<float> row)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (float.IsNaN(values[i]) || !schema.TryFind(FeatureKind.Item, names[i], out var index))
                continue;
            var feature = schema.Item[index];
            if (values[i] >= feature.Min && values[i] <= feature.Max)
                row[index] = values[i];
        }
    }
}
