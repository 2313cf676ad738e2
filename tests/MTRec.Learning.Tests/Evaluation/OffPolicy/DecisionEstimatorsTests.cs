using MTRec.Learning.Evaluation;
using MTRec.Learning.Evaluation.OffPolicy;
using MTRec.Simulation.KnownValue;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Evaluation.OffPolicy;

public sealed class DecisionEstimatorsTests
{
    // Weights .5 / .25 = 2, .1 / .5 = .2, .8 / .2 = 4.
    private static readonly DecisionLog Small = new(
        [0, 0, 1], [1, 3, 2], ImportanceRatios.Log([0.25, 0.5, 0.2], [0.5, 0.1, 0.8]));

    [Fact]
    public void Estimators_have_their_closed_forms()
    {
        var estimators = new DecisionEstimators(Small, new UserBootstrap(1, 100));
        Assert.Equal((2 + 0.6 + 8) / 3, estimators.Ips().Value.Value, 12);
        Assert.Equal((2 + 0.6 + 8) / 6.2, estimators.Snips().Value.Value, 12);
        Assert.Equal((2 + 0.6 + 6) / 3, estimators.ClippedIps(3).Value.Value, 12);
        double[] modelled = [0.5, 1, 2.5], expected = [1, 2, 3];
        // Residuals: 2 * .5, .2 * 2, 4 * -.5.
        Assert.Equal(2 + ((1 + 0.4 - 2) / 3), estimators.DoublyRobust(modelled, expected).Value.Value, 12);
        Assert.Equal(2 + ((1 + 0.4 - 2) / 6.2), estimators.SelfNormalisedDoublyRobust(modelled, expected).Value.Value, 12);
        Assert.Equal(2, estimators.DirectMethod(expected).Value.Value, 12);
        Assert.Equal(6.2 * 6.2 / (4 + 0.04 + 16), estimators.Ips().EffectiveSampleSize, 12);
        Assert.Equal(5.2 * 5.2 / (4 + 0.04 + 9), estimators.ClippedIps(3).EffectiveSampleSize, 12);
        Assert.Equal(3, estimators.Ips().Samples);
    }

    [Fact]
    public void The_interval_is_the_one_of_the_users()
    {
        // Two users: a resample is both, the first twice or the second twice.
        var interval = new DecisionEstimators(Small, new UserBootstrap(1, 2000)).Ips().Value;
        Assert.Equal(2.6 / 2, interval.Low, 12);
        Assert.Equal(8, interval.High, 12);
    }

    [Theory]
    [InlineData(double.NaN, 0.5, "propensity", "is missing")]
    [InlineData(0, 0.5, "propensity", "is 0")]
    [InlineData(-0.1, 0.5, "propensity", "is -0.1")]
    [InlineData(double.PositiveInfinity, 0.5, "propensity", "is ")]
    [InlineData(0.5, double.NaN, "evaluated density", "is NaN")]
    [InlineData(0.5, -1, "evaluated density", "is -1")]
    public void A_log_without_usable_propensities_is_refused(double logged, double evaluated, string field, string reason)
    {
        var refusal = Assert.Throws<UnusableLogException>(() => ImportanceRatios.Log([0.1, logged, 0.2], [0.1, evaluated, 0.2]));
        Assert.Equal((field, 1L), (refusal.Field, refusal.Row));
        Assert.Contains($"{field} of row 1 {reason}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_number_is_refused_wherever_it_stands()
    {
        Refused("propensity", 0, () => ImportanceRatios.OfLogs([double.NaN], [0]));
        Refused("propensity", 0, () => ImportanceRatios.OfLogs([double.NegativeInfinity], [0]));
        Refused("evaluated density", 0, () => ImportanceRatios.OfLogs([0], [double.PositiveInfinity]));
        Refused("reward", 1, () => new DecisionLog([1, 1], [0, double.NaN], [0, 0]));
        Refused("importance ratio", 0, () => new DecisionLog([1], [0], [1000]));
        Refused("importance ratio", 1, () => new DecisionLog([1, 1], [0, 0], [0, double.NaN]));
        Refused("modelled reward", 2, () => new DecisionEstimators(Small, new UserBootstrap(1)).DoublyRobust([1, 1, double.NaN], [1, 1, 1]));
        Refused("expected modelled reward", 1, () => new DecisionEstimators(Small, new UserBootstrap(1)).DirectMethod([1, double.NegativeInfinity, 1]));
        Refused("action", 1, () => ActionDensity.Gaussian(tensor(new[,] { { 1f, 2f }, { 1f, float.NaN } }), zeros(2, 2), 1));
        Assert.Throws<ArgumentException>(() => new DecisionLog([1], [0, 1], [0, 1]));

        // Never doing what was logged is no fault.
        var never = new DecisionEstimators(new DecisionLog([0], [1], ImportanceRatios.Log([0.5], [0])), new UserBootstrap(1, 10));
        Assert.Equal((0.0, 0.0), (never.Ips().Value.Value, never.Ips().EffectiveSampleSize));
        Assert.True(double.IsNaN(never.Snips().Value.Value));
    }

    [Fact]
    public void Densities_have_their_closed_forms()
    {
        var action = tensor(new[,] { { 0.5f, -0.25f } });
        var centre = tensor(new[,] { { 0.25f, 0f } });
        var expected = -(0.5 * ((0.25 / 0.5 * (0.25 / 0.5)) + (0.25 / 0.5 * (0.25 / 0.5)))) - Math.Log(2 * Math.PI) - (2 * Math.Log(0.5));
        Assert.Equal(expected, Assert.Single(ActionDensity.Gaussian(action, centre, 0.5)), 10);
        Assert.Equal(expected, Assert.Single(new ActionKernel(0.5).LogDensity(action, centre)), 10);
        var epanechnikov = new ActionKernel(0.5, KernelShape.Epanechnikov);
        Assert.Equal(2 * Math.Log(0.75 * (1 - 0.25) / 0.5), Assert.Single(epanechnikov.LogDensity(action, centre)), 10);
        Assert.Equal(double.NegativeInfinity, Assert.Single((epanechnikov with { Bandwidth = 0.25 }).LogDensity(action, centre)));
        Assert.Equal(0.5 * Math.Pow(4.0 / 300, 0.2), ActionKernel.RuleOfThumb(0.5, 100, 1), 12);
    }

    [Fact]
    public void On_a_bandit_of_known_value_nothing_is_biased_and_intervals_cover()
    {
        const int Replications = 200;
        var truth = ContinuousBandit.Value(0.1, 0.4);
        var estimates = new Dictionary<string, List<Estimate>>();
        for (var replication = 0; replication < Replications; replication++)
        {
            using var scope = NewDisposeScope();
            var bandit = new ContinuousBandit(150, replication);
            var log = bandit.Log(bandit.LoggedLogDensity(), bandit.EvaluatedLogDensity(0.1, 0.4));
            var estimators = new DecisionEstimators(log, new UserBootstrap(replication, 500));
            // A rough model: right in x, too flat in a.
            var modelled = bandit.X.Zip(bandit.Action, (x, a) => 1 - (0.5 * Math.Pow(a - (0.5 * x), 2))).ToArray();
            var expected = bandit.X.Select(_ => 1 - (0.5 * (0.01 + 0.16))).ToArray();
            OffPolicyEstimate[] all =
            [
                estimators.Ips(), estimators.Snips(), estimators.ClippedIps(1e6),
                estimators.DoublyRobust(modelled, expected), estimators.SelfNormalisedDoublyRobust(modelled, expected),
            ];
            foreach (var estimate in all)
            {
                Assert.InRange(estimate.EffectiveSampleSize, 100, 450);
                if (!estimates.TryGetValue(estimate.Estimator, out var list))
                    estimates.Add(estimate.Estimator, list = []);
                list.Add(estimate.Value);
            }
        }

        Assert.Equal(5, estimates.Count);
        Assert.All(estimates, estimate =>
        {
            var bias = estimate.Value.Average(value => value.Value) - truth;
            var spread = Math.Sqrt(estimate.Value.Average(value => Math.Pow(value.Value - truth, 2)));
            Assert.InRange(Math.Abs(bias), 0, 3 * spread / Math.Sqrt(Replications));
            Assert.InRange(estimate.Value.Count(value => value.Low <= truth && truth <= value.High) / (double)Replications, 0.90, 0.985);
        });

        // What the logging policy earns is another figure, and the estimates keep clear of it.
        Assert.All(estimates["SNIPS"], value => Assert.True(value.Value > 0.737 - 0.05));
        double Spread(string name) => estimates[name].Average(value => value.High - value.Low);
        Assert.True(Spread("DR") < Spread("IPS"));
        Assert.True(Spread("SNIPS") < Spread("IPS"));
    }

    [Fact]
    public void Clipping_trades_variance_for_bias()
    {
        using var scope = NewDisposeScope();
        var bandit = new ContinuousBandit(3000, 5);
        var log = bandit.Log(bandit.LoggedLogDensity(), bandit.EvaluatedLogDensity(0.5, 0.3));
        var estimators = new DecisionEstimators(log, new UserBootstrap(1, 500));
        var (whole, clipped) = (estimators.Ips(), estimators.ClippedIps(1.5));
        Assert.True(clipped.Value.Value < whole.Value.Value);
        Assert.True(clipped.Value.High - clipped.Value.Low < whole.Value.High - whole.Value.Low);
        Assert.True(clipped.EffectiveSampleSize > whole.EffectiveSampleSize);
    }

    [Fact]
    public void A_doubly_robust_estimate_is_right_where_either_half_is()
    {
        using var scope = NewDisposeScope();
        var bandit = new ContinuousBandit(4000, 9);
        var truth = ContinuousBandit.Value(0.1, 0.4);
        var logged = bandit.LoggedLogDensity();
        var wrongLogged = logged.Zip(bandit.Action, (density, action) => density + (0.8 * action) - 0.4).ToArray();
        var evaluated = bandit.EvaluatedLogDensity(0.1, 0.4);
        var right = bandit.X.Zip(bandit.Action, ContinuousBandit.ExpectedReward).ToArray();
        var rightExpected = bandit.X.Select(_ => truth).ToArray();
        var wrong = bandit.X.Select(x => 3 * x * x).ToArray();

        Assert.InRange(Estimate(logged, right, rightExpected), truth - 0.03, truth + 0.03);
        Assert.InRange(Estimate(logged, wrong, wrong), truth - 0.06, truth + 0.06);
        Assert.InRange(Estimate(wrongLogged, right, rightExpected), truth - 0.03, truth + 0.03);
        Assert.False(Math.Abs(Estimate(wrongLogged, wrong, wrong) - truth) < 0.1);

        double Estimate(double[] propensities, double[] modelled, double[] expected) =>
            new DecisionEstimators(bandit.Log(propensities, evaluated), new UserBootstrap(1, 10)).DoublyRobust(modelled, expected).Value.Value;
    }

    [Theory]
    [InlineData(KernelShape.Gaussian, 1.0)]
    [InlineData(KernelShape.Epanechnikov, 0.2)]
    public void A_deterministic_policy_is_worth_what_its_smoothed_self_is(KernelShape shape, double variance)
    {
        using var scope = NewDisposeScope();
        var bandit = new ContinuousBandit(20_000, 3);
        var logged = bandit.LoggedLogDensity();
        var errors = new List<double>();
        foreach (var bandwidth in new[] { 0.4, 0.1 })
        {
            var log = bandit.Log(logged, bandit.KernelLogDensity(0.1, new ActionKernel(bandwidth, shape)));
            var estimate = new DecisionEstimators(log, new UserBootstrap(1, 200)).Snips().Value;
            // The kernel's variance is the policy's: 1 - .1^2 - h^2 times the variance of K.
            var smoothed = ContinuousBandit.Value(0.1, bandwidth * Math.Sqrt(variance));
            Assert.InRange(estimate.Value, smoothed - 0.025, smoothed + 0.025);
            errors.Add(Math.Abs(estimate.Value - ContinuousBandit.Value(0.1, 0)));
        }

        Assert.True(errors[1] < errors[0]);
    }

    private static void Refused(string field, long row, Func<object> use)
    {
        var refusal = Assert.Throws<UnusableLogException>(use);
        Assert.Equal((field, row), (refusal.Field, refusal.Row));
    }
}
