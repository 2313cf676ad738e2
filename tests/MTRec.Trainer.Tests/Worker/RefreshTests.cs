using MTRec.Core.Bundles;
using MTRec.Core.Events;
using MTRec.Core.Sessions;
using MTRec.Inference;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Fitting;
using MTRec.Testing;
using MTRec.Trainer.Worker;
using MTRec.Trainer.Worker.Cycle;
using MTRec.Trainer.Worker.Cycle.Refresh;
using MTRec.Trainer.Worker.Transitions;
using Xunit;
using static MTRec.Trainer.Tests.Worker.WorkerEvents;

namespace MTRec.Trainer.Tests.Worker;

/// <summary>Users who take items of two categories of five, which the test bundle's scores know nothing of.</summary>
[Collection(nameof(LearnsInProcess))]
public sealed class RefreshTests : IDisposable
{
    private static readonly FitOptions Fit = new() { Epochs = 40, BatchSize = 64, LearningRate = 5e-3, WeightDecay = 1e-3, Patience = 10 };

    private static readonly CycleOptions Quick = new()
    {
        Algorithm = "unified-rl",
        Updates = 1,
        LeastExplored = 100_000,
        Resamples = 300,
        Refresh = new RefreshOptions
        {
            Parts = RefreshedParts.All,
            Every = TimeSpan.Zero,
            LeastJudged = 200,
            LeastUsers = 20,
            Upstream = Fit,
            MentalReward = new QrIqlOptions { Width = 32, Fit = Fit, HeadFit = Fit with { Epochs = 20 } },
        },
    };

    private readonly WorkerBench _bench = new();
    private readonly List<string> _said = [];

    public RefreshTests() => Assert.NotEmpty(_bench.Bundle);

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Scores_and_mental_reward_that_predict_kept_back_users_better_are_published_with_the_policy_as_it_was()
    {
        var decision = await TurnAsync(Quick, Users(300, "1", ByCategory));

        Assert.True(decision is { Outcome: "published", Version: not null }, string.Join('\n', _said));
        Assert.Equal([(BundleLayout.TaskScores, "taken", false), (BundleLayout.MentalReward, "taken", false)], decision.Refreshed!.Select(part => (part.Part, part.Outcome, part.GoesOn)));
        var scores = decision.Refreshed![0].Figures.ToDictionary(figure => figure.Name);
        Assert.True(scores["taskScores.logLikelihood.difference"].Low > 0, $"{scores["taskScores.logLikelihood.difference"]}");
        Assert.True(scores["auc.click"].Value > 0.75, $"{scores["auc.click"]}");
        Assert.InRange(scores["calibrationRatio.click.candidate"].Value!.Value, 0.8, 1.25);
        Assert.True(scores["calibrationError.click.candidate"].Value < scores["calibrationError.click"].Value);
        Assert.True(decision.Refreshed[1].Figures.Single(figure => figure.Name == "mentalReward.logLikelihood.difference").Low > 0);

        using var before = Bundle.Load(_bench.Bundle);
        using var published = Bundle.Load(Path.Combine(_bench.Registry, "default", decision.Version));
        var (was, manifest) = (before.Manifest, published.Manifest);
        Assert.Equal(was.Files[BundleLayout.Policy].Sha256, manifest.Files[BundleLayout.Policy].Sha256);
        Assert.NotEqual(was.Files[BundleLayout.TaskScores].Sha256, manifest.Files[BundleLayout.TaskScores].Sha256);
        Assert.NotEqual(was.Files[BundleLayout.MentalReward].Sha256, manifest.Files[BundleLayout.MentalReward].Sha256);
        Assert.NotEqual(was.Blending.FusionScore, manifest.Blending.FusionScore);
        Assert.NotEqual(was.Blending.MentalReward, manifest.Blending.MentalReward);
        Assert.NotEqual(was.Fallback.Standardiser, manifest.Fallback.Standardiser);
        Assert.Equal(was.Exploration, manifest.Exploration);
        Assert.Contains(manifest.Provenance.Metrics, metric => metric is { Name: "auc.click", Split: "keptBackUsers.refresh" });

        // What it says of the kept-back users is what their figures say: means and deviations are those of its scores.
        var all = BundleAnswers.Of(published, [.. Users(40, "1", ByCategory, from: 300).OfType<ExposureEvent>().Select(exposure => new ReplayedStep(exposure, [], null))], null, own: true, CancellationToken.None);
        Assert.InRange(all.Fused.Average(), manifest.Blending.FusionScore.Mean - 0.2, manifest.Blending.FusionScore.Mean + 0.2);
    }

    [Fact]
    public async Task A_policy_comes_next_and_is_judged_on_what_the_refreshed_parts_ranked_alone_then_the_refresh_goes_on()
    {
        var first = await TurnAsync(Quick, Users(300, "1", ByCategory));
        Assert.Equal("published", first.Outcome);

        // All exposures are of before, and the policy is looked for all the same.
        var second = await TurnAsync(Quick with { LeastExplored = 1 }, []);
        Assert.Null(second.Refreshed);
        Assert.Contains(second.Reasons, reason => reason.StartsWith("too little to learn from", StringComparison.Ordinal));

        var third = await TurnAsync(Quick, Users(300, first.Version!, ByCategory, from: 300));
        Assert.All(third.Refreshed!, part => Assert.True(part.GoesOn, string.Join('\n', _said)));
    }

    [Fact]
    public async Task Where_what_serves_is_the_truth_nothing_is_taken_and_the_policy_is_looked_for_in_the_same_cycle()
    {
        var decision = await TurnAsync(Quick with { Refresh = Quick.Refresh with { Parts = RefreshedParts.Upstream } }, Users(300, "1", (scores, _) => scores));

        var part = Assert.Single(decision.Refreshed!);
        Assert.True(part.Outcome == "refused", string.Join('\n', _said));
        Assert.Contains(part.Reasons, reason => reason.StartsWith("taskScores.logLikelihood", StringComparison.Ordinal));
        Assert.Contains(decision.Reasons, reason => reason.StartsWith("too little to learn from", StringComparison.Ordinal));
        Assert.Equal(["1"], Versions());

        // With the gate off it is published, and says what the gate would have said.
        var drill = await TurnAsync(Quick with { Gate = false, Refresh = Quick.Refresh with { Parts = RefreshedParts.Upstream } }, []);
        Assert.Equal(("published", "taken"), (drill.Outcome, drill.Refreshed!.Single().Outcome));
        Assert.NotEmpty(drill.Refreshed!.Single().Reasons);
    }

    [Fact]
    public async Task A_part_whose_learning_libtorch_refuses_is_refused_and_the_other_is_taken()
    {
        // Weights of a terabyte.
        var decision = await TurnAsync(Quick with { Refresh = Quick.Refresh with { MentalReward = Quick.Refresh.MentalReward with { Width = 1 << 30 } } }, Users(300, "1", ByCategory));

        Assert.Equal([(BundleLayout.TaskScores, "taken"), (BundleLayout.MentalReward, "refused")], decision.Refreshed!.OrderByDescending(part => part.Outcome, StringComparer.Ordinal).Select(part => (part.Part, part.Outcome)));
        Assert.StartsWith("learning failed", Assert.Single(decision.Refreshed!.Single(part => part.Outcome == "refused").Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scores_of_callers_are_not_refreshed()
    {
        var events = Users(300, "1", ByCategory).Select(entry => entry is ExposureEvent exposure ? exposure with { Scores = [.. exposure.Scores.Select(score => score / 2)] } : entry);
        var decision = await TurnAsync(Quick with { Refresh = Quick.Refresh with { Parts = RefreshedParts.Upstream } }, events);

        var part = Assert.Single(decision.Refreshed!);
        Assert.Equal("notTried", part.Outcome);
        Assert.StartsWith("callers score: 0 of", part.Reasons.Single(), StringComparison.Ordinal);
        Assert.Equal(["1"], Versions());
    }

    [Fact]
    public async Task Too_little_and_none_change_nothing()
    {
        var little = await TurnAsync(Quick, Users(30, "1", ByCategory));
        Assert.All(little.Refreshed!, part => Assert.Equal("notTried", part.Outcome));

        var none = await TurnAsync(Quick with { Refresh = new RefreshOptions() }, []);
        Assert.Null(none.Refreshed);
        Assert.Equal(["1"], Versions());
    }

    [Fact]
    public async Task It_is_tried_again_after_its_time_alone()
    {
        var options = Quick with { Refresh = Quick.Refresh with { Every = TimeSpan.FromHours(1) } };
        var clock = new SetTime(Start);

        Assert.NotNull((await TurnAsync(options, Users(30, "1", ByCategory), clock)).Refreshed);
        clock.Now = Start.AddMinutes(59);
        Assert.Null((await TurnAsync(options, [], clock)).Refreshed);
        clock.Now = Start.AddMinutes(60);
        Assert.NotNull((await TurnAsync(options, [], clock)).Refreshed);
    }

    [Fact]
    public void After_a_deletion_learning_begins_where_no_event_of_the_window_is()
    {
        var ledger = new RefreshLedger(_bench.State);
        using var first = Bundle.Load(_bench.Bundle);
        var origin = File.ReadAllBytes(Path.Combine(_bench.Bundle, BundleLayout.TaskScores));
        Assert.Equal(origin, ledger.StartOf(first, BundleLayout.TaskScores, deletions: 3));

        // A version whose graph was learned from the window, before a fourth user was deleted.
        var manifest = TestBundles.Manifest(version: "2");
        var learned = TestBundles.TaskScores(manifest);
        learned.Initializer("other", [1f], 1);
        ledger.Add(first, BundleLayout.TaskScores, learned.ToBytes(), deletions: 3);
        using var second = Bundle.Load(MTRec.Export.BundleWriter.Write(_bench.Registry, manifest, TestBundles.Parts(manifest) with { TaskScores = learned }));
        Assert.Equal(learned.ToBytes(), ledger.StartOf(second, BundleLayout.TaskScores, deletions: 3));
        Assert.Equal(origin, ledger.StartOf(second, BundleLayout.TaskScores, deletions: 4));
    }

    private static double[] ByCategory(double[] scores, int category) => category is 1 or 2 ? [0.9, 0.4, 0.85] : [0.15, 0.05, 0.1];

    private async Task<CycleDecision> TurnAsync(CycleOptions options, IEnumerable<LoggedEvent> events, TimeProvider? time = null)
    {
        Append(_bench.EventFile("events-20260131-0001.jsonl"), events);
        await _bench.CatchUpAsync();
        using var state = await _bench.OpenAsync();
        var worker = new WorkerOptions
        {
            Events = _bench.Events,
            Registry = _bench.Registry,
            State = _bench.State,
            Transitions = new TransitionOptions { LogIsOver = true, Behaviours = [0.1f, 0.3f, 0.5f, 1, -1] },
        };
        return new LearningCycle(state, worker, options, time ?? TimeProvider.System, _said.Add).Run(measureAnew: false, CancellationToken.None);
    }

    // The service of a version: its own scores, three items at random, the first one shown.
    private List<LoggedEvent> Users(int count, string version, Func<double[], int, double[]> chances, int from = 0)
    {
        const int Steps = 5;
        string[] names = ["click", "like", "longView"];
        using var bundle = Bundle.Load(Path.Combine(_bench.Registry, "default", version));
        var events = new List<LoggedEvent>();
        var random = new Random(from + 1);
        for (var user = from; user < from + count; user++)
        {
            var session = UserSession.Empty;
            for (var step = 0; step < Steps; step++)
            {
                var at = Start.AddMinutes(user).AddSeconds(20 * step);
                var rows = Enumerable.Range(0, TestBundles.Items).OrderBy(_ => random.Next()).Take(3).ToArray();
                var exposure = Exposure($"u-{user}", $"{user}-{step}", at, $"default/{version}") with
                {
                    Context = [random.Next(24), random.Next(4)],
                    User = [20 + random.Next(40), random.Next(3)],
                    ItemIds = [.. rows.Select(TestBundles.ItemId)],
                    Order = [0, 1, 2],
                };
                var scores = BundleAnswers.Of(bundle, [new ReplayedStep(exposure, [.. session.Events], null)], null, own: true, CancellationToken.None).Scores;
                events.Add(exposure with { Scores = scores });
                var chance = chances([.. scores.Take(3).Select(score => (double)score)], rows[0] % 5);
                string[] actions = [.. names.Where((_, k) => random.NextDouble() < chance[k])];
                var feedback = Feedback(exposure.UserId, exposure.RequestId, at.AddSeconds(1), exposure.ItemIds[0], watch: actions.Contains("longView") ? 30 + random.Next(30) : random.Next(8), actions: actions);
                var done = actions.Aggregate(UserActions.None, (all, name) => UserActionNames.TryParse(name, out var action) ? all | action : all);
                (session, _) = session.Apply(feedback.EventId, new SessionEvent(feedback.ItemId, feedback.Timestamp.ToUnixTimeMilliseconds(), done, feedback.WatchSeconds!.Value), SessionLimits.Default);
                events.Add(feedback);
            }
        }

        return events;
    }

    private string[] Versions() => [.. new BundleRegistry(_bench.Registry).Scan().Select(listing => listing.Version)];

    private sealed class SetTime(DateTimeOffset start) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = start;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
