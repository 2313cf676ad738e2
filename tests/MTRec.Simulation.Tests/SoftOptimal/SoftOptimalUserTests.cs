using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MentalReward.Choices;
using MTRec.Learning.Evaluation;
using MTRec.Simulation.SoftOptimal;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Simulation.Tests.SoftOptimal;

public sealed class SoftOptimalUserTests
{
    private static readonly TabularWorld Small = new() { Moods = 4, Items = 5 };

    [Fact]
    public void Responses_are_as_frequent_as_the_solution_says()
    {
        using var scope = NewDisposeScope();
        var world = Small.Draw(1);
        using var user = new SoftOptimalUser(world, steps: 2);
        var start = user.Reset(40_000, 3);
        var moods = start.State.argmax(-1).data<long>().ToArray();
        var items = start.Candidates!.squeeze(1).argmax(-1).data<long>().ToArray();
        var outcome = user.Advance(zeros(40_000, 1));
        var positive = outcome.Rewards.data<float>().ToArray();
        for (var mood = 0; mood < 4; mood++)
        {
            for (var item = 0; item < 5; item++)
            {
                var rows = Enumerable.Range(0, moods.Length).Where(row => moods[row] == mood && items[row] == item).ToArray();
                Assert.Equal(world.Positive(0, mood, item), rows.Average(row => positive[row]), 0.05);
                Assert.All(rows, row => Assert.Equal((float)world.Reward(0, mood, item), user.PositiveRewards[row]));
                Assert.All(rows, row => Assert.Equal(positive[row] * user.PositiveRewards[row], user.GivenRewards[row]));
            }
        }
    }

    [Fact]
    public void Users_return_in_the_mood_in_which_they_left_and_who_leaves_changes_nothing_for_the_others()
    {
        using var scope = NewDisposeScope();
        using var user = new SoftOptimalUser(Small.Draw(1), candidates: 3, steps: 2);
        var all = Course([]);
        var some = Course([1, 4]);

        Assert.Equal(all.First, Course([]).First);
        for (var session = 0; session < 6; session++)
        {
            var isGone = session is 1 or 4;
            Assert.Equal(isGone, float.IsNaN(some.Given[session]));
            Assert.Equal(isGone ? 0 : 1, some.Active[session]);
            if (!isGone)
                Assert.Equal((all.Given[session], all.Mood[session]), (some.Given[session], some.Mood[session]));
        }

        // Back are all, each where the first session ended.
        Assert.Equal(6, some.Back.Active.sum().item<float>());
        Assert.Equal(some.Last, some.Back.State.argmax(-1).data<long>().ToArray());

        (float[] First, float[] Given, long[] Mood, float[] Active, long[] Last, Learning.Environments.Observation Back) Course(int[] leaving)
        {
            var first = user.Reset(6, 5).TaskScores!.flatten().data<float>().ToArray();
            user.Leave(leaving);
            var outcome = user.Advance(zeros(6, 3));
            var (given, mood) = (user.GivenRewards, outcome.Next.State.argmax(-1).data<long>().ToArray());
            var active = outcome.Next.Active.data<float>().ToArray();
            var last = user.Advance(zeros(6, 3));
            return (first, given, mood, active, last.Next.State.argmax(-1).data<long>().ToArray(), user.Return(6));
        }
    }

    [Fact]
    public void The_candidate_with_the_highest_score_is_shown()
    {
        using var scope = NewDisposeScope();
        var world = Small.Draw(1);
        using var user = new SoftOptimalUser(world, candidates: 3);
        var start = user.Reset(50, 3);
        var scores = rand(50, 3);
        var outcome = user.Advance(scores);
        var places = scores.argmax(-1).data<long>().ToArray();
        Assert.Equal(places, outcome.Shown!.data<long>().ToArray());
        for (var session = 0; session < 50; session++)
        {
            var mood = start.State[session].argmax().item<long>();
            var item = start.Candidates![session, places[session]].argmax().item<long>();
            Assert.Equal((float)world.Reward(0, (int)mood, (int)item), user.PositiveRewards[session]);
            Assert.Equal(3, start.Candidates[session].argmax(-1).unique().output.shape[0]);
        }
    }

    [Fact]
    public void Chance_does_not_depend_on_the_actions()
    {
        using var scope = NewDisposeScope();
        using var one = new SoftOptimalUser(Small.Draw(1), candidates: 3);
        using var other = new SoftOptimalUser(Small.Draw(1), candidates: 3);
        one.Reset(200, 7);
        other.Reset(200, 7);
        for (var step = 0; step < 5; step++)
        {
            var first = one.Advance(tensor(new[] { 1f, 0, 0 }).expand(200, 3));
            var second = other.Advance(tensor(new[] { 0f, 0, 1 }).expand(200, 3));
            Assert.True(first.Next.Candidates!.equal(second.Next.Candidates!).all().item<bool>());
            Assert.False(first.Rewards.equal(second.Rewards).all().item<bool>());
        }

        // The same actions give the same everything, and half as many sessions are the first half.
        using var again = new SoftOptimalUser(Small.Draw(1), candidates: 3);
        one.Reset(200, 7);
        again.Reset(100, 7);
        for (var step = 0; step < 5; step++)
        {
            var whole = one.Advance(tensor(new[] { 0f, 1, 0 }).expand(200, 3));
            var half = again.Advance(tensor(new[] { 0f, 1, 0 }).expand(100, 3));
            Assert.True(whole.Rewards.narrow(0, 0, 100).equal(half.Rewards).all().item<bool>());
            Assert.True(whole.Next.State.narrow(0, 0, 100).equal(half.Next.State).all().item<bool>());
        }
    }

    [Fact]
    public void Sessions_end_once_and_give_nothing_afterwards()
    {
        using var scope = NewDisposeScope();
        using var user = new SoftOptimalUser(Small.Draw(1), steps: 2);
        Assert.Equal(1, user.Reset(30, 1).Active.min().item<float>());
        Assert.Equal(0, user.Advance(zeros(30, 1)).Ended.max().item<float>());
        var last = user.Advance(zeros(30, 1));
        Assert.Equal(1, last.Ended.min().item<float>());
        Assert.Equal(0, last.Next.Active.max().item<float>());
        var after = user.Advance(zeros(30, 1));
        Assert.Equal(0, after.Ended.max().item<float>());
        Assert.Equal(0, after.Rewards.abs().max().item<float>());
        Assert.True(after.Next.State.equal(last.Next.State).all().item<bool>());
        Assert.All(user.GivenRewards, reward => Assert.True(float.IsNaN(reward)));
    }

    [Fact]
    public void Kinds_of_users_can_be_kept_apart()
    {
        using var scope = NewDisposeScope();
        var world = new TasteWorld { Users = 6, Items = 6, Categories = 2, Levels = 2 }.Draw(1);
        using var user = new SoftOptimalUser(world, kinds: 4..);
        var state = user.Reset(100, 1).State.narrow(1, 0, 4);
        var allowed = new[] { world.Kinds[4], world.Kinds[5] };
        for (var session = 0; session < 100; session++)
            Assert.Contains(allowed, taste => taste.SequenceEqual(state[session].data<float>().ToArray()));
    }

    [Theory]
    [InlineData(IqlObjective.Mean, false)]
    [InlineData(IqlObjective.Quantile, false)]
    [InlineData(IqlObjective.Combined, false)]
    [InlineData(IqlObjective.Mean, true)]
    public void A_known_reward_comes_back_in_order(IqlObjective objective, bool anchor)
    {
        set_num_threads(1);
        var world = Small.Draw(1);
        using var user = new SoftOptimalUser(world);
        using var log = new ChoiceCollector(user, Cell).Collect(1000, 5);
        var learner = new ChoiceIql(
            new QrIqlOptions { Objective = objective, AnchorSkip = anchor, Quantiles = 4 },
            new ChoiceFit { Layers = 0, Steps = 800, LearningRate = 0.05 },
            5);
        using var model = learner.Fit(log);

        using var states = eye(20);
        var truth = Enumerable.Range(0, 20).Select(cell => world.Reward(0, cell / 5, cell % 5)).ToArray();
        var recovered = Array.ConvertAll(learner.Expect(model, log, 1, states), x => (double)x);
        Assert.InRange(Spearman.Of(recovered, truth), 0.9, 1);
        if (!anchor)
            return;

        // Not in order alone: the reward itself, and nothing for a skip.
        Assert.True(recovered.Zip(truth, (r, t) => Math.Abs(r - t)).Average() < 0.15);
        Assert.All(learner.Expect(model, log, 0, states), reward => Assert.Equal(0, reward, 0.15));
    }

    private static Tensor Cell(Tensor mood, Tensor item) => (mood.unsqueeze(-1) * item.unsqueeze(-2)).flatten(1);
}
