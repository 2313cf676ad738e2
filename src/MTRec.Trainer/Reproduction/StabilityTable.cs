using MTRec.Learning.Algorithms.BatchRl;
using MTRec.Learning.Algorithms.Td3;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;
using MTRec.Simulation.KuaiRand;
using static TorchSharp.torch;

namespace MTRec.Trainer.Reproduction;

/// <summary>
/// What Q does in a long training on one log, with and without the batch constraint, after the figure of Q in BatchRL-MTF's paper (arXiv 2208.04560).
/// </summary>
internal sealed class StabilityTable : IReproducedTable
{
    private const string Folder = "kuairand-pure";
    private const int Points = 60;

    /// <inheritdoc/>
    public string Name => "stability";

    /// <inheritdoc/>
    public string Purpose => "Q of TD3 and BatchRL-MTF in a long training on one log of simulated users, beside what the log's sessions returned.";

    /// <inheritdoc/>
    public IReadOnlyList<string> Folders => [Folder];

    /// <inheritdoc/>
    public Report Run(ReproductionOptions options, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        var (sessions, updates) = options.Full ? (10_000, 30_000) : (2_000, 3_000);
        using var simulator = KuaiRandSimulator.Fit(options.Folder(Folder), new KuaiRandSimulatorOptions(), progress, cancellation);
        using var served = FusionTable.FixedWeights(simulator);
        var actions = served.Actions;
        var (td3, batchRl) = (new Td3Options(), new BatchRlOptions());
        var learners = new (string Name, double Discount, Func<FusionLog, int, IFusionLearner> Create)[]
        {
            ("TD3", td3.Discount, (log, seed) => new Td3(log, actions, td3 with { Seed = seed })),
            ("TD3, BatchRL-MTF's gamma", batchRl.Discount, (log, seed) => new Td3(log, actions, td3 with { Discount = batchRl.Discount, Seed = seed })),
            ("BatchRL-MTF", batchRl.Discount, (log, seed) => new BatchRl(log, actions, batchRl with { Seed = seed })),
        };
        var curves = learners.ToDictionary(learner => learner.Name, _ => new List<double[]>());
        for (var seed = 1; seed <= options.Seeds; seed++)
        {
            using var log = new LogCollector(simulator.Training).CollectAtRandomAndAround(served, sessions / 2, sessions / 2, 10 * seed);
            foreach (var (name, discount, create) in learners)
                curves[name].Add(Curve(name, create(log, seed), log, discount, updates, progress, cancellation));
        }

        var at = Enumerable.Range(1, Points).Select(point => point * (double)updates / Points).ToArray();
        return new Report(
            Name,
            "Q in a long training on one log",
            [
                new ReportTable(
                    "q",
                    "Mean Q of logged actions over the mean discounted return from them",
                    "learner",
                    [.. new[] { 0.1, 0.25, 0.5, 1 }.Select(share => $"after {share * updates:0} updates"), "highest"],
                    [
                        .. learners.Select(learner => new ReportRow(
                            learner.Name,
                            [
                                .. new[] { 0.1, 0.25, 0.5, 1 }.Select(share => (ReportCell?)ReportCell.OverSeeds(
                                    [.. curves[learner.Name].Select(curve => curve[(int)(share * Points) - 1])])),
                                ReportCell.OverSeeds([.. curves[learner.Name].Select(curve => curve.Max())]),
                            ])),
                    ]),
            ],
            [
                new LinePlot(
                    "Q of logged actions over their return",
                    "updates",
                    "mean Q / mean discounted return",
                    [
                        .. learners.Select(learner => Band(learner.Name, at, curves[learner.Name])),
                        new Series("the log's return", at, [.. at.Select(_ => 1.0)]),
                    ]),
            ],
            [
                $"{sessions} sessions of training users, half with actions Gaussian at random and half around the fixed weights; {updates} updates of every learner on that log alone, with its authors' published options.",
                "Q is the mean over batches of logged actions, in units of the log's mean discounted return of the same gamma. A policy better than the log's is worth more than 1.",
            ]);
    }

    // Means over equal spans of updates.
    private static double[] Curve(
        string name, IFusionLearner learner, FusionLog log, double discount, int updates, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        using var owned = learner;
        using var scope = NewDisposeScope();
        using var scale = RewardScale.Weights(log, null);
        var unit = log.Returns(discount).sum(-1).mean().item<float>() * scale[0].item<float>();
        var sums = new double[Points];
        var span = updates / Points;
        using var policy = FusionTraining.Run(
            learner, updates, name, progress, (update, q) => sums[Math.Min(Points - 1, (update - 1) / span)] += q / (span * unit), cancellation: cancellation);
        return sums;
    }

    private static Series Band(string name, double[] at, List<double[]> curves)
    {
        double[] Of(Func<IEnumerable<double>, double> statistic) => [.. at.Select((_, point) => statistic(curves.Select(curve => curve[point])))];
        return new Series(name, at, Of(Enumerable.Average), curves.Count > 1 ? Of(Enumerable.Min) : null, curves.Count > 1 ? Of(Enumerable.Max) : null);
    }
}
