using MTRec.Data.Sequences;
using MTRec.Data.Trajectories;
using MTRec.Learning.Algorithms.Recommenders;

namespace MTRec.Learning.Tests.Algorithms.Recommenders;

/// <summary>Choices with a known pattern.</summary>
internal static class PlantedChoices
{
    public const int Items = 30;

    /// <summary>Each user takes 6 of the items 1 .. 15 or 6 of the items 16 .. 30, evenly drawn; one skip a round.</summary>
    public static ChoiceExamples TwoHalves(int users, int seed, int history = 8)
    {
        var random = new Random(seed);
        var sequences = new InteractionSequences(
            [.. Enumerable.Range(1, Items).Select(id => (long)id)], [.. Enumerable.Range(1, users).Select(id => new UserSequence(id, Taken()))]);
        return new ChoiceExamples(ChoiceSequences.Draw(sequences, 1, seed), new SequenceSplit(new UserFolds(10, 1)), history);

        int[] Taken()
        {
            var half = Enumerable.Range(1 + (random.Next(2) * (Items / 2)), Items / 2).ToArray();
            random.Shuffle(half);
            return half[..6];
        }
    }
}
