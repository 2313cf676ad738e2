using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MentalReward.Choices;
using MTRec.Learning.Fitting;
using MTRec.Simulation.LongTermSatisfaction;
using MTRec.Simulation.SoftOptimal;

namespace MTRec.Trainer.Reproduction.Mental;

/// <summary>Learners against rewards that are known, and against a user whom their model does not fit.</summary>
/// <param name="options">Seeds and budget.</param>
/// <param name="progress">Told of every learner.</param>
/// <param name="cancellation">Ends the comparison between two learners.</param>
internal sealed class RecoveryTables(ReproductionOptions options, IProgress<FitProgress> progress, CancellationToken cancellation)
{
    private static readonly QrIqlOptions Mean = new() { Objective = IqlObjective.Mean };
    private static readonly QrIqlOptions Anchored = Mean with { AnchorSkip = true };

    private static readonly (string Name, QrIqlOptions Options)[] Objectives =
    [
        ("IQ-Learn", QrIqlOptions.IqLearn),
        ("QR-IQL, mean objective", Mean),
        ("QR-IQL, quantile objective", Mean with { Objective = IqlObjective.Quantile }),
        ("QR-IQL, combined", Mean with { Objective = IqlObjective.Combined }),
        ("IQ-Learn, skip anchored", QrIqlOptions.IqLearn with { AnchorSkip = true }),
        ("QR-IQL mean, skip anchored", Anchored),
        ("QR-IQL combined, skip anchored", Anchored with { Objective = IqlObjective.Combined }),
    ];

    private const int FewSeeds = 3;

    private readonly int[] _seeds = [.. Enumerable.Range(1, options.Seeds)];
    private readonly int[] _few = [.. Enumerable.Range(1, Math.Min(options.Seeds, FewSeeds))];
    private readonly ChoiceFit _table = new() { Layers = 0, Steps = options.Full ? 2000 : 1000, LearningRate = 0.05 };
    private readonly ChoiceFit _network = new() { Steps = options.Full ? 2500 : 1000 };
    private readonly int _sessions = options.Full ? 3000 : 1500;

    /// <summary>Objectives, and the frequency of positive responses, on states that are cells of a table.</summary>
    public ReportTable Tabular() => Compare("tabular", "Recovered reward against r*: tabular soft-optimal user", Objectives, _seeds, seed => OfTable(0, seed));

    /// <summary>The same with tastes, item features and satiation, judged on users that were not learned from.</summary>
    public ReportTable Features() => Compare("features", "Recovered reward against r*: soft-optimal users with features, kept-back users", Objectives, options.Full ? _seeds : _few, OfTastes);

    /// <summary>Bias by the strength of the regulariser.</summary>
    public ReportTable Strengths() => Compare(
        "alpha",
        "Bias by the regulariser's alpha (mean objective, tabular)",
        [
            .. new[] { 0.05, 0.5, 5, 50 }.Select(alpha => (FormattableString.Invariant($"all rewards squared, alpha {alpha}"), Mean with { Alpha = alpha })),
            .. new[] { 0.05, 0.5, 5 }.Select(alpha => (FormattableString.Invariant($"skip anchored, alpha {alpha}"), Anchored with { Alpha = alpha })),
        ],
        _few,
        seed => OfTable(0, seed));

    /// <summary>Quantiles against the rewards that users really got, where these vary.</summary>
    public ReportTable Quantiles()
    {
        // Five quantiles are those of .1, .3, .5, .7, .9.
        const double Noise = 2;
        const int Count = 5;
        var rows = new List<ReportRow>();
        var reachable = new List<double[]>();
        foreach (var (name, learner) in new[]
        {
            ("quantile objective", Mean with { Objective = IqlObjective.Quantile }),
            ("combined", Mean with { Objective = IqlObjective.Combined }),
            ("mean objective, skip anchored", Anchored),
        })
        {
            var found = _few.Select(seed =>
            {
                using var recovery = OfTable(Noise, seed);
                Step($"quantiles: {name}");
                return recovery.Coverage(learner with { Quantiles = Count, RewardQuantiles = Count });
            }).ToArray();
            rows.Add(Row($"{name}: head", [.. found.Select(f => f.Head)]));
            rows.Add(Row($"{name}: critic", [.. found.Select(f => f.Critic)]));
            reachable = [.. found.Select(f => f.Reachable)];
        }

        rows.Add(Row("head fitted to the rewards themselves", [.. reachable]));

        return new ReportTable(
            "quantiles",
            "Share of the rewards that users got at or below a quantile (tabular; r* + noise, uniform within 2 either way)",
            "quantiles",
            [.. Levels().Select(i => FormattableString.Invariant($"{(i + 0.5) / Count:0.0}"))],
            rows);

        static IEnumerable<int> Levels() => [0, 2, 4];

        static ReportRow Row(string label, double[][] coverage) => new(label, [.. Levels().Select(i => ReportCell.OverSeeds([.. coverage.Select(c => c[i])]))]);
    }

    /// <summary>RecSim's user, who maximises nothing.</summary>
    public ReportTable Misspecified()
    {
        var rows = new List<ReportRow>();
        foreach (var sensitivity in new[] { 0.01, 0.5 })
        {
            foreach (var (name, learner) in new[] { ("QR-IQL combined", new QrIqlOptions()), ("IQ-Learn", QrIqlOptions.IqLearn), ("mean, skip anchored", Anchored) })
            {
                var found = _few.Select(seed =>
                {
                    Step($"long-term satisfaction: {name}");
                    using var user = new Misspecification(new LongTermSatisfactionOptions { Sensitivity = sensitivity }, _sessions / 5, _network, seed);
                    return user.Of(learner);
                }).ToArray();
                ReportCell Cell(Func<MisspecifiedReward, double> read) => ReportCell.OverSeeds([.. found.Select(read)]);
                rows.Add(new ReportRow(
                    FormattableString.Invariant($"{name}, sensitivity {sensitivity}"),
                    [
                        Cell(r => r.GivenEngagement), Cell(r => r.GivenSatisfaction), Cell(r => r.GivenAfter),
                        Cell(r => r.PredictedEngagement), Cell(r => r.PredictedSatisfaction), Cell(r => r.PredictedAfter),
                    ]));
            }
        }

        return new ReportTable(
            "misspecified",
            "Long-term satisfaction: Spearman correlation of the recovered reward",
            "learner",
            ["given: engagement", "given: satisfaction", "given: satisfaction left", "predicted: engagement", "predicted: satisfaction", "predicted: satisfaction left"],
            rows);
    }

    /// <summary>Rewards by step and counterfactual of sample users, recovered and true.</summary>
    public IReadOnlyList<LinePlot> Sessions()
    {
        const int Steps = 20;
        using var recovery = OfTastes(1);
        var plots = new List<LinePlot>();
        foreach (var user in new[] { 0, 1 })
        {
            Step("sessions of sample users");
            var steps = recovery.Session(Anchored, Steps, user);
            Series Line(string name, Func<RewardStep, double> read) => new(name, [.. Enumerable.Range(1, Steps).Select(step => (double)step)], [.. steps.Select(read)]);
            plots.Add(new LinePlot(
                $"Reward by step and counterfactual, sample user {user + 1} (soft-optimal, skip anchored)",
                "step",
                "reward",
                [
                    Line("given response", s => s.Given), Line("given response, r*", s => s.GivenTruth),
                    Line("other response", s => s.OtherResponse), Line("other response, r*", s => s.OtherResponseTruth),
                    Line("other item, positive", s => s.OtherItem), Line("other item, positive, r*", s => s.OtherItemTruth),
                ]));
        }

        return plots;
    }

    private ReportTable Compare(string name, string title, (string Name, QrIqlOptions Options)[] learners, int[] seeds, Func<int, RewardRecovery> make)
    {
        var frequency = new List<RecoveredReward>();
        var recovered = learners.Select(_ => new List<RecoveredReward>()).ToArray();
        foreach (var seed in seeds)
        {
            Step($"{name}: seed {seed}");
            using var recovery = make(seed);
            frequency.Add(recovery.Frequency());
            for (var i = 0; i < learners.Length; i++)
            {
                Step($"{name}: {learners[i].Name}");
                recovered[i].Add(recovery.Of(learners[i].Options));
            }
        }

        return new ReportTable(
            name,
            title,
            "learner",
            ["Spearman with r*", "above the frequency's", "bias", "root mean squared error", "reward of a skip (r* 0)"],
            [Row("log odds of a positive response", frequency), .. learners.Select((learner, i) => Row(learner.Name, recovered[i]))]);

        ReportRow Row(string label, List<RecoveredReward> found)
        {
            ReportCell Cell(Func<RecoveredReward, double> read) => ReportCell.OverSeeds([.. found.Select(read)]);
            var above = ReportCell.OverSeeds([.. found.Zip(frequency, (reward, odds) => reward.Spearman - odds.Spearman)]);
            return new ReportRow(label, [Cell(r => r.Spearman), found == frequency ? null : above, Cell(r => r.Bias), Cell(r => r.Error), Cell(r => r.Skip)]);
        }
    }

    private RewardRecovery OfTable(double noise, int seed) =>
        new(new TabularWorld { RewardNoise = noise }.Draw(seed), tabular: true, _sessions, _table, seed);

    private RewardRecovery OfTastes(int seed) => new(new TasteWorld().Draw(seed), tabular: false, _sessions, _network, seed);

    private void Step(string what)
    {
        cancellation.ThrowIfCancellationRequested();
        progress.Report(new FitProgress(what, 0));
    }
}
