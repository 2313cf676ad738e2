using MTRec.Data;
using MTRec.Data.OpenBandit;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Evaluation.OffPolicy;

namespace MTRec.Trainer.Reproduction.OffPolicy;

/// <summary>
/// The Open Bandit Dataset (Saito et al. 2021): the click rate of a policy estimated from the log of another, beside the click rate of its own
/// log. The random policy shows each of n items with chance 1 / n in each place, exactly. The other one, Bernoulli Thompson sampling, changes
/// over the week and its chances are logged for what it showed only: it is taken to be the shares of items that its own log shows in each place,
/// an approximation.
/// </summary>
internal sealed class OpenBanditComparison
{
    /// <summary>The folder under the data.</summary>
    public const string Folder = "open-bandit";

    // Rows that an item's click rate is shrunk by towards its place's.
    private const double ModelPrior = 300;
    private const int ModelFolds = 5;

    private static readonly string[] Campaigns = ["men", "women"];

    private readonly string _folder;
    private readonly UserBootstrap _bootstrap;
    private readonly List<ReportRow> _rows = [];
    private readonly List<Plot> _plots = [];

    private OpenBanditComparison(string folder, UserBootstrap bootstrap)
    {
        _folder = folder;
        _bootstrap = bootstrap;
    }

    /// <summary>What it found, in words; shares of the table's cells that a reader must know.</summary>
    public static IReadOnlyList<string> Notes { get; } =
    [
        "Open bandit: a log holds no user ids, only hashed profiles that many users share, and its 10,000 rows were drawn from a far larger one: "
        + "the bootstrap takes each impression for a user of its own.",
        "Open bandit: the truth is the click rate of the other log, itself 46 to 69 clicks in 10,000. The difference's interval is of both logs "
        + "(Zou and Donner 2008); a log can do no better than hold 0 in it.",
        "Open bandit: the Thompson sampling policy is approximated by the shares of items that its own log shows in each place. The mean of its "
        + "logged propensities by item and place would be wrong: they are logged for items shown, which are shown when their chance is high, and "
        + "those means sum to 1.7 to 3.4 a place, not 1. Its changes over the week are not modelled.",
        "Open bandit: DR's model is the click rate by item and place, shrunk to the place's, fitted on the other four fifths of the rows.",
    ];

    /// <summary>Estimates both policies of both campaigns, each from the other's log.</summary>
    public static (ReportTable Table, IReadOnlyList<Plot> Plots) Run(string folder, UserBootstrap bootstrap)
    {
        var comparison = new OpenBanditComparison(folder, bootstrap);
        foreach (var campaign in Campaigns)
            comparison.Compare(campaign);
        return (
            new ReportTable(
                "openBandit",
                "Open Bandit Dataset: click rate of a policy from the other's log",
                "campaign, policy from the other's log, estimator",
                ["estimate", "truth", "difference / truth", "effective sample size"],
                comparison._rows),
            comparison._plots);
    }

    private void Compare(string campaign)
    {
        var items = OpenBanditFile.ReadItemCount(Path.Combine(_folder, $"bts_{campaign}_item_context.csv.gz"));
        var random = Read("random", campaign);
        var thompson = Read("bts", campaign);
        var uniform = Enumerable.Range(0, OpenBanditRow.Positions).Select(_ => Enumerable.Repeat(1.0 / items, items).ToArray()).ToArray();
        Estimate($"{campaign}, random", thompson, random, uniform);
        Estimate($"{campaign}, Thompson sampling", random, thompson, Shares(thompson, items));
    }

    private IReadOnlyList<OpenBanditRow> Read(string policy, string campaign) =>
        OpenBanditFile.Read(Path.Combine(_folder, $"{policy}_{campaign}.csv.gz"), out var report) is { Count: > 0 } rows
            ? rows
            : throw new DataFormatException($"{_folder}: the {policy} log of {campaign} keeps none of its {report.Read} rows.");

    private void Estimate(string name, IReadOnlyList<OpenBanditRow> log, IReadOnlyList<OpenBanditRow> own, double[][] policy)
    {
        var truth = ClickRate(own);
        var propensities = log.Select(row => row.Propensity).ToArray();
        var ratios = ImportanceRatios.Log(propensities, [.. log.Select(row => policy[row.Position - 1][row.Item])]);
        var decisions = new DecisionLog([.. Enumerable.Range(0, log.Count)], [.. log.Select(row => row.Clicked ? 1.0 : 0.0)], ratios);
        var estimators = new DecisionEstimators(decisions, _bootstrap);
        var (modelled, expected) = Model(log, policy);
        OffPolicyEstimate[] estimates =
        [
            new("log's own (no correction)", ClickRate(log), log.Count, log.Count),
            estimators.Ips(),
            estimators.Snips(),
            Capped(estimators, 10),
            Capped(estimators, 100),
            estimators.DirectMethod(expected),
            estimators.DoublyRobust(modelled, expected),
            estimators.SelfNormalisedDoublyRobust(modelled, expected),
        ];
        foreach (var estimate in estimates)
        {
            _rows.Add(new ReportRow(
                $"{name}: {estimate.Estimator}",
                [ReportCell.Of(estimate.Value), ReportCell.Of(truth), RelativeDifference(estimate.Value, truth), new ReportCell(estimate.EffectiveSampleSize)]));
        }

        _plots.Add(new IntervalPlot(
            $"Open bandit, {name}: click rate", "click rate", [new("truth", truth), .. estimates.Select(estimate => new LabelledEstimate(estimate.Estimator, estimate.Value))]));
    }

    private static OffPolicyEstimate Capped(DecisionEstimators estimators, double cap)
    {
        var estimate = estimators.ClippedIps(cap);
        return estimate with { Estimator = $"{estimate.Estimator} at {cap}" };
    }

    private Estimate ClickRate(IReadOnlyList<OpenBanditRow> rows) =>
        WeightedMean.ByUser([.. rows.Select(row => (row.Clicked ? 1.0 : 0, 1.0))], _bootstrap);

    // The interval of a difference of two independent figures from their own intervals (Zou and Donner 2008, MOVER).
    private static ReportCell RelativeDifference(Estimate estimate, Estimate truth)
    {
        var difference = estimate.Value - truth.Value;
        var below = double.Hypot(estimate.Value - estimate.Low, truth.High - truth.Value);
        var above = double.Hypot(estimate.High - estimate.Value, truth.Value - truth.Low);
        return new ReportCell(difference / truth.Value, (difference - below) / truth.Value, (difference + above) / truth.Value);
    }

    private static double[][] Shares(IReadOnlyList<OpenBanditRow> rows, int items)
    {
        var shares = Enumerable.Range(0, OpenBanditRow.Positions).Select(_ => new double[items]).ToArray();
        foreach (var place in rows.GroupBy(row => row.Position - 1))
        {
            var share = 1.0 / place.Count();
            foreach (var row in place)
                shares[place.Key][row.Item] += share;
        }

        return shares;
    }

    // q(item, place) and its mean under the policy, each row by the rows of other folds.
    private static (double[] Modelled, double[] Expected) Model(IReadOnlyList<OpenBanditRow> log, double[][] policy)
    {
        var (modelled, expected) = (new double[log.Count], new double[log.Count]);
        for (var fold = 0; fold < ModelFolds; fold++)
        {
            var rates = Rates(log.Where((_, row) => row % ModelFolds != fold), policy[0].Length);
            var means = rates.Select((place, position) => place.Zip(policy[position], (rate, chance) => rate * chance).Sum()).ToArray();
            for (var row = fold; row < log.Count; row += ModelFolds)
                (modelled[row], expected[row]) = (rates[log[row].Position - 1][log[row].Item], means[log[row].Position - 1]);
        }

        return (modelled, expected);
    }

    private static double[][] Rates(IEnumerable<OpenBanditRow> rows, int items)
    {
        var (shown, clicked) = (new double[OpenBanditRow.Positions, items], new double[OpenBanditRow.Positions, items]);
        foreach (var row in rows)
        {
            shown[row.Position - 1, row.Item]++;
            clicked[row.Position - 1, row.Item] += row.Clicked ? 1 : 0;
        }

        var rates = new double[OpenBanditRow.Positions][];
        for (var place = 0; place < rates.Length; place++)
        {
            var all = Enumerable.Range(0, items).Sum(item => shown[place, item]);
            var mean = all == 0 ? 0 : Enumerable.Range(0, items).Sum(item => clicked[place, item]) / all;
            rates[place] = [.. Enumerable.Range(0, items).Select(item => (clicked[place, item] + (ModelPrior * mean)) / (shown[place, item] + ModelPrior))];
        }

        return rates;
    }
}
