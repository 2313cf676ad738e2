using MTRec.Core.Sessions;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using MTRec.Learning.Pipelines;
using static TorchSharp.torch;

namespace MTRec.Trainer.Reproduction.Mental;

/// <summary>KuaiRand: rewards recovered from choices against what users said outright, on users that nothing was learned from.</summary>
/// <param name="options">Budget.</param>
/// <param name="progress">Told of every fit.</param>
/// <param name="cancellation">Ends the comparison between two steps.</param>
internal sealed class SignalTable(ReproductionOptions options, IProgress<FitProgress> progress, CancellationToken cancellation)
{
    /// <summary>The folder of the data.</summary>
    public const string Folder = "kuairand-pure";

    // One fit takes a minute or more; the intervals are by user, so that one seed is enough.
    private const int Seed = 1;
    private const double QuickShare = 0.5;

    private static readonly QrIqlOptions Anchored = QrIqlOptions.IqLearn with { AnchorSkip = true };

    private static readonly (string Name, ChoiceStage[] Stages, QrIqlOptions Options)[] Definitions =
    [
        ("long view, QR-IQL", [One(PositiveResponse.LongView)], new QrIqlOptions()),
        ("long view", [One(PositiveResponse.LongView)], Anchored),
        ("click", [SequentialChoicesOptions.Open], Anchored),
        ("watch > 10 s", [One(PositiveResponse.ValidConsumption)], Anchored),
        ("watch > 10 s or long view", [One(new PositiveResponse(UserActions.LongView, 10))], Anchored),
        ("like", [One(new PositiveResponse(UserActions.Like))], Anchored),
        ("open, stay", [SequentialChoicesOptions.Open, .. SequentialChoicesOptions.Stay], Anchored),
        ("open, stay, react", [SequentialChoicesOptions.Open, .. SequentialChoicesOptions.Stay, SequentialChoicesOptions.React], Anchored),
    ];

    /// <summary>Runs the comparison.</summary>
    public (ReportTable Table, IntervalPlot Plot) Run()
    {
        var fit = new FitOptions { Epochs = options.Full ? 3 : 1 };
        var users = new KeptBackUsers(KuaiRandFolder.Read(options.Folder(Folder), options.Full ? 1 : QuickShare, cancellation), 50, Seed);
        var comparison = new SignalComparison(users.Judged, new UserBootstrap(Seed));
        var found = new List<(string Name, SignalQuality Quality)>();
        foreach (var (name, values) in comparison.Observed)
            found.Add((name, comparison.Judge(values)));
        foreach (var (name, stages, q) in Definitions)
        {
            manual_seed(Seed);
            var choices = new SequentialChoices(
                new SequentialChoicesOptions { Stages = stages, Q = q }, new ViewSampler(0.5, 0.5), new Fitter(fit, progress, cancellation), Seed);
            using var model = choices.Fit(name, () => users.NewBackbone(new BackboneOptions()), users.Train, users.Validation);
            var after = Rewards(choices, model, users, ExampleView.Warm);
            found.Add(($"{name}: surplus", comparison.Judge([.. after.Select(r => r.Surplus)])));
            found.Add(($"{name}: r(s, a)", comparison.Judge([.. after.Select(r => r.Given)])));
            var before = Rewards(choices, model, users, ExampleView.Warm with { AtStart = true });
            found.Add(($"{name}: predicted", comparison.Judge([.. before.Select(r => r.Expected)])));
        }

        var table = new ReportTable(
            "signals",
            "KuaiRand, kept-back users: signals of satisfaction against explicit reactions",
            "signal",
            ["like over no like, within user", "like over hate", "long view, within user", "Spearman with watch ratio"],
            [
                .. found.Select(signal => new ReportRow(
                    signal.Name,
                    [
                        ReportCell.Of(signal.Quality.Like), ReportCell.Of(signal.Quality.LikeOverHate), ReportCell.Of(signal.Quality.LongView),
                        new ReportCell(signal.Quality.WatchRatio),
                    ])),
            ]);
        return (table, new IntervalPlot(
            "Like over no like, within user (kept-back users of KuaiRand)",
            "AUC",
            [.. found.Select(signal => new LabelledEstimate(signal.Name, signal.Quality.Like))]));
    }

    private static ChoiceStage One(PositiveResponse response) => new("positive", response);

    private static ImpressionReward[] Rewards(SequentialChoices choices, SoftQModel model, KeptBackUsers users, ExampleView view) =>
        [.. users.Judged.SelectMany(examples => choices.Recover(model, examples, view))];
}
