using System.Diagnostics;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using MTRec.Learning.Pipelines;
using static TorchSharp.torch;

namespace MTRec.Trainer.Reproduction;

/// <summary>
/// MMoE, PLE, MFH and a logistic regression on KuaiRand's wide behaviours: how well each tells who will do what, on later days than those
/// learned from.
/// </summary>
internal sealed class UpstreamTable : IReproducedTable
{
    private const string Data = "kuairand-pure";
    private const string Reference = "MMoE";
    private const int HistoryLength = 50;
    private const int StatisticsFolds = 5;

    private static readonly IReadOnlyList<BehaviourTask> Tasks = BehaviourTask.Wide;

    private static readonly (string Name, TaskExpertsOptions? Experts)[] Models =
    [
        ("logistic regression", null),
        (Reference, new MmoeOptions()),
        ("PLE", new PleOptions()),
        ("MFH", new MfhOptions()),
    ];

    /// <inheritdoc/>
    public string Name => "upstream";

    /// <inheritdoc/>
    public string Purpose => "Upstream models by task: MMoE, PLE, MFH and a logistic regression.";

    /// <inheritdoc/>
    public IReadOnlyList<string> Folders => [Data];

    /// <summary>What quick spends.</summary>
    public UpstreamBudget Quick { get; init; } = new(UserShare: 0.25, Epochs: 3, Resamples: 200);

    /// <summary>What full spends.</summary>
    public UpstreamBudget Full { get; init; } = new(UserShare: 1, Epochs: 5, Resamples: 1000);

    /// <inheritdoc/>
    public Report Run(ReproductionOptions options, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        var budget = options.Full ? Full : Quick;
        progress.Report(new FitProgress("reading", 0));
        var folder = KuaiRandFolder.Read(options.Folder(Data), budget.UserShare, cancellation);
        var examples = KuaiRandExamples.From(folder, HistoryLength, StatisticsFolds, seed: 1);
        if (examples.Test is not { } test)
            throw new FileNotFoundException($"{options.Folder(Data)} has no log_test, which the table is made on.");
        progress.Report(new FitProgress("reading", 1));

        var trained = Models.ToDictionary(model => model.Name, _ => new List<Trained>(), StringComparer.Ordinal);
        for (var seed = 1; seed <= options.Seeds; seed++)
        {
            foreach (var (name, experts) in Models)
                trained[name].Add(Train(name, experts, examples, test, seed, budget.Epochs, progress, cancellation));
        }

        var bootstrap = new SeedAndUserBootstrap(1, budget.Resamples);
        var warm = new UpstreamFigures("test, warm", test, bootstrap, options.Threads, progress, cancellation);
        var cold = new UpstreamFigures("test, cold", test, bootstrap, options.Threads, progress, cancellation);
        var dev = new UpstreamFigures("dev, warm", examples.Dev, bootstrap, options.Threads, progress, cancellation);
        var warmScores = Scores(model => model.TestWarm);
        var atStart = Scores(model => model.TestAtStart);
        var differences = warm.Differences(warmScores, Reference);
        return new Report(
            Name,
            "Upstream models by task on KuaiRand-Pure",
            [
                warm.Auc("auc.test.warm", "AUC on log_test, all known of the user", warmScores),
                differences.Table,
                cold.Auc("auc.test.cold", "AUC on log_test, nothing known but the log's own earlier rows", Scores(model => model.TestCold)),
                warm.WithinUsers("withinUserAuc.test", "AUC within users on log_test, all items scored at the user's first moment", atStart),
                warm.CalibrationErrors("calibration.test", "Expected calibration error on log_test, all known of the user", warmScores),
                dev.Auc("auc.dev.warm", "AUC on log_dev, which decided when to stop, all known of the user", Scores(model => model.DevWarm)),
                Costs(trained),
            ],
            [differences.Plot, Curves(trained)],
            Notes);

        Dictionary<string, IReadOnlyList<float[]>> Scores(Func<Trained, float[]> of) =>
            trained.ToDictionary(pair => pair.Key, IReadOnlyList<float[]> (pair) => [.. pair.Value.Select(of)], StringComparer.Ordinal);
    }

    private static Trained Train(
        string name,
        TaskExpertsOptions? experts,
        KuaiRandExamples examples,
        ImpressionExamples test,
        int seed,
        int epochs,
        IProgress<FitProgress> progress,
        CancellationToken cancellation)
    {
        var standard = new DefaultBundleOptions { Data = "", Registry = "" };
        manual_seed(seed);
        using nn.Module<FeatureBatch, Tensor> model = experts is null
            ? new LogisticRegression(examples.Schema, examples.Statistics, Tasks.Count)
            : new UpstreamModel(Tasks, new TaskTargets(examples.Train.Log, Tasks).Means(), examples.NewBackbone(new BackboneOptions()), experts);
        var fit = experts is null ? standard.LogisticRegression : standard.MultiTask;
        var learner = new MultiTaskLearner(
            Tasks,
            [.. Tasks.Select(_ => 1f)],
            new ViewSampler(standard.ProfileShare, standard.EarlierShare),
            new Fitter(fit with { Epochs = epochs }, progress, cancellation),
            seed);
        var clock = Stopwatch.StartNew();
        var losses = learner.Fit($"{name}, seed {seed}", model, examples.Train, examples.Dev);
        var seconds = clock.Elapsed.TotalSeconds;
        return new Trained(
            losses,
            seconds,
            model.parameters().Sum(parameter => parameter.NumberOfElements),
            Predict(test, ExampleView.Warm),
            Predict(test, ExampleView.Cold),
            Predict(test, ExampleView.Warm with { AtStart = true }),
            Predict(examples.Dev, ExampleView.Warm));

        float[] Predict(ImpressionExamples on, ExampleView view)
        {
            cancellation.ThrowIfCancellationRequested();
            return learner.Predict(model, on, view);
        }
    }

    private static ReportTable Costs(Dictionary<string, List<Trained>> trained) => new(
        "cost",
        "Cost",
        "model",
        ["parameters", "seconds to train", "validation loss"],
        [
            .. trained.Select(model => new ReportRow(
                model.Key,
                [
                    new ReportCell(model.Value[0].Parameters),
                    Mean(model.Value, seed => Math.Round(seed.Seconds, 1)),
                    Mean(model.Value, seed => seed.Losses.Min()),
                ])),
        ]);

    private static ReportCell Mean(List<Trained> seeds, Func<Trained, double> of)
    {
        double[] values = [.. seeds.Select(of)];
        return new ReportCell(values.Average(), BySeed: values.Length > 1 ? values : null);
    }

    // Seeds may stop at different epochs: a point for every epoch that all have, the band from the lowest to the highest seed.
    private static LinePlot Curves(Dictionary<string, List<Trained>> trained) => new(
        "Validation loss by epoch, from the lowest to the highest seed",
        "epoch",
        "loss on log_dev",
        [
            .. trained.Select(model =>
            {
                var epochs = Enumerable.Range(0, model.Value.Min(seed => seed.Losses.Count)).ToArray();
                return new Series(
                    model.Key,
                    [.. epochs.Select(epoch => epoch + 1.0)],
                    [.. epochs.Select(epoch => model.Value.Average(seed => seed.Losses[epoch]))],
                    [.. epochs.Select(epoch => model.Value.Min(seed => seed.Losses[epoch]))],
                    [.. epochs.Select(epoch => model.Value.Max(seed => seed.Losses[epoch]))]);
            }),
        ]);

    private static IReadOnlyList<string> Notes { get; } =
    [
        "Learned on log_train (seven days), stopped by the loss on log_dev (the next three), judged on log_test (the last two). All models have the same features; MMoE, PLE and MFH the same network below their experts. Where the budget is quick, a quarter of the users and three epochs: too few steps for the larger models, whose order only full tells.",
        "Intervals are 95 % percentile bootstraps that draw users and training seeds together; figures are means over the seeds. Differences are paired: both models on the same drawn users and seeds. An interval of a difference that contains 0 says that this log does not tell the two apart.",
        "Follow, comment and forward are rare (the first row counts them); by themselves their AUC tells little, so 'any rare' is their sum of probabilities against whether any of them happened.",
        "The watch time is a prediction in seconds; its AUC is over whether the user watched for more than 10 seconds.",
        "Within users: GAUC weighted by rows, of scores made at the user's first moment in the log, so that no later history leaks into an earlier row's rank. Users with one class only are left out.",
        "MFH's user groups are ours: users with fewer than 3, with 3 to 19, and with 20 or more impressions in their history.",
    ];

    private sealed record Trained(
        IReadOnlyList<double> Losses, double Seconds, long Parameters, float[] TestWarm, float[] TestCold, float[] TestAtStart, float[] DevWarm);
}

/// <summary>What a table of upstream models spends.</summary>
/// <param name="UserShare">Share of the users, in (0, 1].</param>
/// <param name="Epochs">Most passes over the training log, 1 or more.</param>
/// <param name="Resamples">Resamples of the intervals, 1 or more.</param>
internal sealed record UpstreamBudget(double UserShare, int Epochs, int Resamples);
