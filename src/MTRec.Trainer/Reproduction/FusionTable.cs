using System.Globalization;
using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;
using MTRec.Simulation.KuaiRand;
using MTRec.Trainer.Reproduction.Fusion;

namespace MTRec.Trainer.Reproduction;

/// <summary>The three generations of fusion learners beside their baselines, on the KuaiRand simulator.</summary>
internal sealed class FusionTable : IReproducedTable
{
    private const string Folder = "kuairand-pure";
    private const int Resamples = 2000;

    // A bundle's ranges end at twice the fixed weights. There even actions drawn from all over rank nearly alike, and 0.15 of a half range changes
    // an order so little that no log of this size shows it.
    private const float Reach = 3;

    /// <inheritdoc/>
    public string Name => "fusion";

    /// <inheritdoc/>
    public string Purpose => "BatchRL-MTF, UnifiedRL and EnhancedRL beside their baselines on simulated users of KuaiRand.";

    /// <inheritdoc/>
    public IReadOnlyList<string> Folders => [Folder];

    /// <inheritdoc/>
    public Report Run(ReproductionOptions options, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        var budget = options.Full ? FusionBudget.Full : FusionBudget.Quick;
        using var simulator = KuaiRandSimulator.Fit(
            options.Folder(Folder), new KuaiRandSimulatorOptions { UserShare = budget.UserShare }, progress, cancellation);
        using var first = FixedWeights(simulator);
        var seeds = new List<FusionSeed>();
        var outcomes = new List<FusionOutcome>();
        for (var seed = 1; seed <= options.Seeds; seed++)
        {
            var run = new FusionSeed(simulator, first, budget, seed, progress, cancellation);
            outcomes.AddRange(run.Run());
            seeds.Add(run);
        }

        return new Report(Name, "Fusion on simulated users of KuaiRand", Tables(outcomes, seeds, simulator.Training.Shape.Rewards), Plots(outcomes, seeds, first.Actions), Notes(budget, simulator));
    }

    /// <summary>The fixed weights, over the ranges in which all comparisons on these users choose actions; the caller disposes of them.</summary>
    internal static ConstantPolicy FixedWeights(KuaiRandSimulator simulator)
    {
        var weights = FixedPolicy.FromRewardWeights(
            FusionFormula.LogSum, simulator.Tasks, simulator.RewardWeights, simulator.NegativeTasks, simulator.TaskScoreSample);
        var actions = new FusionActions(Wider(weights.Fusion), simulator.Tasks.Count);
        return new ConstantPolicy("fixed", actions, actions.FromReal(weights.Action));
    }

    /// <summary>The formula with wider ranges of weights, so that actions are worth telling apart.</summary>
    internal static FusionSection Wider(FusionSection fusion) =>
        fusion with { Action = [.. fusion.Action.Select(dimension => dimension with { Min = dimension.Min * Reach, Max = dimension.Max * Reach })] };

    private static IReadOnlyList<ReportTable> Tables(List<FusionOutcome> outcomes, List<FusionSeed> seeds, IReadOnlyList<string> groups)
    {
        var bootstrap = new SeedUserBootstrap(Resamples);
        var rows = new List<ReportRow>();
        string? before = null;
        foreach (var row in FusionSeed.Rows)
        {
            var own = Of(outcomes, row);
            rows.Add(new ReportRow(row,
            [
                Cell(own, outcome => [.. outcome.Outcomes.Returns]),
                .. groups.Select((_, group) => Cell(own, outcome => [.. outcome.Outcomes.Rewards.Select(sums => sums[group])])),
                Cell(own, outcome => [.. outcome.Outcomes.Seconds]),
                Cell(own, outcome => [.. outcome.Outcomes.Steps]),
                Gauc(own, seeds),
                FusionSeed.Oracles.Contains(row) ? null : Above(own, before),
                Above(own, FusionSeed.Fixed),
                Above(own, FusionSeed.Constant),
            ]));
            before = row;
        }

        return
        [
            new ReportTable(
                "policies",
                "Evaluation users' sessions",
                "policy",
                ["return", .. groups, "watch seconds", "requests", "MTF-GAUC", "above the row before", "above fixed weights", "above best constant"],
                rows),
        ];

        ReportCell Cell(IReadOnlyList<FusionOutcome> own, Func<FusionOutcome, double[]> bySession)
        {
            double[][] values = [.. own.Select(bySession)];
            return ReportCell.Of(bootstrap.Mean(values), [.. values.Select(sessions => sessions.Average())]);
        }

        ReportCell? Above(IReadOnlyList<FusionOutcome> own, string? other) => other is null || own[0].Row == other
            ? null
            : Cell(own, outcome => [.. outcome.Outcomes.Returns.Zip(Of(outcomes, other).Single(o => o.Seed == outcome.Seed).Outcomes.Returns, (mine, others) => mine - others)]);
    }

    // Users of different seeds are different users.
    private static ReportCell? Gauc(IReadOnlyList<FusionOutcome> own, List<FusionSeed> seeds)
    {
        if (FusionSeed.Oracles.Contains(own[0].Row))
            return null;
        var users = new List<int>();
        foreach (var seed in seeds)
        {
            var offset = users.Count == 0 ? 0 : users.Max() + 1;
            users.AddRange(seed.HeldOut.Users.Select(user => user + offset));
        }

        return ReportCell.Of(MtfGauc.ByUser(
            own.SelectMany(outcome => outcome.Scores!).ToArray(),
            seeds.SelectMany(seed => seed.HeldOut.WatchSeconds).ToArray(),
            seeds.SelectMany(seed => seed.HeldOut.Rewards).ToArray(),
            users.ToArray(),
            new UserBootstrap(1, Resamples)));
    }

    private static IReadOnlyList<Plot> Plots(List<FusionOutcome> outcomes, List<FusionSeed> seeds, FusionActions actions)
    {
        var bootstrap = new SeedUserBootstrap(Resamples);
        var learned = FusionSeed.Rows.Where(row => Of(outcomes, row)[0].Curve.Count > 0).ToArray();
        string[] critics = [FusionSeed.Td3Row, FusionSeed.BatchRlRow];
        var logged = seeds.Average(seed => seed.LoggedReturn);
        var updates = Of(outcomes, FusionSeed.BatchRlRow)[0].Q.Select(point => point.Updates).ToArray();
        return
        [
            new IntervalPlot(
                "Return of a session",
                "return",
                [.. FusionSeed.Rows.Select(row => new LabelledEstimate(row, bootstrap.Mean([.. Of(outcomes, row).Select(outcome => outcome.Outcomes.Returns.ToArray())])))]),
            new LinePlot("Learning: return on evaluation users", "updates", "return", [.. learned.Select(row => Band(row, Of(outcomes, row), outcome => outcome.Curve))]),
            new LinePlot(
                "Q of logged actions beside their true mean return",
                "updates",
                "mean Q",
                [.. critics.Select(row => Band(row, Of(outcomes, row), outcome => outcome.Q)), new Series("return of the log", updates, [.. updates.Select(_ => logged)])]),
            .. Enumerable.Range(0, actions.Width).Select(dimension => new HistogramPlot(
                $"Action: {actions.Fusion.Action[dimension].Name}",
                "normalised action",
                -1,
                1,
                [
                    .. new[] { FusionSeed.BatchRlRow, FusionSeed.UnifiedRow, FusionSeed.EnhancedRow }.Select(row => new Outline(
                        row,
                        [.. Enumerable.Range(0, PolicyEvaluation.ActionBins).Select(bin => Of(outcomes, row).Average(outcome => outcome.Outcomes.ActionShares[dimension][bin]))])),
                ])),
        ];
    }

    // The mean over seeds, between the lowest and the highest.
    private static Series Band(string row, IReadOnlyList<FusionOutcome> own, Func<FusionOutcome, IReadOnlyList<(double Updates, double Value)>> curve)
    {
        var points = Enumerable.Range(0, own.Min(outcome => curve(outcome).Count)).ToArray();
        double[] At(Func<IEnumerable<double>, double> statistic) => [.. points.Select(point => statistic(own.Select(outcome => curve(outcome)[point].Value)))];
        return new Series(row, [.. points.Select(point => curve(own[0])[point].Updates)], At(Enumerable.Average), own.Count > 1 ? At(Enumerable.Min) : null, own.Count > 1 ? At(Enumerable.Max) : null);
    }

    private static IReadOnlyList<FusionOutcome> Of(List<FusionOutcome> outcomes, string row) => [.. outcomes.Where(outcome => outcome.Row == row)];

    private static IReadOnlyList<string> Notes(FusionBudget budget, KuaiRandSimulator simulator) =>
    [
        "Policies are learned on training users and graded on evaluation users, whose responses were fitted on their own half of the log: no policy is graded by the model it learned from.",
        "Intervals: seeds are drawn, then users within each (95 %). Differences are of the same users in the same mood.",
        string.Create(
            CultureInfo.InvariantCulture,
            $"Every offline learner has {budget.Sessions} collected sessions and {budget.Updates} updates a seed (UnifiedRL and EnhancedRL in {budget.Rounds} rounds); the search for the best constant plays {budget.SearchRounds * budget.SearchPopulation * budget.SearchSessions} sessions."),
        "The best constant action, found on training users, is what serves while the logs are collected: every offline learner starts from it.",
        "All rows but X's and xMTF's fuse by the log-sum over one range of weights, so that they differ in how the action is chosen alone. Rates and target updates are the budget's own, faster than the published ones, which are for 300,000 updates.",
        "EnhancedRL regresses items' own rewards and climbs the value of what its scores would choose; \"outline\" is the list's sum and UnifiedRL's objective by pairs, where a shown item's action has no effect of its own.",
        "The oracles know the training users' expected response to every candidate, and look one step ahead: the room that a policy with one action a request has above a constant action, and that of a policy of items.",
        "MTF-GAUC is measured on impressions of evaluation users under random exploration; its weights are rewards (negative ones as 0) plus 1.",
        $"Simulator: {simulator.Report}",
    ];
}
