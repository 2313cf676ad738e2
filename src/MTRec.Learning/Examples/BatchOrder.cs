namespace MTRec.Learning.Examples;

/// <summary>One epoch's batches in random order, each of examples with histories of alike length, so that little is spent on padding.</summary>
public static class BatchOrder
{
    // Sorting within chunks of this many batches keeps the batches random enough.
    private const int BatchesPerChunk = 16;

    /// <summary>Cuts a random permutation of the examples into batches.</summary>
    /// <param name="lengths">History lengths [examples].</param>
    /// <param name="batchSize">Largest batch, 1 or more.</param>
    /// <param name="random">The source of randomness.</param>
    /// <returns>Batches of places in <paramref name="lengths"/>; each place is in exactly one.</returns>
    public static IReadOnlyList<int[]> Shuffle(int[] lengths, int batchSize, Random random)
    {
        var order = Enumerable.Range(0, lengths.Length).ToArray();
        random.Shuffle(order);
        var batches = order.Chunk(batchSize * BatchesPerChunk)
            .SelectMany(chunk => chunk.OrderBy(place => lengths[place]).Chunk(batchSize))
            .ToArray();
        random.Shuffle(batches);
        return batches;
    }

    /// <summary>Batches in the examples' order, for evaluation.</summary>
    public static IEnumerable<int[]> InOrder(int count, int batchSize) => Enumerable.Range(0, count).Chunk(batchSize);
}
