using MTRec.Learning.Algorithms.Recommenders;
using MTRec.Learning.Examples;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Guidance;

/// <summary>Rows of choices in batches.</summary>
internal static class RowOrder
{
    /// <summary>One epoch's batches in random order, each of rows with histories of alike length.</summary>
    public static IReadOnlyList<int[]> Shuffle(ChoiceExamples examples, int[] rows, int batchSize, Random random)
    {
        var lengths = Array.ConvertAll(rows, examples.HistoryLength);
        return [.. BatchOrder.Shuffle(lengths, batchSize, random).Select(batch => Array.ConvertAll(batch, place => rows[place]))];
    }

    /// <summary>The mean over rows of a loss that is a mean over a batch.</summary>
    public static double Mean(int[] rows, int batchSize, Func<int[], Tensor> loss)
    {
        var sum = 0.0;
        foreach (var batch in rows.Chunk(batchSize))
        {
            using var scope = NewDisposeScope();
            sum += loss(batch).item<float>() * batch.Length;
        }

        return sum / rows.Length;
    }
}
