namespace MTRec.Core.Features;

/// <summary>What is known of items: the bundle's table, the items a caller has put, or a training table.</summary>
public interface IItemFeatures
{
    /// <summary>
    /// Writes an item's row, index first (see <see cref="FeatureSchema.ItemWidth"/>), or leaves <paramref name="row"/> as it is
    /// where the item is unknown.
    /// </summary>
    bool TryWrite(string itemId, Span<float> row);

    /// <summary>Likewise, by the item's id in UTF-8 and its <see cref="IdHash"/>.</summary>
    bool TryWrite(ReadOnlySpan<byte> itemId, uint hash, Span<float> row);
}
