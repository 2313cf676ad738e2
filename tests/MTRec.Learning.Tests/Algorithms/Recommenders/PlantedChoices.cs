using MTRec.Data.Sequences;
using MTRec.Data.Trajectories;
using MTRec.Learning.Algorithms.Recommenders;

namespace MTRec.Learning.Tests.Algorithms.Recommenders;

/// <summary>Choices with a known pattern.</summary>
internal static class PlantedChoices
{
    public const int Items = 30;

    /// <summary>Each user takes 6 of the items 1 .. 15 or 6 of the items 16 .. 30, evenly drawn; one skip a round.</summary>
    /// <param name="users">Number of users.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <param name="history">Latest items of a history that are looked at.</param>
    /// <param name="otherLast">Whether the last user takes items of the other half; all else stays.</param>
    public static ChoiceExamples TwoHalves(int users, int seed, int history = 8, bool otherLast = false)
    {
        var random = new Random(seed);
        var sequences = new InteractionSequences(
            [.. Enumerable.Range(1, Items).Select(id => (long)id)], [.. Enumerable.Range(1, users).Select(id => new UserSequence(id, Taken(otherLast && id == users)))]);
        return new ChoiceExamples(ChoiceSequences.Draw(sequences, 1, seed), new SequenceSplit(new UserFolds(10, 1)), history);

        int[] Taken(bool other)
        {
            var half = Enumerable.Range(1 + (random.Next(2) * (Items / 2)), Items / 2).ToArray();
            random.Shuffle(half);
            return other ? Array.ConvertAll(half[..6], item => ((item + 14) % Items) + 1) : half[..6];
        }
    }
}
