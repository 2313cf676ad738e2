using MTRec.Learning.Evaluation;
using MTRec.Learning.Evaluation.OffPolicy;
using MTRec.Simulation.KnownValue;
using Xunit;

namespace MTRec.Learning.Tests.Evaluation.OffPolicy;

public sealed class SessionEstimatorsTests
{
    // Session 5: ratios 2, .5, rewards 1, 2. Session 6: ratio 3, reward 4.
    private static readonly SessionLog Small = new([1, 1, 2], [5, 5, 6], [1, 2, 4], [Math.Log(2), Math.Log(0.5), Math.Log(3)]);

    [Fact]
    public void Estimators_have_their_closed_forms()
    {
        var estimators = new SessionEstimators(Small, new UserBootstrap(1, 50), 0.5);
        Assert.Equal((2 + (0.5 * 1 * 2) + 12) / 2, estimators.PerDecisionIs().Value.Value, 12);
        Assert.Equal(((1 * (1 + (0.5 * 2))) + (3 * 4)) / 2, estimators.TrajectoryIs().Value.Value, 12);
        Assert.Equal(((1 * (1 + (0.5 * 2))) + (3 * 4)) / 4, estimators.TrajectoryNcis().Value.Value, 12);
        // Step 0: (2 * 1 + 3 * 4) / 5. Step 1: session 6 has ended, earns nothing and still weighs 3: .5 * 1 * 2 / 4.
        Assert.Equal((14.0 / 5) + (0.5 * 2 / 4), estimators.PerDecisionNcis().Value.Value, 12);
        Assert.Equal(16.0 / 10, estimators.TrajectoryNcis().EffectiveSampleSize, 12);
        Assert.Equal(16.0 / 10, estimators.PerDecisionNcis().EffectiveSampleSize, 12);

        var capped = new SessionEstimators(Small, new UserBootstrap(1, 50), 0.5, cap: 1.5);
        Assert.Equal((1.5 + 1 + 6) / 2, capped.PerDecisionIs().Value.Value, 12);
        Assert.Equal((2 + 6) / 2.0, capped.TrajectoryIs().Value.Value, 12);
        Assert.Equal((2 + 6) / 2.5, capped.TrajectoryNcis().Value.Value, 12);
        Assert.Equal((7.5 / 3) + (1 / 2.5), capped.PerDecisionNcis().Value.Value, 12);
    }

    [Fact]
    public void Products_beyond_a_double_are_refused_where_they_count_absolutely_and_harmless_where_relatively()
    {
        var log = new SessionLog([0, 1], [0, 1], [1, 3], [2000, 2000 + Math.Log(2)]);
        var estimators = new SessionEstimators(log, new UserBootstrap(1, 50), 1);
        Assert.Equal(("product of importance ratios", 0L), Refusal(() => estimators.PerDecisionIs()));
        Assert.Equal(("product of importance ratios", 0L), Refusal(() => estimators.TrajectoryIs()));
        Assert.Equal((1 + 6) / 3.0, estimators.TrajectoryNcis().Value.Value, 9);
        Assert.Equal((1 + 6) / 3.0, estimators.PerDecisionNcis().Value.Value, 9);
        Assert.Equal(2, new SessionEstimators(log, new UserBootstrap(1, 50), 1, cap: 20).TrajectoryNcis().Value.Value, 9);

        var never = new SessionEstimators(new SessionLog([0], [0], [1], [double.NegativeInfinity]), new UserBootstrap(1, 5), 1);
        Assert.True(double.IsNaN(never.TrajectoryNcis().Value.Value) && double.IsNaN(never.PerDecisionNcis().Value.Value));
        Assert.Equal(0, never.PerDecisionIs().Value.Value);
    }

    [Fact]
    public void Faulty_logs_are_refused()
    {
        Assert.Equal(("reward", 1L), Refusal(() => new SessionLog([0, 0], [0, 0], [0, double.NaN], [0, 0])));
        Assert.Equal(("importance ratio", 1L), Refusal(() => new SessionLog([0, 0], [0, 0], [0, 0], [0, double.NaN])));
        Assert.Throws<ArgumentException>(() => new SessionLog([0, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]));
        Assert.Throws<ArgumentException>(() => new SessionLog([0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]));
    }

    [Fact]
    public void The_logging_policy_itself_is_its_mean_return_by_every_estimator()
    {
        var log = new TwoStateProcess(500, 1);
        var estimators = new SessionEstimators(log.Sessions([0, 0], TwoStateProcess.LoggedDeviation), new UserBootstrap(1, 10), 0.9, cap: 5);
        Assert.All(
            new[] { estimators.PerDecisionIs(), estimators.TrajectoryIs(), estimators.TrajectoryNcis(), estimators.PerDecisionNcis() },
            estimate =>
            {
                Assert.Equal(log.MeanReturn(0.9), estimate.Value.Value, 9);
                Assert.Equal(500, estimate.EffectiveSampleSize, 9);
            });
    }

    [Fact]
    public void On_a_process_of_known_value_nothing_is_biased_and_intervals_cover()
    {
        const int Replications = 200;
        double[] mean = [0.2, -0.1];
        var truth = TwoStateProcess.Value(mean, 0.55, 0.9);
        var logged = TwoStateProcess.Value([0, 0], TwoStateProcess.LoggedDeviation, 0.9);
        Assert.True(Math.Abs(truth - logged) > 0.2);

        var estimates = new Dictionary<string, List<Estimate>>();
        for (var replication = 0; replication < Replications; replication++)
        {
            var estimators = new SessionEstimators(new TwoStateProcess(400, replication).Sessions(mean, 0.55), new UserBootstrap(replication, 400), 0.9);
            foreach (var estimate in new[] { estimators.PerDecisionIs(), estimators.TrajectoryNcis(), estimators.PerDecisionNcis() })
            {
                if (!estimates.TryGetValue(estimate.Estimator, out var list))
                    estimates.Add(estimate.Estimator, list = []);
                list.Add(estimate.Value);
            }
        }

        Assert.All(estimates, estimate =>
        {
            var bias = estimate.Value.Average(value => value.Value) - truth;
            var spread = Math.Sqrt(estimate.Value.Average(value => Math.Pow(value.Value - truth, 2)));
            Assert.InRange(Math.Abs(bias), 0, 4 * spread / Math.Sqrt(Replications));
            Assert.InRange(estimate.Value.Count(value => value.Low <= truth && truth <= value.High) / (double)Replications, 0.88, 0.985);
        });
        Assert.True(Spread("per-decision NCIS") < Spread("per-decision IS"));

        double Spread(string name) => estimates[name].Average(value => value.High - value.Low);
    }

    private static (string Field, long Row) Refusal(Func<object> use)
    {
        var refusal = Assert.Throws<UnusableLogException>(use);
        return (refusal.Field, refusal.Row);
    }
}
