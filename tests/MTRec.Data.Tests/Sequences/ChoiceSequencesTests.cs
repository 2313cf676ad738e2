using MTRec.Data.Sequences;
using MTRec.Data.Trajectories;
using Xunit;

namespace MTRec.Data.Tests.Sequences;

public sealed class ChoiceSequencesTests
{
    [Fact]
    public void A_round_shows_the_taken_item_among_items_that_the_user_never_took()
    {
        var source = Source(users: 200, items: 40, length: 6);
        var choices = ChoiceSequences.Draw(source, skipsPerRound: 2, seed: 3);
        foreach (var user in choices.Users)
        {
            Assert.Equal(18, user.Choices.Count);
            Assert.Equal(user.Choices.Select(choice => choice.Round).Order(), user.Choices.Select(choice => choice.Round));
            Assert.Equal(user.User.Items, user.Choices.Where(choice => choice.Taken).Select(choice => choice.Item));
            foreach (var round in user.Choices.GroupBy(choice => choice.Round))
            {
                Assert.Equal(3, round.Select(choice => choice.Item).Distinct().Count());
                Assert.Single(round, choice => choice.Taken);
                Assert.DoesNotContain(round, choice => !choice.Taken && user.User.Items.Contains(choice.Item));
            }
        }

        // Skips are drawn evenly and the taken item stands anywhere: 1200 rounds.
        var skips = choices.Users.SelectMany(user => user.Choices).Where(choice => !choice.Taken).GroupBy(choice => choice.Item).Select(group => group.Count()).ToArray();
        Assert.Equal(40, skips.Length);
        Assert.InRange(skips.Min(), 30, 60);
        Assert.InRange(skips.Max(), 60, 90);
        var first = choices.Users.Sum(user => user.Choices.Chunk(3).Count(round => round[0].Taken));
        Assert.InRange(first, 340, 460);
    }

    [Fact]
    public void The_same_seed_draws_the_same_and_another_does_not()
    {
        var source = Source(users: 20, items: 40, length: 6);
        Assert.Equal(All(1), All(1));
        Assert.NotEqual(All(1), All(2));

        List<Choice> All(int seed) => [.. ChoiceSequences.Draw(source, 1, seed).Users.SelectMany(user => user.Choices)];
    }

    [Fact]
    public void A_user_who_took_everything_cannot_skip()
    {
        var source = new InteractionSequences([1, 2], [new UserSequence(5, [1, 2])]);
        Assert.Throws<ArgumentException>(() => ChoiceSequences.Draw(source, 1, 1));
    }

    [Fact]
    public void The_split_keeps_users_back_whole_and_tests_on_the_last_round_of_the_others()
    {
        var split = new SequenceSplit(new UserFolds(10, 1));
        var users = Source(users: 2000, items: 40, length: 5).Users;
        var parts = users.Select(split.Of).ToArray();
        var kept = parts.Count(of => of[0] == SequencePart.KeptBack);
        Assert.InRange(kept, 150, 250);
        Assert.All(parts, of => Assert.True(
            of.All(part => part == SequencePart.KeptBack)
            || of.SequenceEqual([SequencePart.Train, SequencePart.Train, SequencePart.Train, SequencePart.Validation, SequencePart.Test])));
        Assert.Equal(parts, users.Select(split.Of));

        var fitted = users[Array.FindIndex(parts, of => of[0] == SequencePart.Train)];
        Assert.Equal([SequencePart.Train, SequencePart.Train], split.Of(fitted with { Items = [1, 2] }));
    }

    private static InteractionSequences Source(int users, int items, int length)
    {
        var random = new Random(1);
        return new InteractionSequences(
            [.. Enumerable.Range(1, items).Select(id => (long)id)],
            [.. Enumerable.Range(1, users).Select(user => new UserSequence(user, [.. Enumerable.Range(0, length).Select(_ => 1 + random.Next(items))]))]);
    }
}
