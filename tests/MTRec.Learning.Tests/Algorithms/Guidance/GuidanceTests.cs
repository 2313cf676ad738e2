using MTRec.Data.Sequences;
using MTRec.Learning.Algorithms.Guidance;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.Recommenders;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using MTRec.Learning.Tests.Algorithms.Recommenders;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms.Guidance;

public sealed class GuidanceTests
{
    private static readonly RecommenderOptions Small = new() { Width = 8, Hidden = 16, History = 8 };

    [Fact]
    public void The_alignment_loss_has_its_closed_form_and_gradient()
    {
        using var scope = NewDisposeScope();
        var logits = tensor(new[] { Math.Log(3), 0.0, 5.0 }).requires_grad_();
        var rewards = tensor(new[] { -1.0, 2, 4, 1, 9, 9 }, 3, 2);
        var known = tensor(new[] { 1.0, 1, 0 });
        var loss = AlignmentLoss.Of(logits, rewards, known);

        // F = 3/4 and 1/2: -(3/4 2 + 1/4 (-1) + 1/2 1 + 1/2 4) / 3.
        Assert.Equal(-(1.25 + 2.5) / 3, loss.item<double>(), 10);

        // dL/dlogit = F (1 - F) (r(s, skip) - r(s, positive)) / 3: down where a positive response is worth more.
        loss.backward();
        var gradient = logits.grad!.data<double>().ToArray();
        Assert.Equal(3.0 / 16 * -3 / 3, gradient[0], 10);
        Assert.Equal(0.25 * 3 / 3, gradient[1], 10);
        Assert.Equal(0, gradient[2]);
    }

    [Fact]
    public void Rewards_are_normalised_and_the_unknown_ones_say_nothing()
    {
        using var scope = NewDisposeScope();
        var rewards = new GuidingRewards([1, 3, float.NaN, float.NaN, 5, 7], weight: 0.1);
        var z = rewards.Rewards([2, 0, 1]).Floats();
        var deviation = (float)Math.Sqrt(5);
        Assert.Equal([1 / deviation, 3 / deviation, -3 / deviation, -1 / deviation, 0, 0], z, Near);
        Assert.Equal([1, 1, 0], rewards.Known([2, 0, 1]).Floats());
        Assert.Throws<ArgumentException>(() => new GuidingRewards([2, 2, float.NaN, float.NaN], 0.1));
    }

    [Fact]
    public void Guidance_alone_teaches_the_sign_of_the_rewards()
    {
        // The rewards contradict the responses: with a great weight the recommender follows the rewards.
        manual_seed(1);
        using var model = new DinRecommender(ItemAttributes.None(PlantedChoices.Items), Small);
        var examples = PlantedChoices.TwoHalves(users: 150, seed: 2);
        var rewards = Enumerable.Range(0, examples.Count).SelectMany(row => new[] { 0, examples.Taken[row] ? -1f : 1f }).ToArray();
        var train = examples.Rows(SequencePart.Train);
        var guidance = new GuidingRewards(rewards, 50);
        using var optimizer = optim.Adam(model.parameters(), 1e-2);
        for (var step = 0; step < 60; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            GuidedFit.Loss(model, examples, train, guidance).backward();
            optimizer.step();
        }

        Assert.InRange(Agreement(), 0, 0.35);

        double Agreement() =>
            Auc.Of(GuidedFit.Logits(model, examples, train), Array.ConvertAll(train, row => examples.Taken[row]));
    }

    [Fact]
    public void The_loss_of_a_guided_recommender_is_the_sum_of_its_parts()
    {
        manual_seed(4);
        using var model = new DinRecommender(ItemAttributes.None(PlantedChoices.Items), Small);
        model.eval();
        using var scope = NewDisposeScope();
        var examples = PlantedChoices.TwoHalves(users: 5, seed: 2);
        var rewards = Enumerable.Range(0, 2 * examples.Count).Select(i => (float)Math.Sin(i)).ToArray();
        int[] rows = [0, 3, 5, 8];
        var guided = new GuidingRewards(rewards, 0.25);
        var alone = GuidedFit.Loss(model, examples, rows, null).item<float>();
        var both = GuidedFit.Loss(model, examples, rows, guided).item<float>();
        var alignment = AlignmentLoss.Of(model.call(examples.Batch(rows)), guided.Rewards(rows), guided.Known(rows)).item<float>();
        Assert.Equal(alone + (0.25f * alignment), both, 1e-5f);
        Assert.NotEqual(0, alignment, 1e-3f);
    }

    [Fact]
    public void A_state_after_a_response_holds_what_the_response_added()
    {
        using var scope = NewDisposeScope();
        var examples = PlantedChoices.TwoHalves(users: 20, seed: 7);
        for (var row = 0; row < examples.Count; row++)
        {
            var next = examples.Next(row);
            if (next < 0)
                continue;
            var logged = examples.After([row], [examples.Taken[row]]);
            var expected = examples.Batch([next]);
            Assert.Equal(expected.History.Longs(), logged.History.Longs());
            Assert.Equal(expected.Candidates.Longs(), logged.Candidates.Longs());

            // Against the log: the other response adds the skipped item, or takes the taken one away; within a page nothing yet.
            var other = Items(examples.After([row], [!examples.Taken[row]]));
            var now = Items(examples.Batch([row]));
            var item = examples.Batch([row]).Candidates.item<long>();
            if (examples.HistoryLength(next) == examples.HistoryLength(row))
                Assert.Equal(now, other);
            else if (examples.Taken[row])
                Assert.Equal(now, other);
            else
                Assert.Equal([.. Items(expected), item], other);
        }

        static long[] Items(SequenceBatch batch) => [.. batch.History.Longs().Where(item => item > 0)];
    }

    [Fact]
    public void Trajectories_end_with_their_part()
    {
        var examples = PlantedChoices.TwoHalves(users: 50, seed: 7);
        foreach (var part in Enum.GetValues<SequencePart>())
        {
            var rows = examples.Rows(part);
            Assert.All(rows, row => Assert.True(examples.Next(row) < 0 || rows.Contains(examples.Next(row))));
        }

        var ends = examples.Rows(SequencePart.Train).Count(row => examples.Next(row) < 0);
        Assert.Equal(examples.Rows(SequencePart.Validation).Length / 2, ends);
    }

    [Fact]
    public void The_soft_q_loss_of_choices_takes_the_next_value_from_the_target()
    {
        using var scope = NewDisposeScope();
        manual_seed(8);
        var options = new QrIqlOptions { Quantiles = 3 };
        var (model, target) = (Net(options), Net(options));
        var examples = PlantedChoices.TwoHalves(users: 10, seed: 9);
        int[] rows = [.. examples.Rows(SequencePart.Train).Take(12)];
        var loss = new SequenceIql(options, AnyFitter(), 1).Loss(model, target, examples, rows).item<float>();

        var taken = Array.ConvertAll(rows, row => examples.Taken[row]);
        var next = SoftQ.V(Lambda(target.call(examples.After(rows, taken)), options));
        var expected = SoftQ.Loss(
            options,
            Lambda(model.call(examples.Batch(rows)), options),
            tensor(Array.ConvertAll(taken, value => value ? 1L : 0)),
            next,
            tensor(Array.ConvertAll(rows, row => examples.Next(row) >= 0 ? 1f : 0f))).item<float>();
        Assert.Equal(expected, loss, 1e-5f);
        Assert.NotEqual(expected, new SequenceIql(options, AnyFitter(), 1).Loss(model, model, examples, rows).item<float>(), 1e-4f);

        // The target carries no gradient.
        new SequenceIql(options, AnyFitter(), 1).Loss(model, target, examples, rows).backward();
        Assert.All(target.parameters(), parameter => Assert.True(parameter.grad is null));
        Assert.All(model.named_parameters(), pair => Assert.True(pair.parameter.grad is not null, pair.name));
    }

    [Fact]
    public void Rewards_of_choices_are_q_less_the_discounted_value_after_either_response()
    {
        using var scope = NewDisposeScope();
        manual_seed(10);
        var options = new QrIqlOptions { Quantiles = 3, Discount = 0.7 };
        var model = Net(options);
        var examples = PlantedChoices.TwoHalves(users: 10, seed: 11);
        var rows = examples.Rows(SequencePart.Train);
        var rewards = new SequenceIql(options, AnyFitter(), 1).Rewards(model, examples, rows);
        for (var i = 0; i < rows.Length; i++)
        {
            if (examples.Next(rows[i]) < 0)
            {
                Assert.True(float.IsNaN(rewards[2 * i]) && float.IsNaN(rewards[(2 * i) + 1]));
                continue;
            }

            var q = SoftQ.Q(Lambda(model.call(examples.Batch([rows[i]])), options)).Floats();
            foreach (var taken in new[] { false, true })
            {
                var value = SoftQ.V(Lambda(model.call(examples.After([rows[i]], [taken])), options)).item<float>();
                Assert.Equal(q[taken ? 1 : 0] - (0.7f * value), rewards[(2 * i) + (taken ? 1 : 0)], 1e-4f);
            }
        }
    }

    [Fact]
    public void An_actions_first_output_is_its_q_and_the_others_spread_around_it()
    {
        using var scope = NewDisposeScope();
        manual_seed(15);
        var options = new QrIqlOptions { Quantiles = 3 };
        using var model = Net(options);
        var batch = PlantedChoices.TwoHalves(users: 3, seed: 2).Batch([0, 1, 5]);
        var outputs = model.call(batch).reshape(-1, 2, 4).Floats();
        var quantiles = new SequenceIql(options, AnyFitter(), 1).Quantiles(model, batch).Floats();

        // Q of rewards of 0: gamma log 2 / (1 - gamma).
        var level = (float)(0.9 * Math.Log(2) / 0.1);
        for (var action = 0; action < 6; action++)
        {
            var output = outputs.AsSpan(4 * action, 4).ToArray();
            for (var i = 0; i < 3; i++)
                Assert.Equal(level + output[0] + output[i + 1] - output[1..].Average(), quantiles[(3 * action) + i], 1e-5f);
        }
    }

    [Theory]
    [InlineData(GuidanceVariant.Irl)]
    [InlineData(GuidanceVariant.MTRec)]
    public void Recovered_rewards_prefer_what_the_users_want(GuidanceVariant variant)
    {
        manual_seed(12);
        var options = variant == GuidanceVariant.Irl ? new GuidanceStudyOptions().Irl : new GuidanceStudyOptions().MTRec;
        using var model = Net(options);
        using var target = Net(options);
        var examples = PlantedChoices.TwoHalves(users: 400, seed: 13);
        var train = examples.Rows(SequencePart.Train);
        var learner = new SequenceIql(options, AnyFitter(), 14);
        learner.Fit("reward", model, target, examples, train, examples.Rows(SequencePart.Validation));

        // On users who were not fitted to: r(s, positive) - r(s, skip) tells items of the user's half, of which 9 of 24 skips are: best .81.
        int[] rows = [.. examples.Rows(SequencePart.KeptBack).Where(row => examples.HistoryLength(row) > 1 && examples.Next(row) >= 0)];
        var rewards = learner.Rewards(model, examples, rows);
        var preference = Enumerable.Range(0, rows.Length).Select(i => rewards[(2 * i) + 1] - rewards[2 * i]).ToArray();
        var auc = Auc.Of(preference, Array.ConvertAll(rows, row => examples.Taken[row]));
        Assert.True(auc > 0.7, $"{auc}");
    }

    [Fact]
    public void The_rewards_of_a_study_do_not_repeat_the_responses_that_they_explain()
    {
        var fit = new FitOptions { Epochs = 2, BatchSize = 64, LearningRate = 1e-2 };
        var study = new GuidanceStudyOptions { Recommender = Small, RewardFit = fit };
        var examples = PlantedChoices.TwoHalves(users: 60, seed: 3);
        var recovered = Study(examples).Rewards(GuidanceVariant.Irl, seed: 1);
        var rewards = recovered.Train;
        var train = examples.Rows(SequencePart.Train);
        Assert.Contains(train, row => examples.User[row] == 59);
        Assert.All(train, row => Assert.Equal(examples.Next(row) >= 0, float.IsFinite(rewards[2 * row])));
        Assert.All(
            examples.Rows(SequencePart.KeptBack).Concat(examples.Rows(SequencePart.Test)), row => Assert.True(float.IsNaN(rewards[(2 * row) + 1])));

        var keptBack = examples.Rows(SequencePart.KeptBack);
        Assert.NotEmpty(keptBack);
        Assert.Equal(keptBack.Select(row => examples.Next(row) >= 0), recovered.KeptBackMargins.Select(float.IsFinite));

        // The last user takes other items: that moves the rewards of users at even places, who learn from those at odd ones, and no others'.
        var changed = PlantedChoices.TwoHalves(users: 60, seed: 3, otherLast: true);
        var after = Study(changed).Rewards(GuidanceVariant.Irl, seed: 1).Train;
        int[] finite = [.. train.Where(row => examples.User[row] < 59 && examples.Next(row) >= 0)];
        Assert.All(finite.Where(row => examples.User[row] % 2 == 1), row => Assert.Equal(rewards[2 * row], after[2 * row], 1e-6f));
        Assert.Contains(finite.Where(row => examples.User[row] % 2 == 0), row => Math.Abs(rewards[2 * row] - after[2 * row]) > 1e-4f);

        GuidanceStudy Study(ChoiceExamples log) => new(log, ItemAttributes.None(PlantedChoices.Items), study, default);
    }

    [Fact]
    public void What_a_reward_adds_is_the_auc_of_the_sum_of_standardised_scores_where_it_is_known()
    {
        var examples = PlantedChoices.TwoHalves(users: 60, seed: 3);
        var study = new GuidanceStudy(examples, ItemAttributes.None(PlantedChoices.Items), new GuidanceStudyOptions(), default);
        var margins = Array.ConvertAll(study.KeptBack, row => examples.Next(row) < 0 ? float.NaN : examples.Taken[row] ? 1f : -1f);
        Assert.Contains(margins, float.IsNaN);
        var rewards = new RecoveredRewards([], margins);
        Assert.Equal(1, study.KeptBackAuc(rewards, margins), 9);

        // A score that contradicts the reward cancels it, whatever its scale, here one that is exact.
        var against = Array.ConvertAll(margins, margin => -1024 * margin);
        Assert.Equal(0, study.KeptBackAuc(rewards, against), 9);
        Assert.Equal(0.5, study.KeptBackAuc(rewards, margins, against), 9);
    }

    private static Fitter AnyFitter() =>
        new(new FitOptions { Epochs = 12, BatchSize = 128, LearningRate = 1e-2, WeightDecay = 0.01, Patience = 12 }, null, default);

    private static Din Net(QrIqlOptions options) => new(ItemAttributes.None(PlantedChoices.Items), Small, SequenceIql.Outputs(options));

    // Q first, then what spreads around it, from the level of rewards of 0: gamma log 2 / (1 - gamma).
    private static Tensor Lambda(Tensor outputs, QrIqlOptions options)
    {
        var ofAction = outputs.reshape(-1, 2, 1 + options.Quantiles);
        var spread = ofAction.narrow(2, 1, options.Quantiles);
        return ofAction.narrow(2, 0, 1) + spread - spread.mean([2L], keepdim: true) + (options.Discount * Math.Log(2) / (1 - options.Discount));
    }

    private static bool Near(float x, float y) => Math.Abs(x - y) < 1e-5;
}
