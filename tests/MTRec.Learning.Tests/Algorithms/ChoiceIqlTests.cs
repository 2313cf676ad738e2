using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MentalReward.Choices;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms;

/// <summary>One state for ever, where everything has a closed form: 3 of 10 responses are positive.</summary>
public sealed class ChoiceIqlTests
{
    private const double Share = 0.3;
    private const double Discount = 0.9;

    private static readonly ChoiceFit Table = new() { Layers = 0, Steps = 1500, Batch = 200, LearningRate = 0.05 };
    private static readonly QrIqlOptions Anchored = QrIqlOptions.IqLearn with { AnchorSkip = true, Discount = Discount };

    [Fact]
    public void The_anchored_reward_is_the_log_odds_where_responses_move_nothing()
    {
        set_num_threads(1);
        using var log = OneState();
        var learner = new ChoiceIql(Anchored, Table, 1);
        using var model = learner.Fit(log);

        // Q(skip) = gamma V and V = Q(skip) - log(1 - share), so Q(skip) = -gamma log(1 - share) / (1 - gamma).
        var q = Q(model);
        Assert.Equal(-Discount * Math.Log(1 - Share) / (1 - Discount), q[0], 0.1);
        Assert.Equal(Math.Log(Share / (1 - Share)), q[1] - q[0], 0.1);
        Assert.Equal(0, learner.Expect(model, log, 0, ones(1, 1)).Single(), 0.05);
        Assert.Equal(Math.Log(Share / (1 - Share)), learner.Expect(model, log, 1, ones(1, 1)).Single(), 0.1);
        Assert.Equal(Math.Log(Share / (1 - Share)), learner.Frequency(log, ones(1, 1)).Single(), 0.1);
    }

    [Fact]
    public void The_papers_regulariser_takes_the_rewards_of_least_square()
    {
        set_num_threads(1);
        using var log = OneState();

        // A large alpha leaves the choices alone. Q(a) = log pi(a) + V; r = log pi(a) + (1 - gamma) V has the least square where its mean is 0.
        using var model = new ChoiceIql(QrIqlOptions.IqLearn with { Alpha = 50, Discount = 0.5, TargetRate = 1 }, Table with { Steps = 4000 }, 1).Fit(log);
        var entropy = -(Share * Math.Log(Share)) - ((1 - Share) * Math.Log(1 - Share));
        var q = Q(model);
        Assert.Equal((entropy / 0.5) + Math.Log(1 - Share), q[0], 0.15);
        Assert.Equal((entropy / 0.5) + Math.Log(Share), q[1], 0.15);
    }

    [Fact]
    public void Values_are_learned_from_the_target_network()
    {
        set_num_threads(1);
        using var log = OneState();

        // A target that does not move keeps the model's first weights: the first that the seed draws.
        manual_seed(1);
        using var first = nn.Linear(1, 2);
        var value = first.call(ones(1, 1)).logsumexp(-1).item<float>();
        using var model = new ChoiceIql(Anchored with { TargetRate = 1e-9 }, Table, 1).Fit(log);

        var q = Q(model);
        Assert.Equal(Discount * value, q[0], 0.05);
        Assert.Equal(Math.Log(Share / (1 - Share)), q[1] - q[0], 0.1);
    }

    [Fact]
    public void A_sessions_last_choice_has_no_reward()
    {
        using var log = OneState();
        var learner = new ChoiceIql(Anchored, Table, 1);
        using var model = nn.Linear(1, 2);
        var q = Q(model);
        var value = Math.Log(Math.Exp(q[0]) + Math.Exp(q[1]));
        var rewards = learner.Recover(model, log);
        Assert.Equal(q[1] - (Discount * value), rewards[0], 1e-5);
        Assert.Equal(q[0] - (Discount * value), rewards[5], 1e-5);
        Assert.True(float.IsNaN(rewards[9]));
    }

    [Fact]
    public void Predicted_quantiles_are_those_of_the_recovered_rewards()
    {
        set_num_threads(1);

        // After a positive response the next state is one of two, evenly: r has two values.
        const int Rows = 4000;
        var state = Enumerable.Range(0, Rows).Select(row => row % 2 == 0 ? 0 : 1 + (row / 2 % 2)).ToArray();
        using var log = new ChoiceLog
        {
            State = tensor([.. state.SelectMany(s => Enumerable.Range(0, 3).Select(i => i == s ? 1f : 0f))], Rows, 3),
            Action = ones(Rows, ScalarType.Int64),
            Next = tensor([.. Enumerable.Range(0, Rows).Select(row => row % 2 == 0 ? row + 1L : -1)]),
            Hidden = new Dictionary<string, float[]>(),
        };
        var learner = new ChoiceIql(Anchored with { RewardQuantiles = 4 }, Table, 1);
        using var model = nn.Linear(3, 2);
        var values = model.call(eye(3)).logsumexp(-1).Floats();
        var first = model.call(eye(3)).Floats()[1];
        var rewards = new[] { first - (Discount * values[1]), first - (Discount * values[2]) }.Order().ToArray();

        var quantiles = learner.ExpectQuantiles(learner.Recover(model, log), log, eye(3).narrow(0, 0, 1));
        Assert.Equal([rewards[0], rewards[0], rewards[1], rewards[1]], quantiles.Select(x => (double)x), (x, y) => Math.Abs(x - y) < 0.05);
    }

    private static float[] Q(nn.Module<Tensor, Tensor> model)
    {
        using var scope = NewDisposeScope();
        return model.call(ones(1, 1)).Floats();
    }

    private static ChoiceLog OneState()
    {
        const int Rows = 1000;
        return new ChoiceLog
        {
            State = ones(Rows, 1),
            Action = tensor([.. Enumerable.Range(0, Rows).Select(row => row % 10 < 3 ? 1L : 0)]),
            Next = tensor([.. Enumerable.Range(0, Rows).Select(row => row % 10 == 9 ? -1L : row + 1)]),
            Hidden = new Dictionary<string, float[]>(),
        };
    }
}
