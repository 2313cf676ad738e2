using MTRec.Core.Sessions;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms;

public sealed class SequentialChoicesTests
{
    private static readonly FitOptions Fit = new() { Epochs = 3, BatchSize = 128, LearningRate = 5e-3, WeightDecay = 0 };

    [Fact]
    public void The_reward_of_an_impression_is_the_sum_over_its_choices()
    {
        // Two choices, gamma V(s') = 0.5: Q = (0, 1) then (2, 3).
        float[] q = [0, 1, 2, 3];
        var first = Math.Log(1 + Math.E);
        var second = 2 + Math.Log(1 + Math.E);
        var surplus = Math.Log(1 + Math.E) * (1 + Math.Exp(-1));

        Assert.Equal(0 - 0.5, ImpressionReward.Of(q, 0, 0.5).Given, 6);
        Assert.Equal((1 - second) + (2 - 0.5), ImpressionReward.Of(q, 1, 0.5).Given, 6);
        Assert.Equal((1 - second) + (3 - 0.5), ImpressionReward.Of(q, 2, 0.5).Given, 6);
        Assert.Equal([0, surplus, 2 * surplus], new[] { 0, 1, 2 }.Select(depth => ImpressionReward.Of(q, depth, 0.5).Surplus), (x, y) => Math.Abs(x - y) < 1e-6);
        Assert.Equal(first, ImpressionReward.Of(q, 1, 0.5).Expected, 6);

        // Without a next impression r is undefined; what declining would have been worth is not needed.
        Assert.True(double.IsNaN(ImpressionReward.Of(q, 1, null).Given));
        Assert.Equal(surplus, ImpressionReward.Of(q, 1, null).Surplus, 6);
    }

    [Theory]
    [InlineData(-3.0)]
    [InlineData(0.0)]
    [InlineData(2.0)]
    public void The_surplus_is_what_the_choice_was_worth_to_those_who_made_it(double u)
    {
        // u + logistic noise, where it is above 0.
        var random = new Random(1);
        var sum = 0.0;
        var count = 0;
        for (var draw = 0; draw < 400_000; draw++)
        {
            var p = random.NextDouble();
            var worth = u + Math.Log(p / (1 - p));
            if (worth > 0)
            {
                sum += worth;
                count++;
            }
        }

        var reward = ImpressionReward.Of([0, (float)u], 1, null);
        Assert.Equal(sum / count, reward.Surplus, 0.02);
        Assert.Equal(sum / 400_000, reward.Expected, 0.02);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_loss_is_its_formula_over_every_choice_that_was_faced(bool anchor)
    {
        const double Discount = 0.9;
        using var scope = NewDisposeScope();
        manual_seed(2);
        var data = new SyntheticExamples(users: 20);
        var options = new SequentialChoicesOptions
        {
            Stages = [SequentialChoicesOptions.Open, new ChoiceStage("stay", PositiveResponse.LongView)],
            Q = QrIqlOptions.IqLearn with { AnchorSkip = anchor, Alpha = 0.3, Discount = Discount, Width = 8 },
        };
        var choices = Make(options, 1);
        using var model = choices.Model(data.NewBackbone());
        using var target = choices.Model(data.NewBackbone());
        model.eval();
        target.eval();
        var rows = Enumerable.Range(0, 60).ToArray();
        var seen = rows.Select(_ => ExampleView.Cold).ToArray();

        double likelihood = 0, squares = 0;
        var faced = 0;
        foreach (var row in rows)
        {
            var (q, own) = (Q(model, row), Q(target, row));
            double? after = data.Train.Next(row) is >= 0 and var next ? Discount * Value(Q(target, next), 0) : null;
            var depth = choices.Depth(data.Train, row);
            for (var choice = 0; choice <= Math.Min(depth, 1); choice++)
            {
                var goesOn = choice < depth;
                var taken = q[(2 * choice) + (goesOn ? 1 : 0)];
                likelihood += taken - Value(q, choice);
                var follows = goesOn && choice == 0 ? Value(own, 1) : after;
                if (follows is { } value && !(anchor && goesOn))
                    squares += Math.Pow(taken - value, 2);
                faced++;
            }
        }

        Assert.Equal(((squares / (4 * 0.3)) - likelihood) / faced, choices.Loss(model, target, data.Train, rows, seen).item<float>(), 1e-4);

        float[] Q(SoftQModel from, int row) => SoftQ.Q(from.call(data.Train.Batch([row], [ExampleView.Cold]))).Floats();

        static double Value(float[] q, int choice) => Math.Log(Math.Exp(q[2 * choice]) + Math.Exp(q[(2 * choice) + 1]));
    }

    [Fact]
    public void Users_kept_back_are_not_learned_from()
    {
        var data = new SyntheticExamples(users: 60);
        var users = new MTRec.Learning.Pipelines.KeptBackUsers(data.Data, 8, 1);
        HashSet<string> Of(ImpressionExamples examples) => [.. examples.Log.User.Select(user => examples.Log.Users[user])];
        Assert.Equal(Of(users.Train), Of(users.Validation));
        Assert.Equal(2, users.Judged.Count);
        Assert.All(users.Judged, judged => Assert.Empty(Of(judged).Intersect(Of(users.Train))));
        Assert.Equal(data.Dev.Count, users.Validation.Count + users.Judged[0].Count);
    }

    [Fact]
    public void Later_responses_imply_earlier_choices()
    {
        var data = new SyntheticExamples(users: 30);
        var choices = Make(new SequentialChoicesOptions(), 4);
        for (var row = 0; row < data.Train.Count; row++)
        {
            var (actions, watch, length) = (data.Train.Log.Actions[row], data.Train.Log.WatchSeconds[row], data.Train.Log.DurationSeconds[row]);
            var expected = (actions & (UserActions.Like | UserActions.ProfileEnter)) != 0 ? 5
                : watch >= length ? 4
                : watch > 10 || (actions & UserActions.LongView) != 0 ? 3
                : watch > 3 ? 2
                : (actions & UserActions.Click) != 0 ? 1 : 0;
            Assert.Equal(expected, choices.Depth(data.Train, row));
        }
    }

    [Fact]
    public void With_one_choice_it_is_QrIql()
    {
        set_num_threads(1);
        var data = new SyntheticExamples(users: 60);
        var q = new QrIqlOptions { Width = 8, Quantiles = 3 };
        var views = new ViewSampler(0.5, 0.5);
        manual_seed(3);
        using var one = new QrIql(q, views, new Fitter(Fit with { Epochs = 1 }, null, CancellationToken.None), 1).Fit("q", data.NewBackbone, data.Train, data.Dev);
        var expected = one.Recover(data.Dev, ExampleView.Cold, q);

        manual_seed(3);
        var options = new SequentialChoicesOptions { Stages = [new ChoiceStage("positive", q.Positive)], Q = q };
        var choices = new SequentialChoices(options, views, new Fitter(Fit with { Epochs = 1 }, null, CancellationToken.None), 1);
        using var other = choices.Fit("q", data.NewBackbone, data.Train, data.Dev);
        var rewards = choices.Recover(other, data.Dev, ExampleView.Cold);
        for (var row = 0; row < expected.Length; row++)
            Assert.Equal(expected[row], rewards[row].Given, 1e-4);
    }

    [Fact]
    public void What_is_wanted_is_expected_to_be_worth_more()
    {
        set_num_threads(1);
        manual_seed(4);
        var data = new SyntheticExamples(users: 300);
        var choices = Make(new SequentialChoicesOptions { Stages = [SequentialChoicesOptions.Open, .. SequentialChoicesOptions.Stay], Q = new SequentialChoicesOptions().Q with { Width = 16 } }, 8);
        using var model = choices.Fit("choices", data.NewBackbone, data.Train, data.Dev);
        var rewards = choices.Recover(model, data.Dev, ExampleView.Warm);
        var click = data.Dev.Did(UserActions.Click);

        // The truth's own order separates clicks by about 0.8 here.
        var found = Auc.Of([.. rewards.Select(r => (float)r.Expected)], click);
        Assert.True(found > 0.62, $"{found}");
        Assert.Equal(1, Auc.Of([.. rewards.Select(r => (float)r.Surplus)], [.. Enumerable.Range(0, data.Dev.Count).Select(row => choices.Depth(data.Dev, row) > 0)]), 6);
        for (var row = 0; row < rewards.Length; row++)
            Assert.Equal(data.Dev.Next(row) < 0, double.IsNaN(rewards[row].Given));
    }

    [Fact]
    public void Signals_are_judged_within_users()
    {
        var data = new SyntheticExamples(users: 150);
        var comparison = new SignalComparison([data.Train, data.Dev], new UserBootstrap(1, 20));
        var like = data.Train.Did(UserActions.Like).Concat(data.Dev.Did(UserActions.Like)).ToArray();

        // The user's own level must not matter, nor rows without a value.
        var users = data.Train.Log.User.Select(u => data.Train.Log.Users[u]).Concat(data.Dev.Log.User.Select(u => data.Dev.Log.Users[u])).ToArray();
        var perfect = comparison.Judge([.. like.Select((liked, row) => liked ? 1 + double.Parse(users[row], System.Globalization.CultureInfo.InvariantCulture) : double.Parse(users[row], System.Globalization.CultureInfo.InvariantCulture))]);
        Assert.Equal(1, perfect.Like.Value, 6);
        var opposite = comparison.Judge([.. like.Select((liked, row) => row % 7 == 0 ? double.NaN : liked ? -1 : 0)]);
        Assert.Equal(0, opposite.Like.Value, 6);
        Assert.Equal(0, opposite.LikeOverHate.Value, 6);
        Assert.Equal(1, comparison.Judge(comparison.Observed.Single(o => o.Name == "long view").Values).LongView.Value, 6);
        Assert.Equal(1, comparison.Judge(comparison.Observed.Single(o => o.Name == "watch ratio").Values).WatchRatio, 6);

        // A reaction is the deepest response, a long view deeper than a click.
        var depth = comparison.Observed.Single(o => o.Name == "depth").Values;
        var (longView, click) = (data.Train.Did(UserActions.LongView), data.Train.Did(UserActions.Click));
        Assert.All(Enumerable.Range(0, data.Train.Count), row => Assert.InRange(depth[row], like[row] ? 3 : longView[row] ? 2 : click[row] ? 1 : 0, 3));
        Assert.Contains(0.0, depth);
    }

    private static SequentialChoices Make(SequentialChoicesOptions options, int epochs) =>
        new(options, new ViewSampler(0.5, 0.5), new Fitter(Fit with { Epochs = epochs }, null, CancellationToken.None), 1);
}
