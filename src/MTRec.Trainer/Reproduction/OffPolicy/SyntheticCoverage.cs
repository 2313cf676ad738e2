using MTRec.Learning.Evaluation;
using MTRec.Learning.Evaluation.OffPolicy;
using MTRec.Learning.Fitting;
using MTRec.Simulation.KnownValue;
using static TorchSharp.torch;

namespace MTRec.Trainer.Reproduction.OffPolicy;

/// <summary>How far estimators are off, and how often their 95 % intervals hold the truth, on logs drawn again and again from worlds of known value.</summary>
internal static class SyntheticCoverage
{
    private const int Users = 300;
    private const int Sessions = 600;
    private const int Resamples = 1000;
    private const double Shift = 0.1;
    private const double Deviation = 0.4;
    private const double SessionDeviation = 0.55;
    private const double Discount = 0.9;

    private static readonly double[] SessionMean = [0.2, -0.1];

    /// <summary>Draws the logs and estimates.</summary>
    /// <param name="replications">Logs of each world, 1 or more.</param>
    /// <param name="progress">Told of every log.</param>
    /// <param name="cancellation">Ends the work between two logs.</param>
    public static ReportTable Run(int replications, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        var bandit = new Dictionary<string, List<OffPolicyEstimate>>(StringComparer.Ordinal);
        var process = new Dictionary<string, List<OffPolicyEstimate>>(StringComparer.Ordinal);
        for (var replication = 1; replication <= replications; replication++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            Collect(bandit, Bandit(replication));
            Collect(process, Process(replication));
            progress.Report(new FitProgress("logs of known value", (double)replication / replications));
        }

        return new ReportTable(
            "coverage",
            $"Worlds of known value, {replications} logs each: bias and coverage of the 95 % intervals",
            "world, estimator",
            ["truth", "mean estimate", "bias", "root mean squared error", "coverage", "effective sample size"],
            [
                .. bandit.Select(estimates => Row("bandit", estimates.Key, estimates.Value, ContinuousBandit.Value(Shift, Deviation))),
                .. process.Select(estimates => Row("sessions", estimates.Key, estimates.Value, TwoStateProcess.Value(SessionMean, SessionDeviation, Discount))),
            ]);
    }

    private static IEnumerable<OffPolicyEstimate> Bandit(int seed)
    {
        var world = new ContinuousBandit(Users, seed);
        var bootstrap = new UserBootstrap(seed, Resamples);
        var logged = world.LoggedLogDensity();
        var estimators = new DecisionEstimators(world.Log(logged, world.EvaluatedLogDensity(Shift, Deviation)), bootstrap);
        // A model with half of the curvature.
        var modelled = world.X.Zip(world.Action, (x, action) => (1 + ContinuousBandit.ExpectedReward(x, action)) / 2).ToArray();
        var expected = world.X.Select(_ => (1 + ContinuousBandit.Value(Shift, Deviation)) / 2).ToArray();
        yield return estimators.Ips();
        yield return estimators.Snips();
        yield return estimators.ClippedIps(1) with { Estimator = "clipped IPS at 1" };
        yield return estimators.DirectMethod(expected) with { Estimator = "DM, wrong model" };
        yield return estimators.DoublyRobust(modelled, expected) with { Estimator = "DR, wrong model" };
        yield return estimators.SelfNormalisedDoublyRobust(modelled, expected) with { Estimator = "SNDR, wrong model" };
    }

    private static IEnumerable<OffPolicyEstimate> Process(int seed)
    {
        var log = new TwoStateProcess(Sessions, seed).Sessions(SessionMean, SessionDeviation);
        var bootstrap = new UserBootstrap(seed, Resamples);
        var estimators = new SessionEstimators(log, bootstrap, Discount);
        yield return estimators.PerDecisionIs();
        yield return estimators.PerDecisionNcis();
        yield return estimators.TrajectoryIs();
        yield return estimators.TrajectoryNcis();
        yield return new SessionEstimators(log, bootstrap, Discount, cap: 5).TrajectoryNcis() with { Estimator = "trajectory NCIS capped at 5" };
    }

    private static void Collect(Dictionary<string, List<OffPolicyEstimate>> all, IEnumerable<OffPolicyEstimate> estimates)
    {
        foreach (var estimate in estimates)
        {
            if (!all.TryGetValue(estimate.Estimator, out var list))
                all.Add(estimate.Estimator, list = []);
            list.Add(estimate);
        }
    }

    private static ReportRow Row(string world, string estimator, List<OffPolicyEstimate> estimates, double truth)
    {
        var mean = estimates.Average(estimate => estimate.Value.Value);
        var deviation = Math.Sqrt(estimates.Average(estimate => Math.Pow(estimate.Value.Value - mean, 2)));
        var error = Math.Sqrt(estimates.Average(estimate => Math.Pow(estimate.Value.Value - truth, 2)));
        var margin = 1.96 * deviation / Math.Sqrt(estimates.Count);
        var coverage = estimates.Count(estimate => estimate.Value.Low <= truth && truth <= estimate.Value.High) / (double)estimates.Count;
        return new ReportRow(
            $"{world}: {estimator}",
            [
                new ReportCell(truth),
                new ReportCell(mean, mean - margin, mean + margin),
                new ReportCell(mean - truth, mean - truth - margin, mean - truth + margin),
                new ReportCell(error),
                Share(coverage, estimates.Count),
                new ReportCell(estimates.Average(estimate => estimate.EffectiveSampleSize)),
            ]);
    }

    // Wilson's interval of a share.
    private static ReportCell Share(double share, int count)
    {
        const double Z = 1.96;
        var centre = (share + (Z * Z / (2 * count))) / (1 + (Z * Z / count));
        var margin = Z / (1 + (Z * Z / count)) * Math.Sqrt((share * (1 - share) / count) + (Z * Z / (4.0 * count * count)));
        return new ReportCell(share, centre - margin, centre + margin);
    }
}
