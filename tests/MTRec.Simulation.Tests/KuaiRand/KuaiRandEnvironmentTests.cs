using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Learning.Environments;
using MTRec.Simulation.KuaiRand;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Simulation.Tests.KuaiRand;

public sealed class KuaiRandEnvironmentTests(SyntheticSimulator simulator) : IClassFixture<SyntheticSimulator>
{
    private const int Sessions = 40;
    private static readonly KuaiRandSessionOptions Options = SyntheticSimulator.Options.Sessions;
    private readonly KuaiRandSimulator _simulator = simulator.Fitted;

    [Fact]
    public void Shapes_are_those_announced()
    {
        using var scope = NewDisposeScope();
        var environment = _simulator.Training;
        var shape = environment.Shape;
        var observation = environment.Reset(Sessions, 1);
        Assert.Equal([Sessions, shape.StateWidth], observation.State.shape);
        Assert.Equal([Sessions, shape.Candidates, shape.Tasks.Count], observation.TaskScores!.shape);
        Assert.Equal([Sessions, shape.Candidates, shape.CandidateWidth], observation.Candidates!.shape);
        Assert.InRange(observation.TaskScores.min().item<float>(), 0, 1);
        Assert.InRange(observation.TaskScores.max().item<float>(), 0, 1);
        var outcome = environment.Advance(rand(Sessions, shape.Candidates));
        Assert.Equal([Sessions, 2], outcome.Rewards.shape);
        Assert.Equal([Sessions, shape.ListSize, 2], outcome.ItemRewards!.shape);
        Assert.Equal([Sessions, shape.ListSize, shape.Responses.Count], outcome.Responses!.shape);
        Assert.Equal(12, shape.MaximumSteps);
        Assert.Throws<ArgumentException>(() => environment.Advance(rand(Sessions, shape.Candidates + 1)));
    }

    [Fact]
    public void Evaluation_users_are_nobody_of_the_training_users()
    {
        using var scope = NewDisposeScope();
        Assert.NotEmpty(_simulator.Training.Users);
        Assert.NotEmpty(_simulator.Evaluation.Users);
        Assert.Empty(_simulator.Training.Users.Intersect(_simulator.Evaluation.Users));
        _simulator.Evaluation.Reset(Sessions, 1);
        Assert.Subset(_simulator.Evaluation.Users.ToHashSet(), _simulator.Evaluation.SessionUsers.ToHashSet());
    }

    [Fact]
    public void One_seed_is_one_course_of_events()
    {
        var first = Course(seed: 5);
        Assert.Equal(first, Course(seed: 5));
        Assert.NotEqual(first, Course(seed: 6));
    }

    [Fact]
    public void Chance_does_not_depend_on_the_actions()
    {
        var environment = _simulator.Evaluation;
        using var scope = NewDisposeScope();
        using var scores = new Generator(1);
        var actions = Enumerable.Range(0, 6).Select(_ => rand([Sessions, Options.Candidates], generator: scores)).ToArray();
        var (plain, plainIds) = Run(change: false);
        var (changed, changedIds) = Run(change: true);
        for (var step = 0; step < actions.Length; step++)
        {
            // Session 0 was shown something else; nothing moves in all others.
            Equal(plain[step].Rewards.narrow(0, 1, Sessions - 1), changed[step].Rewards.narrow(0, 1, Sessions - 1));
            Equal(plain[step].Next.State.narrow(0, 1, Sessions - 1), changed[step].Next.State.narrow(0, 1, Sessions - 1));
            if (plain[step].Next.Active[0].item<float>() == 1 && changed[step].Next.Active[0].item<float>() == 1)
                Assert.Equal(plainIds[step][0], changedIds[step][0]);
        }

        Assert.NotEqual(plain[0].Shown![0, 0].item<long>(), changed[0].Shown![0, 0].item<long>());

        (List<Outcome> Outcomes, List<string[][]> Ids) Run(bool change)
        {
            environment.Reset(Sessions, 11);
            var (outcomes, ids) = (new List<Outcome>(), new List<string[][]>());
            foreach (var action in actions)
            {
                var own = action.clone();
                if (change)
                    own[0] = -own[0];
                outcomes.Add(environment.Advance(own));
                ids.Add(environment.CandidateIds());
            }

            return (outcomes, ids);
        }
    }

    [Fact]
    public void The_best_are_shown_and_of_equals_the_first()
    {
        using var scope = NewDisposeScope();
        _simulator.Training.Reset(2, 1);
        var outcome = _simulator.Training.Advance(tensor(new float[,] { { 0, 3, 1, 2, -9, 0, 0, 0 }, { 1, 1, 1, 1, 1, 1, 1, 1 } }));
        Assert.Equal([1L, 3, 0, 1], outcome.Shown!.contiguous().data<long>().ToArray());
    }

    [Fact]
    public void Users_leave_by_the_published_rule()
    {
        var environment = _simulator.Evaluation;
        using var scope = NewDisposeScope();
        environment.Reset(Sessions, 3);
        var satisfaction = environment.Satisfaction.data<float>().ToArray();
        Assert.All(satisfaction, value => Assert.True(value >= 0.11f));
        var active = Enumerable.Repeat(true, Sessions).ToArray();
        var (leaves, stays) = (0, 0);
        for (var step = 0; step < environment.Shape.MaximumSteps; step++)
        {
            using var inner = NewDisposeScope();
            var outcome = environment.Advance(rand(Sessions, Options.Candidates));
            var watch = outcome.ItemRewards!.select(-1, 0).mean([1L]).data<float>().ToArray();
            var ended = outcome.Ended.data<float>().ToArray();
            var now = environment.Satisfaction.data<float>().ToArray();
            for (var session = 0; session < Sessions; session++)
            {
                if (!active[session])
                {
                    Assert.Equal(0, ended[session]);
                    continue;
                }

                satisfaction[session] = (0.95f * satisfaction[session]) + (0.05f * watch[session]);
                Assert.Equal(satisfaction[session], now[session], 1e-5);
                var gone = satisfaction[session] < 0.1f;
                if (Math.Abs(satisfaction[session] - 0.1f) > 1e-5)
                    Assert.Equal(gone || (step + 1) * Options.ListSize >= Options.MaximumViews ? 1 : 0, ended[session]);
                active[session] = ended[session] == 0;
                leaves += gone ? 1 : 0;
                stays += gone ? 0 : 1;
            }

            Assert.Equal(active.Select(goes => goes ? 1f : 0), outcome.Next.Active.data<float>().ToArray());
        }

        Assert.All(active, Assert.False);
        Assert.True(leaves > 0 && stays > 0);
    }

    [Fact]
    public void Ended_sessions_stay_and_give_nothing()
    {
        var environment = _simulator.Training;
        using var scope = NewDisposeScope();
        var before = environment.Reset(Sessions, 4);
        var waited = 0;
        for (var step = 0; step < environment.Shape.MaximumSteps; step++)
        {
            var outcome = environment.Advance(rand(Sessions, Options.Candidates));
            for (var session = 0; session < Sessions; session++)
            {
                if (before.Active[session].item<float>() == 1)
                    continue;
                waited++;
                Assert.Equal(0, outcome.Rewards[session].abs().sum().item<float>());
                Assert.Equal(0, outcome.Responses![session].abs().sum().item<float>());
                Equal(before.State[session], outcome.Next.State[session]);
                Equal(before.TaskScores![session], outcome.Next.TaskScores![session]);
                Equal(before.Candidates![session], outcome.Next.Candidates![session]);
            }

            before = outcome.Next;
        }

        Assert.True(waited > 0);
    }

    [Fact]
    public void Rewards_are_of_the_responses()
    {
        var environment = _simulator.Training;
        using var scope = NewDisposeScope();
        environment.Reset(Sessions, 4);
        var outcome = environment.Advance(rand(Sessions, Options.Candidates));
        var weights = _simulator.Rewards.Behaviours;
        var rewards = outcome.ItemRewards!.flatten(0, 1);
        var responses = outcome.Responses!.flatten(0, 1);
        for (var row = 0; row < rewards.shape[0]; row++)
        {
            var did = responses[row].data<float>().ToArray();
            Assert.Equal(did[5] / _simulator.Rewards.WatchScale, rewards[row, 0].item<float>(), 1e-4);
            Assert.Equal(weights.Zip(did, (weight, done) => weight * done).Sum(), rewards[row, 1].item<float>(), 1e-5);
            Assert.True(did[1] <= did[0], "A long view is a click.");
        }

        Equal(outcome.ItemRewards.sum(1L), outcome.Rewards);
        Assert.True(weights[0] > 0 && weights[1] > 0 && weights[2] >= 0);
        Assert.True(weights[4] <= -weights[2]);
    }

    [Fact]
    public void Objections_cost_what_likes_earn()
    {
        using var scope = NewDisposeScope();
        var rewards = new KuaiRandRewards(50, [1, 2, 3, 4, -3]);
        var values = rewards.Of(tensor(new float[,] { { 1, 1, 0, 0, 0, 25 }, { 0, 0, 1, 0, 0, 0 }, { 0, 0, 0, 0, 1, 100 } }));
        Assert.Equal([0.5f, 3, 0, 3, 2, -3], values.data<float>().ToArray());
    }

    [Fact]
    public void History_is_what_the_service_would_hold()
    {
        const int sessions = 200;
        var environment = _simulator.Evaluation;
        var schema = _simulator.Schema;
        using var scope = NewDisposeScope();
        environment.Reset(sessions, 9);
        var start = environment.Inputs.History;
        var fresh = Enumerable.Range(0, sessions).Where(session => start[session].abs().sum().item<float>() == 0).ToArray();
        Assert.NotEmpty(fresh);
        var events = fresh.ToDictionary(session => session, _ => new List<SessionEvent>());
        var written = new float[schema.History.Length * schema.HistoryWidth];
        var compared = 0;
        for (var step = 0; step < 6; step++)
        {
            var (moments, ids) = (environment.Moments(), environment.CandidateIds());
            var observation = environment.Advance(rand(sessions, Options.Candidates));
            var histories = environment.Inputs.History;
            foreach (var session in fresh)
            {
                var history = histories[session].contiguous().data<float>().ToArray();
                if (observation.Responses![session].abs().sum().item<float>() == 0 && observation.Next.Active[session].item<float>() == 0)
                    continue;
                for (var l = 0; l < Options.ListSize; l++)
                {
                    var did = observation.Responses[session, l].data<float>().ToArray();
                    var row = history.AsSpan((schema.History.Length - Options.ListSize + l) * schema.HistoryWidth, schema.HistoryWidth);
                    var strong = UserActions.None;
                    for (var action = 0; action < schema.History.Actions.Count; action++)
                    {
                        Assert.True(UserActionNames.TryParse(schema.History.Actions[action], out var flag));
                        if ((flag & UserActionNames.StrongPositive) != 0 && row[HistoryLayout.ActionStart + action] == 1)
                            strong |= flag;
                    }

                    Assert.Equal(did[3] == 1, strong != UserActions.None);
                    var actions = strong | (did[0] == 1 ? UserActions.Click : 0) | (did[1] == 1 ? UserActions.LongView : 0)
                        | (did[2] == 1 ? UserActions.Like : 0) | (did[4] == 1 ? UserActions.Hate : 0);
                    events[session].Add(new SessionEvent(ids[session][observation.Shown![session, l].item<long>()], moments[session], actions, did[5]));
                }

                new FeatureAssembler(schema).WriteHistory([.. events[session]], environment.Moments()[session], _simulator.Items, written);
                Assert.Equal(written, history);
                compared++;
            }
        }

        Assert.True(compared > 10);
    }

    [Fact]
    public void Observations_are_made_of_the_services_inputs()
    {
        using var scope = NewDisposeScope();
        var environment = _simulator.Training;
        environment.Reset(Sessions, 2);
        var observation = environment.Advance(rand(Sessions, Options.Candidates)).Next;
        var (context, user, history, candidates) = environment.Inputs;
        Equal(_simulator.FusionState.State(context, user, history), observation.State);
        Equal(_simulator.FusionState.Candidates(candidates, history), observation.Candidates!);
    }

    [Fact]
    public void Expected_rewards_are_the_mean_of_drawn_ones()
    {
        // One list of one item, drawn by many chances: sessions of one user and moment differ in chance alone.
        const int draws = 20_000;
        using var scope = NewDisposeScope();
        var engagement = tensor(new float[,,] { { { 0.5f, 0.2f, 0.3f } } }).expand(draws, 1, 3);
        var watch = tensor(new[] { 0.7f, 0.3f, 0.1f, 0.9f, 0.5f, 0.5f }, 1, 1, 3, 2).expand(draws, 1, 3, 2);
        var reactions = tensor(new[] { 0f, 0.1f, 0.05f, 0.1f, 0, 0, 0.5f, 0.2f, 0 }, 1, 1, 3, 3).expand(draws, 1, 3, 3);
        var low = tensor(new float[,] { { 0, 1 }, { 0.5f, 1.5f }, { 2, 3 } });
        var width = ones(3, 2);
        var seconds = (low + 1).exp() - low.exp() - 1;
        var distribution = new ResponseDistribution(engagement, watch, reactions, low, width, seconds);
        using var chance = new Generator(3);
        var drawn = distribution.Draw(rand([draws, 1, ResponseModel.Chances], generator: chance)).squeeze(1);
        var expected = distribution.Expected()[0, 0].data<float>().ToArray();
        double[] byHand = [0.5, 0.3, (0.2 * 0.1) + (0.3 * 0.5), (0.5 * 0.1) + (0.3 * 0.2), 0.5 * 0.05];
        Assert.All(byHand.Zip(expected), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        var means = drawn.mean([0L]).data<float>().ToArray();
        var errors = (drawn.std(0L) / Math.Sqrt(draws)).data<float>().ToArray();
        for (var i = 0; i < means.Length; i++)
            Assert.InRange(means[i], expected[i] - (4 * errors[i]), expected[i] + (4 * errors[i]));

        // The distribution function of what it draws is uniform.
        var shares = distribution.WatchShare(drawn.select(1, 5).unsqueeze(1)).flatten();
        foreach (var quantile in new[] { 0.1, 0.5, 0.9 })
            Assert.Equal(quantile, shares.le(quantile).to(ScalarType.Float32).mean().item<float>(), 0.02);
    }

    [Fact]
    public void A_higher_chance_is_a_deeper_engagement()
    {
        using var scope = NewDisposeScope();
        var distribution = new ResponseDistribution(
            tensor(new[] { 0.5f, 0.2f, 0.3f }, 1, 1, 3).expand(4, 1, 3), ones(4, 1, 3, 1), zeros(4, 1, 3, 3), zeros(3, 1), ones(3, 1), ones(3, 1));
        var chance = zeros(4, 1, ResponseModel.Chances);
        chance.select(-1, 0).copy_(tensor(new[] { 0.1f, 0.49f, 0.6f, 0.8f }, 4, 1));
        var drawn = distribution.Draw(chance).squeeze(1);
        Assert.Equal([0f, 0, 1, 1], drawn.select(1, 0).contiguous().data<float>().ToArray());
        Assert.Equal([0f, 0, 0, 1], drawn.select(1, 1).contiguous().data<float>().ToArray());
    }

    [Fact]
    public void Length_of_sessions_follows_the_rule_by_hand()
    {
        var options = new KuaiRandSessionOptions { MaximumViews = 3 };

        // By hand: .11 -> .1045 -> .0993 without any reward; a reward of .2 at once keeps .1145 -> .1088 -> .1033.
        float[][] watched = [[0, 20], [0, 0], [0, 0]];
        Assert.Equal(2.5, SessionLength.Views(watched, [0, 0], 100, options));
        Assert.Equal(2, SessionLength.Views(watched, [0, 0], 1e6, options));
        Assert.Equal(3, SessionLength.Views(watched, [10_000, 10_000], 1e3, options));
    }

    [Fact]
    public void Users_who_return_have_what_they_saw_in_their_history_and_begin_as_they_began()
    {
        using var scope = NewDisposeScope();
        var environment = _simulator.Training;
        environment.Reset(Sessions, 4);
        var (users, moments, satisfaction) = (environment.SessionUsers, environment.Moments(), environment.Satisfaction);
        for (var step = 0; step < 3; step++)
            environment.Advance(rand(Sessions, Options.Candidates));
        var before = environment.Inputs.History;
        var again = environment.Return(9, TimeSpan.FromDays(1));

        Assert.Equal(users, environment.SessionUsers);
        Assert.Equal(Array.ConvertAll(moments, moment => moment + 86_400_000), environment.Moments());
        Equal(satisfaction, environment.Satisfaction);
        Assert.Equal(Sessions, again.Active.sum().item<float>());
        var age = HistoryLayout.AgeColumn;
        var after = environment.Inputs.History;
        Equal(before.narrow(-1, age + 1, before.shape[2] - age - 1), after.narrow(-1, age + 1, before.shape[2] - age - 1));
        var older = after.select(-1, age) - before.select(-1, age);
        Assert.InRange(older.min().item<float>(), 0, 86_400);
        Assert.True(older.max().item<float>() > 80_000);
        var candidates = environment.CandidateIds();
        Assert.Equal(candidates, Again(9));
        Assert.NotEqual(candidates, Again(10));

        string[][] Again(int seed)
        {
            environment.Return(seed, TimeSpan.FromDays(2));
            return environment.CandidateIds();
        }
    }

    [Fact]
    public void Who_leaves_is_gone_and_changes_nothing_for_the_others()
    {
        using var scope = NewDisposeScope();
        using var scores = new Generator(3);
        var environment = _simulator.Training;
        var order = rand([Sessions, Options.Candidates], generator: scores);
        environment.Reset(Sessions, 4);
        var all = environment.Advance(order);
        environment.Reset(Sessions, 4);
        environment.Leave([0, 7]);
        var some = environment.Advance(order);

        var others = tensor([.. Enumerable.Range(0, Sessions).Where(session => session is not (0 or 7)).Select(session => (long)session)]);
        Equal(all.Rewards.index_select(0, others), some.Rewards.index_select(0, others));
        Assert.Equal(0, some.Rewards[0].abs().sum().item<float>() + some.Rewards[7].abs().sum().item<float>());
        Assert.Equal(0, some.Next.Active[0].item<float>() + some.Next.Active[7].item<float>());
        Assert.Equal(Sessions - 2, some.Next.Active.sum().item<float>() + some.Ended.sum().item<float>());
    }

    private static void Equal(Tensor expected, Tensor actual) => Assert.Equal(0, (expected - actual).abs().max().item<float>());

    private float[] Course(int seed)
    {
        using var scope = NewDisposeScope();
        using var scores = new Generator(2);
        var environment = _simulator.Training;
        var values = new List<float>();
        Add(environment.Reset(Sessions, seed));
        for (var step = 0; step < 5; step++)
        {
            var outcome = environment.Advance(rand([Sessions, Options.Candidates], generator: scores));
            values.AddRange(outcome.Rewards.contiguous().data<float>().ToArray());
            Add(outcome.Next);
        }

        return [.. values];

        void Add(Observation observation)
        {
            foreach (var tensor in new[] { observation.State, observation.TaskScores!, observation.Candidates! })
                values.AddRange(tensor.contiguous().data<float>().ToArray());
        }
    }
}
