using System.Collections.Concurrent;
using System.Globalization;
using MTRec.Data.Sequences;
using MTRec.Data.Trajectories;
using MTRec.Learning.Algorithms.Guidance;
using MTRec.Learning.Algorithms.Recommenders;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Fitting;
using static TorchSharp.torch;

namespace MTRec.Trainer.Reproduction;

/// <summary>The guidance of recommenders by a mental reward (MTRec, arXiv 2509.22807): each of eight as base, -IRL and -MTRec.</summary>
internal sealed class GuidanceTable : IReproducedTable
{
    private const int DataSeed = 1;
    private const int Resamples = 1000;

    private static readonly string[] Differences = ["AUC - base", "NCIS - base"];

    private static readonly GuidanceVariant[] Variants = Enum.GetValues<GuidanceVariant>();

    private static readonly (string Name, SequenceLayout Layout, bool Attributes)[] Logs =
    [
        ("amazon_beauty", SequenceLayout.UserLines, true),
        ("amazon_sports", SequenceLayout.UserLines, true),
        ("amazon_video_games", SequenceLayout.Pairs, false),
    ];

    /// <inheritdoc/>
    public string Name => "guidance";

    /// <inheritdoc/>
    public string Purpose => "Eight recommenders with and without an alignment loss on recovered rewards: AUC and NCIS; PPO and SAC with and without r_mental: eCTR.";

    /// <inheritdoc/>
    public IReadOnlyList<string> Folders => ["sequences", TaobaoComparison.Folder];

    /// <summary>How much is run; null for that of the options.</summary>
    public GuidanceBudget? Budget { get; init; }

    /// <inheritdoc/>
    public Report Run(ReproductionOptions options, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        var budget = Budget ?? (options.Full
            ? new GuidanceBudget(2, Users: 4000, Seeds: 2, [0.03, 0.1, 0.3])
            : new GuidanceBudget(1, Users: 3000, Seeds: 1, [0.1]));
        var seeds = Math.Min(budget.Seeds, options.Seeds);
        var study = new GuidanceStudyOptions
        {
            Recommender = new RecommenderOptions { Width = 16, Hidden = 32 },
        };

        // Runs are many and small: they share the threads, one each. What the first thread was told, threads made later would not know.
        set_num_threads(1);
        try
        {
            var tables = new List<ReportTable>();
            var plots = new List<Plot>();
            foreach (var log in Logs.Take(budget.Logs))
            {
                var (examples, attributes) = Load(options.Folder("sequences"), log, budget.Users, study.Recommender.History);
                var comparison = new Comparison(
                    log.Name, examples, new GuidanceStudy(examples, attributes, study, cancellation), seeds, options.Threads, budget.Weights);
                comparison.Run(progress, cancellation);
                ReportTable[] figures = [.. comparison.Tables()];
                tables.AddRange(figures);
                plots.AddRange(comparison.Plots(figures[0]));
            }

            tables.Add((budget.Taobao is { } taobao
                ? new TaobaoComparison(options, progress, cancellation) { Budget = taobao }
                : new TaobaoComparison(options, progress, cancellation)).Run());
            return new Report(Name, "Guidance of recommenders by a recovered reward", tables, plots, Notes(budget, seeds));
        }
        finally
        {
            set_num_threads(options.Threads);
        }
    }

    private static (ChoiceExamples Examples, ItemAttributes Attributes) Load(
        string folder, (string Name, SequenceLayout Layout, bool Attributes) log, int users, int history)
    {
        var all = SequenceFile.Read(Path.Combine(folder, $"{log.Name}.txt.gz"), log.Layout);
        var sequences = all with { Users = [.. all.Users.Take(users)] };
        var attributes = log.Attributes
            ? ItemAttributesFile.Read(Path.Combine(folder, $"{log.Name}_attributes.json.gz"), all)
            : ItemAttributes.None(all.ItemCount);
        var choices = ChoiceSequences.Draw(sequences, skipsPerRound: 1, DataSeed);
        return (new ChoiceExamples(choices, new SequenceSplit(new UserFolds(10, DataSeed)), history), attributes);
    }

    private static string[] Notes(GuidanceBudget budget, int seeds) =>
    [
        "The logs are Amazon reviews, stand-ins for the paper's Books and Electronics: gains compare, absolute figures do not.",
        "A log of reviews holds positive responses alone. Beside each stands one item that the user never took, drawn evenly, as skipped [ours]; "
            + "a page's responses enter the history from the next page on.",
        $"The first {budget.Users} users of each log. Of nine tenths the last page tests (AUC), the one before validates; a tenth is kept back "
            + "whole, for NCIS on complete trajectories.",
        "AUC: of all test rows together. NCIS: J(trained) - J(untrained), J = sum_u min(c, rho_u) |T_u| / sum_u min(c, rho_u), rho_u the product of the "
            + "chances that the recommender gives to the logged responses, |T_u| shown items, c = 1, which does not bind: the log has no "
            + "propensities. 'users' is the effective number of users that J(trained) rests on.",
        "-IRL is guided by plain IQ-Learn, -MTRec by QR-IQL; both rewards come from a DIN fitted to the training rows of half of the users, and are those of the other half's rows. Both actions' "
            + "rewards are standardised together; at the end of a trajectory there is no reward and so no alignment.",
        $"w is chosen among {string.Join(", ", budget.Weights.Select(Text))}, one for all recommenders of a variant, by the mean AUC of the "
            + $"validation rows over recommenders and seeds. The unguided choose among {budget.Weights.Count} sets of starts by the same figure: as many "
            + "trainings. AUC of the validation rows also says when each training stops.",
        $"Intervals: 95 %, {Resamples} resamples of users and of {seeds} seeds together; differences are paired by users, and "
            + "by seeds too where the unguided keep their first starts, those of the guided.",
    ];

    private static string Text(double weight) => weight.ToString(CultureInfo.InvariantCulture);

    /// <summary>All runs on one log.</summary>
    private sealed class Comparison(string log, ChoiceExamples examples, GuidanceStudy study, int seeds, int threads, IReadOnlyList<double> weights)
    {
        // Starts of the unguided beyond those of the guided.
        private const int OtherStarts = 1000;

        private readonly ConcurrentDictionary<(string Backbone, GuidanceVariant Variant, int Choice, int Seed), GuidanceRun> _runs = new();
        private readonly ConcurrentDictionary<(GuidanceVariant Variant, int Seed), RecoveredRewards> _rewards = new();
        private readonly Dictionary<GuidanceVariant, int> _chosen = [];

        public void Run(IProgress<FitProgress> progress, CancellationToken cancellation)
        {
            var done = 0;
            var total = (seeds * 2) + (Backbones.All.Count * seeds * Variants.Length * weights.Count);
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };

            var rewards = from seed in Enumerable.Range(1, seeds) from variant in Variants.Skip(1) select (variant, seed);
            Parallel.ForEach(rewards, parallel, key =>
            {
                _rewards[key] = study.Rewards(key.variant, key.seed);
                Done($"{key.variant} reward");
            });

            var runs = from backbone in Backbones.All
                       from variant in Variants
                       from choice in Enumerable.Range(0, weights.Count)
                       from seed in Enumerable.Range(1, seeds)
                       select (backbone, variant, choice, seed);
            Parallel.ForEach(runs, parallel, run =>
            {
                var (backbone, variant, choice, seed) = run;
                _runs[(backbone.Name, variant, choice, seed)] = variant == GuidanceVariant.Base
                    ? study.Run(backbone.Make, seed + (choice * OtherStarts), rewards: null, weight: 0)
                    : study.Run(backbone.Make, seed, _rewards[(variant, seed)], weights[choice]);
                Done($"{backbone.Name} {variant}");
            });

            foreach (var variant in Variants)
                _chosen[variant] = Enumerable.Range(0, weights.Count).MaxBy(choice => Mean(ValidationAuc(variant, choice)).Value);

            void Done(string what) => progress.Report(new FitProgress($"guidance on {log}", Interlocked.Increment(ref done) / (double)total, what));
        }

        public IEnumerable<ReportTable> Tables()
        {
            var rows = new ConcurrentDictionary<int, ReportRow>();
            Parallel.For(0, Backbones.All.Count * Variants.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, place =>
            {
                var (name, variant) = (Backbones.All[place / Variants.Length].Name, Variants[place % Variants.Length]);
                rows[place] = Row(Label(name, variant), variant, [name]);
            });
            var means = Variants.Select(variant => Row(Label("mean of the eight", variant), variant, [.. Backbones.All.Select(backbone => backbone.Name)]));
            yield return new ReportTable(
                log,
                log,
                "recommender",
                ["AUC", "AUC - base", "NCIS", "NCIS - base", "users", "w"],
                [.. Enumerable.Range(0, rows.Count).Select(place => rows[place]), .. means]);
            yield return new ReportTable(
                $"{log}-choices",
                $"{log}: what was chosen among, mean of the eight",
                "choice",
                ["AUC of the validation rows"],
                [
                    .. from variant in Variants
                       from choice in Enumerable.Range(0, weights.Count)
                       select new ReportRow(
                           variant == GuidanceVariant.Base ? $"starts {choice + 1}" : $"-{variant}, w {Text(weights[choice])}",
                           [Mean(ValidationAuc(variant, choice))]),
                ]);
            yield return new ReportTable(
                $"{log}-rewards",
                $"{log}: AUC of r(s, positive) - r(s, skip) for responses that it was not fitted to, and what it adds to a recommender's score",
                "reward",
                ["training rows", "users kept back", "DIN's score", "and reward", "and another DIN's score"],
                [.. Variants.Skip(1).Select(variant => new ReportRow($"{variant}", [.. Informed(variant)]))]);
        }

        public IEnumerable<Plot> Plots(ReportTable table) => Differences.Select(column => new IntervalPlot(
            $"{log}: {column}",
            column,
            [.. from row in table.Rows
                let cell = row.Cells[table.Columns.ToList().IndexOf(column)]
                where cell is not null
                select new LabelledEstimate(row.Label, new Estimate(cell.Value, cell.Low ?? cell.Value, cell.High ?? cell.Value))]));

        private static string Label(string name, GuidanceVariant variant) => variant switch
        {
            GuidanceVariant.Irl => $"{name}-IRL",
            GuidanceVariant.MTRec => $"{name}-MTRec",
            _ => name,
        };

        private Func<int, double> ValidationAuc(GuidanceVariant variant, int choice) =>
            seed => Backbones.All.Average(backbone => _runs[(backbone.Name, variant, choice, seed)].ValidationAuc);

        // That of the network that the reward was recovered with; only of trajectories' rows that have a reward.
        private IEnumerable<ReportCell?> Informed(GuidanceVariant variant)
        {
            yield return Mean(seed => study.Agreement(Reward(seed)));
            yield return Mean(seed => study.KeptBackAuc(Reward(seed), Reward(seed).KeptBackMargins));
            yield return Mean(seed => study.KeptBackAuc(Reward(seed), Score(seed, 0)));
            yield return Mean(seed => study.KeptBackAuc(Reward(seed), Score(seed, 0), Reward(seed).KeptBackMargins));
            yield return weights.Count == 1 ? null : Mean(seed => study.KeptBackAuc(Reward(seed), Score(seed, 0), Score(seed, 1)));

            RecoveredRewards Reward(int seed) => _rewards[(variant, seed)];
            float[] Score(int seed, int choice) => _runs[("DIN", GuidanceVariant.Base, choice, seed)].KeptBack;
        }

        // The figures of one recommender, or the means of several.
        private ReportRow Row(string label, GuidanceVariant variant, IReadOnlyList<string> names)
        {
            var (auc, aucBase) = (MeanOf(names, variant, Auc), MeanOf(names, GuidanceVariant.Base, Auc));
            var (ncis, ncisBase) = (MeanOf(names, variant, Ncis), MeanOf(names, GuidanceVariant.Base, Ncis));
            var guided = variant != GuidanceVariant.Base;
            return new ReportRow(
                label,
                [
                    Cell(study.Test, auc),
                    guided ? Cell(study.Test, (seed, counts) => auc(seed, counts) - aucBase(seed, counts)) : null,
                    Cell(study.KeptBack, ncis),
                    guided ? Cell(study.KeptBack, (seed, counts) => ncis(seed, counts) - ncisBase(seed, counts)) : null,
                    Mean(seed => names.Average(name => Weighed(_runs[(name, variant, _chosen[variant], seed)].KeptBack).EffectiveUsers())),
                    guided ? new ReportCell(weights[_chosen[variant]]) : null,
                ]);
        }

        private static Statistic MeanOf(IReadOnlyList<string> names, GuidanceVariant variant, Func<string, GuidanceVariant, Statistic> metric)
        {
            var statistics = names.Select(name => metric(name, variant)).ToArray();
            return (seed, counts) =>
            {
                var sum = 0.0;
                foreach (var statistic in statistics)
                    sum += statistic(seed, counts);
                return sum / statistics.Length;
            };
        }

        private Statistic Auc(string name, GuidanceVariant variant)
        {
            var positive = Array.ConvertAll(study.Test, row => examples.Taken[row]);
            var places = Places(study.Test, out _);
            var aucs = Runs(name, variant).Select(run => new Auc(run.Test, positive)).ToArray();
            var drawn = new double[places.Length];
            return (seed, counts) =>
            {
                for (var row = 0; row < drawn.Length; row++)
                    drawn[row] = counts[places[row]];
                return aucs[seed].Value(drawn);
            };
        }

        private Statistic Ncis(string name, GuidanceVariant variant)
        {
            var pairs = Runs(name, variant).Select(run => (Trained: Weighed(run.KeptBack), Untrained: Weighed(run.Untrained))).ToArray();
            return (seed, counts) => pairs[seed].Trained.Value(counts) - pairs[seed].Untrained.Value(counts);
        }

        private TrajectoryNcis Weighed(float[] logits)
        {
            var places = Places(study.KeptBack, out var users);
            var lengths = new int[users];
            foreach (var place in places)
                lengths[place]++;
            var positive = Array.ConvertAll(study.KeptBack, row => examples.Taken[row]);
            return new TrajectoryNcis(TrajectoryNcis.LogProbabilities(logits, positive, places, users), lengths);
        }

        private ReportCell Cell(int[] rows, Statistic statistic)
        {
            Places(rows, out var users);
            var everyone = Enumerable.Repeat(1, users).ToArray();
            double[] bySeed = [.. Enumerable.Range(0, seeds).Select(seed => statistic(seed, everyone))];
            return ReportCell.Of(new SeedAndUserBootstrap(DataSeed, Resamples).Interval(users, seeds, (seed, counts) => statistic(seed, counts)), bySeed);
        }

        private ReportCell Mean(Func<int, double> ofSeed)
        {
            double[] bySeed = [.. Enumerable.Range(1, seeds).Select(ofSeed)];
            return new ReportCell(bySeed.Average(), BySeed: bySeed);
        }

        // Users among the rows, counted from 0.
        private int[] Places(int[] rows, out int users)
        {
            var numbers = new Dictionary<int, int>();
            var places = Array.ConvertAll(rows, row =>
            {
                var user = examples.User[row];
                if (!numbers.TryGetValue(user, out var place))
                    numbers.Add(user, place = numbers.Count);
                return place;
            });
            users = numbers.Count;
            return places;
        }

        private GuidanceRun[] Runs(string name, GuidanceVariant variant) =>
            [.. Enumerable.Range(1, seeds).Select(seed => _runs[(name, variant, _chosen[variant], seed)])];
    }

    // Of one seed, from 0, where each user counts as often as the span says.
    private delegate double Statistic(int seed, ReadOnlySpan<int> counts);
}

/// <summary>How much <see cref="GuidanceTable"/> runs.</summary>
/// <param name="Logs">Logs, 1 or more.</param>
/// <param name="Users">First users of each log.</param>
/// <param name="Seeds">Most seeds of the recommenders.</param>
/// <param name="Weights">Weights w of the alignment loss to choose from, and as many sets of starts of the unguided.</param>
/// <param name="Taobao">That of Virtual Taobao; null for its own.</param>
internal sealed record GuidanceBudget(int Logs, int Users, int Seeds, IReadOnlyList<double> Weights, TaobaoBudget? Taobao = null);
