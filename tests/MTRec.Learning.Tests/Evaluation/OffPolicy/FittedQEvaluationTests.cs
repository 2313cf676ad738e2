using MTRec.Learning.Evaluation;
using MTRec.Learning.Evaluation.OffPolicy;
using MTRec.Simulation.KnownValue;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Evaluation.OffPolicy;

public sealed class FittedQEvaluationTests
{
    private const double Discount = 0.9;

    private static readonly FittedQOptions Quick = FittedQOptions.Plain with { Discount = Discount, Steps = 2500, BatchSize = 256, Hidden = [48], LearningRate = 3e-3 };

    [Fact]
    public void Target_and_loss_have_their_closed_forms()
    {
        using var scope = NewDisposeScope();
        var target = FittedQEvaluation.Target(tensor(new[] { 1f, 2f }), tensor(new[] { 1f, 0f }), tensor(new[] { 10f, 10f }), 0.5);
        Assert.Equal([6f, 2f], target.data<float>().ToArray());

        // Errors 1 and -3; evaluated above logged by 4 and -2 on average 1.
        var logged = tensor(new[] { 7f, -1f }, requires_grad: true);
        var evaluated = tensor(new[] { 11f, -3f }, requires_grad: true);
        Assert.Equal(5, FittedQEvaluation.Loss(logged, null, target, 0).item<float>(), 5);
        var loss = FittedQEvaluation.Loss(logged, evaluated, target, 0.25);
        Assert.Equal(5.25, loss.item<float>(), 5);
        loss.backward();
        Assert.Equal([1 - 0.125f, -3 - 0.125f], logged.grad!.data<float>().ToArray());
        Assert.Equal([0.125f, 0.125f], evaluated.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Losses_of_networks_that_share_nothing_add_up()
    {
        using var scope = NewDisposeScope();
        var logged = tensor(new[] { 7f, -1f, 1f, 3f }, 2, 2);
        var evaluated = tensor(new[] { 11f, -3f, 2f, 6f }, 2, 2);
        var target = tensor(new[] { 6f, 2f, 3f, 3f }, 2, 2);
        // (1 + 9) / 2 + 4 / 2, and a quarter of (4 - 2) / 2 + (1 + 3) / 2.
        Assert.Equal(7.75, FittedQEvaluation.Loss(logged, evaluated, target, 0.25).item<float>(), 5);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.3)]
    public void Policies_side_by_side_are_worth_what_each_is_by_itself(double conservatism)
    {
        using var scope = NewDisposeScope();
        using var log = new TwoStateProcess(400, 7).Transitions();
        var fit = new FittedQEvaluation(Quick with { Steps = 150, TargetEvery = 20, Hidden = [16, 8], Conservatism = conservatism });
        Func<Tensor, Tensor>[] policies = [Policy(0.5, -0.4), Policy(-1, 1), Policy(2, 2)];
        var together = fit.Evaluate(log, policies, new UserBootstrap(1, 50)).Select(estimate => estimate.Value.Value).ToArray();
        var alone = policies.Select(policy => fit.Evaluate(log, policy, new UserBootstrap(1, 50)).Value.Value).ToArray();
        for (var i = 0; i < alone.Length; i++)
            Assert.Equal(alone[i], together[i], 0.003);
        Assert.True(Math.Abs(alone[0] - alone[1]) > 0.02, $"{alone[0]} and {alone[1]}");
    }

    [Theory]
    [InlineData(0.5, -0.4)]
    [InlineData(-0.3, 0.2)]
    public void A_deterministic_policy_is_worth_what_its_bellman_equations_say(double first, double second)
    {
        using var scope = NewDisposeScope();
        using var log = new TwoStateProcess(4000, 7).Transitions();
        var truth = TwoStateProcess.Value([first, second], 0, Discount);
        var estimate = new FittedQEvaluation(Quick).Evaluate(log, Policy(first, second), new UserBootstrap(1, 50));
        Assert.Equal("FQE", estimate.Estimator);
        Assert.InRange(estimate.Value.Value, truth - 0.25, truth + 0.25);
        // Far from what one step is worth, and from the other policy.
        Assert.True(Math.Abs(truth - TwoStateProcess.ExpectedReward(0, first)) > 1);
        Assert.True(Math.Abs(truth - TwoStateProcess.Value([second, first], 0, Discount)) > 0.5);
    }

    [Fact]
    public void While_the_target_stands_still_the_fit_looks_one_step_ahead()
    {
        using var scope = NewDisposeScope();
        using var log = new TwoStateProcess(2000, 7).Transitions();
        var still = new FittedQEvaluation(Quick with { TargetEvery = int.MaxValue, Steps = 1200 }).Evaluate(log, Policy(0.5, -0.4), new UserBootstrap(1, 50));
        // Q_0 is about the log's mean return; the session goes on with chance 0.85 - 0.1 tanh(a).
        var oneStep = TwoStateProcess.ExpectedReward(0, 0.5) + (Discount * (0.85 - (0.1 * Math.Tanh(0.5))) * log.MeanReturn(Discount));
        Assert.InRange(still.Value.Value, oneStep - 0.3, oneStep + 0.3);
        Assert.True(TwoStateProcess.Value([0.5, -0.4], 0, Discount) > oneStep + 0.8);
    }

    [Fact]
    public void Conservatism_holds_down_what_was_not_logged()
    {
        using var scope = NewDisposeScope();
        using var log = new TwoStateProcess(1000, 7).Transitions();
        var options = Quick with { Steps = 600, TargetEvery = 1 };
        var plain = new FittedQEvaluation(options).Evaluate(log, Policy(2, 2), new UserBootstrap(1, 50));
        var conservative = new FittedQEvaluation(options with { Conservatism = 0.5 }).Evaluate(log, Policy(2, 2), new UserBootstrap(1, 50));
        Assert.Equal("Conservative-OPE", conservative.Estimator);
        Assert.True(conservative.Value.Value < plain.Value.Value - 0.2, $"{conservative.Value.Value} against {plain.Value.Value}");
    }

    [Fact]
    public void Neither_the_offset_nor_the_unit_of_actions_matters()
    {
        using var scope = NewDisposeScope();
        using var log = new TwoStateProcess(300, 7).Transitions();
        using var moved = new TransitionLog(
            log.State.clone(), (log.Action * 0.1f) + 6, log.Reward.clone(), log.LogDensity.clone(), log.Next.clone(), log.Session.clone(), log.Step.clone());
        var fit = new FittedQEvaluation(Quick with { Steps = 100, TargetEvery = 20, Conservatism = 0.3 });
        var (policy, bootstrap) = (Policy(0.5, -0.4), new UserBootstrap(1, 50));
        var (here, there) = (fit.Evaluate(log, policy, bootstrap), fit.Evaluate(moved, state => (policy(state) * 0.1f) + 6, bootstrap));
        Assert.Equal(here.Value.Value, there.Value.Value, 0.003);
    }

    [Fact]
    public void A_dimension_that_was_never_varied_keeps_its_unit()
    {
        using var scope = NewDisposeScope();
        using var log = new TwoStateProcess(300, 7).Transitions();
        using var still = new TransitionLog(
            log.State.clone(), full_like(log.Action, 0.3f), log.Reward.clone(), log.LogDensity.clone(), log.Next.clone(), log.Session.clone(), log.Step.clone());
        var estimate = new FittedQEvaluation(Quick with { Steps = 50 }).Evaluate(still, Policy(0.5, -0.4), new UserBootstrap(1, 50));
        Assert.InRange(estimate.Value.Value, 0, 10);
    }

    [Fact]
    public void The_published_settings_order_policies_as_they_are()
    {
        using var scope = NewDisposeScope();
        using var log = new TwoStateProcess(2000, 3).Transitions();
        double[][] policies = [[0.5, -0.4], [0.2, -0.1], [0, 0], [-0.4, 0.3], [-0.8, 0.6]];
        var options = FittedQOptions.Conservative with { Discount = Discount, Steps = 1500, BatchSize = 256, LearningRate = 1e-3, Hidden = [48] };
        var estimates = policies.Select(policy => new FittedQEvaluation(options).Evaluate(log, Policy(policy[0], policy[1]), new UserBootstrap(1, 50)).Value.Value);
        Assert.Equal(1, Spearman.Of([.. estimates], [.. policies.Select(policy => TwoStateProcess.Value(policy, 0, Discount))]), 12);
    }

    [Fact]
    public void The_seed_decides_and_first_states_are_limited()
    {
        using var scope = NewDisposeScope();
        using var log = new TwoStateProcess(300, 3).Transitions();
        var options = Quick with { Steps = 20, InitialStates = 100 };
        var first = new FittedQEvaluation(options).Evaluate(log, Policy(0, 0), new UserBootstrap(1, 50));
        Assert.Equal(first, new FittedQEvaluation(options).Evaluate(log, Policy(0, 0), new UserBootstrap(1, 50)));
        Assert.NotEqual(first.Value, new FittedQEvaluation(options with { Seed = 1 }).Evaluate(log, Policy(0, 0), new UserBootstrap(1, 50)).Value);
        Assert.Equal(100, first.Samples);
    }

    [Fact]
    public void Logs_that_are_no_numbers_or_were_not_drawn_are_refused()
    {
        using var scope = NewDisposeScope();
        var state = zeros(3, 2);
        state[1, 1] = float.NaN;
        var refusal = Assert.Throws<UnusableLogException>(() => Log(state, zeros(3, 1), zeros(3)));
        Assert.Equal(("state", 1L), (refusal.Field, refusal.Row));
        using var notDrawn = Log(zeros(3, 2), zeros(3, 1), tensor(new[] { 0f, 0f, float.NaN }));
        var missing = Assert.Throws<UnusableLogException>(() => notDrawn.Sessions([0, 0, 0]));
        Assert.Equal(("propensity", 2L), (missing.Field, missing.Row));
        // Fitted Q evaluation needs no densities.
        new FittedQEvaluation(Quick with { Steps = 2 }).Evaluate(notDrawn, rows => zeros(rows.shape[0], 1), new UserBootstrap(1, 10));
    }

    [Fact]
    public void Sessions_keep_order_rewards_and_ratios()
    {
        using var scope = NewDisposeScope();
        var steps = new TwoStateProcess(50, 2);
        using var log = steps.Transitions();
        var (direct, through) = (
            new SessionEstimators(steps.Sessions([0.1, 0.1], 0.55), new UserBootstrap(1, 20), 0.9),
            new SessionEstimators(log.Sessions(steps.EvaluatedLogDensity([0.1, 0.1], 0.55)), new UserBootstrap(1, 20), 0.9));
        Assert.Equal(direct.PerDecisionNcis().Value.Value, through.PerDecisionNcis().Value.Value, 5);
        Assert.Equal(steps.MeanReturn(0.9), log.MeanReturn(0.9), 5);
        Assert.Equal(direct.TrajectoryIs().Value.Value, through.TrajectoryIs().Value.Value, 4);
    }

    private static TransitionLog Log(Tensor state, Tensor action, Tensor logDensity) =>
        new(state, action, zeros(3), logDensity, tensor(new long[] { 1, 2, -1 }), zeros(3, ScalarType.Int64), tensor(new long[] { 0, 1, 2 }));

    private static Func<Tensor, Tensor> Policy(double first, double second) => state => state.matmul(tensor(new[] { (float)first, (float)second }).unsqueeze(1));
}
