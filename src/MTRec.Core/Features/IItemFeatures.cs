namespace MTRec.Core.Features;

/// <summary>What is known of items: the bundle's table, the items a caller has put, or a training table.</summary>
public interface IItemFeatures
{
    /// <summary>
    /// Writes an item's row, index first (see <see cref="FeatureSchema.ItemWidth"/>), or leaves <paramref name="row"/> as it is
    /// where the item is unknown.
    /// </summary>
    bool TryWrite(string itemId, Span<float> row);

    /// <summary>Likewise for several items at once: finding one is waiting for memory, and several wait together.</summary>
    /// <param name="itemIds">Ids.</param>
    /// <param name="first">The first of them that is looked for; all behind it are too.</param>
    /// <param name="rows">Their rows, one after the other.</param>
    /// <param name="known">Receives whether each is known.</param>
    void TryWrite(IdSet itemIds, int first, Span<float> rows, Span<bool> known);
}
