using System.Text.Json;
using MTRec.Core.Events;
using MTRec.Inference;
using MTRec.Learning.Algorithms.EnhancedRl;
using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Evaluation.OffPolicy;
using MTRec.Testing;
using MTRec.Trainer.Tests.CommandLine;
using MTRec.Trainer.Worker;
using MTRec.Trainer.Worker.Cycle;
using MTRec.Trainer.Worker.Transitions;
using Xunit;
using static MTRec.Trainer.Tests.Worker.WorkerEvents;

namespace MTRec.Trainer.Tests.Worker;

/// <summary>Users who watch longer the higher the first score of what they are shown is, and to whom the other scores are all one.</summary>
[Collection(nameof(LearnsInProcess))]
public sealed class CycleTests : IDisposable
{
    // 1, 2, 3 in ranges of 0 to 5.
    private static readonly float[] Baseline = [-0.6f, -0.2f, 0.2f];

    private static readonly CycleOptions Quick = new()
    {
        Algorithm = "unified-rl",
        Updates = 300,
        LeastExplored = 100,
        LeastUsers = 20,
        LeastEffective = 40,
        Resamples = 500,
        FittedQ = FittedQOptions.Conservative with { Discount = 0.9, Steps = 800, BatchSize = 128, LearningRate = 1e-3 },
        UnifiedRl = new UnifiedRlOptions { Critics = 4, CriticWarmUp = 100, BatchSize = 128, ActorRate = 2e-3, Hidden = [32, 16] },
    };

    private readonly WorkerBench _bench = new();
    private readonly List<string> _said = [];

    public CycleTests() => Assert.NotEmpty(_bench.Bundle);

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_better_policy_is_learned_judged_and_published()
    {
        var decision = await TurnAsync(Quick, Users(300));

        Assert.True(decision.Outcome == "published", string.Join('\n', _said));
        var figure = decision.Figures.Single(figure => figure.Name == "reward.difference");
        Assert.True(figure.Low > 0, $"{figure}");
        using var published = Bundle.Load(Path.Combine(_bench.Registry, "default", decision.Version!));
        var manifest = published.Manifest;
        Assert.Equal(("1", -0.15f, 0.15f), (manifest.Exploration.BaselineVersion, manifest.Exploration.Lower, manifest.Exploration.Upper));
        Assert.Equal("unified-rl", manifest.Fusion.Algorithm);
        var metric = manifest.Provenance.Metrics.Single(metric => metric.Name == "reward.difference");
        Assert.Equal(figure.Low, metric.Low);
        Assert.Equal(1, manifest.Provenance.Metrics.Single(metric => metric.Name == "gate.passed").Value);

        // It has moved towards what is better and not past what was tried.
        var action = ActionOf(published);
        Assert.InRange(action[0], Baseline[0] + 0.04f, Baseline[0] + 0.25f);
        Assert.Equal([decision.Version!, "1"], Versions());
        Assert.Equal(decision.Version, Decisions().Single().GetProperty("version").GetString());
    }

    [Fact]
    public async Task What_libtorch_refuses_ends_the_cycle_without_a_policy_and_not_the_worker()
    {
        // Weights of a petabyte, which no processor addresses.
        var decision = await TurnAsync(Quick with { UnifiedRl = Quick.UnifiedRl with { Hidden = [1 << 24, 1 << 24] } }, Users(300));

        var reason = Assert.Single(decision.Reasons);
        Assert.StartsWith("learning failed: ", reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', reason);
        Assert.Equal(["1"], Versions());
    }

    [Fact]
    public async Task A_policy_that_acts_on_every_item_is_judged_by_the_items_that_it_would_show()
    {
        var options = Quick with
        {
            Algorithm = "enhanced-rl",
            EnhancedRl = new EnhancedRlOptions { Critics = 4, CriticWarmUp = 100, BatchSize = 128, ActorRate = 2e-3 },
        };

        var learned = await TurnAsync(options, Users(300));
        var sabotaged = await TurnAsync(options with { Sabotage = true }, []);

        Assert.True(learned.Outcome == "published", string.Join('\n', _said));
        using var published = Bundle.Load(Path.Combine(_bench.Registry, "default", learned.Version!));
        Assert.True(published.Shape.ActionPerCandidate);
        Assert.True(learned.Figures.Single(figure => figure.Name == "reward.difference").Low > 0);
        Assert.Equal("refused", sabotaged.Outcome);
    }

    [Fact]
    public async Task A_sabotaged_learner_is_stopped_by_the_gate_and_left_nowhere_in_the_registry()
    {
        var decision = await TurnAsync(Quick with { Sabotage = true }, Users(300));

        Assert.Equal("refused", decision.Outcome);
        Assert.Contains(decision.Reasons, reason => reason.StartsWith("reward: the lower bound", StringComparison.Ordinal));
        Assert.True(decision.Figures.Single(figure => figure.Name == "reward.difference").High < 0);
        Assert.Equal(["1"], Versions());
        Assert.Equal(["1"], Directory.EnumerateFileSystemEntries(Path.Combine(_bench.Registry, "default")).Select(Path.GetFileName));
        Assert.False(Directory.Exists(Path.Combine(_bench.State, "candidate")));
        Assert.Equal("refused", Decisions().Single().GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task With_the_gate_off_it_is_published_and_manifest_and_log_say_so()
    {
        var decision = await TurnAsync(Quick with { Sabotage = true, Gate = false }, Users(300));

        Assert.Equal("published", decision.Outcome);
        Assert.NotEmpty(decision.Reasons);
        Assert.Contains(_said, line => line.StartsWith("THE GATE IS OFF", StringComparison.Ordinal));
        using var published = Bundle.Load(Path.Combine(_bench.Registry, "default", decision.Version!));
        Assert.Equal(0, published.Manifest.Provenance.Metrics.Single(metric => metric.Name == "gate.OFF.wouldPass").Value);
        Assert.Contains("--gate off --sabotage", published.Manifest.Provenance.Command, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Where_the_action_does_nothing_nothing_is_published(int seed)
    {
        var decision = await TurnAsync(Quick with { Seed = seed }, Users(300, slope: 0));

        Assert.Equal("refused", decision.Outcome);
        var figure = decision.Figures.Single(figure => figure.Name == "reward.difference");
        Assert.True(figure.Low <= 0, $"{figure}");
    }

    [Theory]
    [InlineData(5, "too little to learn from")]
    [InlineData(40, "too little to judge by")]
    public async Task Too_little_data_is_refused_with_the_reason(int users, string reason)
    {
        var decision = await TurnAsync(Quick with { Updates = 1 }, Users(users));

        Assert.Equal("refused", decision.Outcome);
        Assert.Contains(decision.Reasons, said => said.StartsWith(reason, StringComparison.Ordinal));
        Assert.Equal(["1"], Versions());
    }

    [Fact]
    public async Task What_was_drawn_by_another_rule_than_logged_is_no_experiment()
    {
        // The rule that drew shows in the density alone.
        var events = Users(100).Select(entry => entry is ExposureEvent exposure ? exposure with { Exploration = exposure.Exploration! with { LogDensity = [1] } } : entry);
        var decision = await TurnAsync(Quick with { Updates = 1 }, events);

        Assert.Contains(decision.Reasons, said => said.StartsWith("too little to judge by: 0 explored", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_slipped_through_is_rolled_back_once_users_fare_worse_and_is_not_chosen_again()
    {
        var published = await TurnAsync(Quick with { Sabotage = true, Gate = false }, Users(300));
        Assert.Equal("published", published.Outcome);
        Assert.Null(await LookAsync([]));

        // Too few to tell, then enough.
        Assert.Null(await LookAsync(Users(20, published.Version!, watch: -20)));
        var decision = await LookAsync(Users(60, published.Version!, watch: -20, from: 20));

        Assert.Equal(("rolledBack", published.Version, "1"), (decision?.Outcome, decision?.Version, decision?.Serving));
        Assert.StartsWith("reward", decision!.Reasons.Single(), StringComparison.Ordinal);
        var registry = new BundleRegistry(_bench.Registry);
        var choice = new ChoiceFile(registry, "default").Read(out _)!;
        Assert.Equal(("1", published.Version), (choice.Version, choice.HeldBack.Version));
        Assert.Equal(["published", "rolledBack"], Decisions().Select(entry => entry.GetProperty("outcome").GetString()).Order());

        // The next policy is explored around the good one, and newer than all that is held back.
        var next = await TurnAsync(Quick, []);
        Assert.Equal(("published", "1"), (next.Outcome, next.Serving));
        Assert.Equal(next.Version, new ServingBundle(new BundleRegistry(_bench.Registry), "default", []).Version());
    }

    [Fact]
    public async Task What_was_published_after_a_version_that_nothing_was_known_of_yet_leads_back_to_the_last_that_was_known()
    {
        var first = await TurnAsync(Quick with { Sabotage = true, Gate = false }, Users(300));
        Assert.Null(await LookAsync(Users(20, first.Version!)));
        var second = await TurnAsync(Quick with { Sabotage = true, Gate = false }, []);
        Assert.Equal(("published", first.Version), (second.Outcome, second.Serving));

        // Of those users who go on with bundle 1 it is known what the hours are worth.
        var decision = await LookAsync([.. Users(100, second.Version!, watch: -20), .. Users(100, from: 200, hours: 10)]);

        Assert.Equal(("rolledBack", second.Version, "1"), (decision?.Outcome, decision?.Version, decision?.Serving));
        Assert.Matches("^reward .* beside 100 users of default/1:", decision!.Reasons.Single());
        Assert.Equal("1", new ServingBundle(new BundleRegistry(_bench.Registry), "default", []).Version());
    }

    [Fact]
    public async Task What_users_like_as_well_stays()
    {
        var published = await TurnAsync(Quick, Users(300));
        Assert.Equal("published", published.Outcome);

        for (var from = 0; from < 300; from += 60)
            Assert.Null(await LookAsync(Users(60, published.Version!, from: from)));
        Assert.Contains(_said, line => line.StartsWith("look 2", StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(_bench.Registry, "default", "active.json")));
    }

    [Fact]
    public async Task The_next_round_goes_on_from_the_networks_of_the_last_unless_somebody_was_deleted()
    {
        // Before the actor's first step the policy is what the cycle began with.
        var still = Quick with { Updates = 1, Gate = false };
        var first = await TurnAsync(Quick, Users(300));
        var second = await TurnAsync(still, []);
        var third = await TurnAsync(still, [new ForgetEvent { UserId = "u-1", Received = Start.AddDays(1) }]);

        Assert.Equal((first.Version, second.Version), (second.Serving, third.Serving));
        var (learned, goesOn, anew) = (ActionOf(first.Version!), ActionOf(second.Version!), ActionOf(third.Version!));
        Assert.Equal(learned, goesOn);
        Assert.InRange(learned[0], Baseline[0] + 0.04f, 1);
        Assert.InRange(anew[0], Baseline[0] - 0.02f, Baseline[0] + 0.02f);
    }

    [Fact]
    public async Task A_bad_day_for_all_is_no_fault_of_the_version()
    {
        var published = await TurnAsync(Quick, Users(300));
        Assert.Equal("published", published.Outcome);

        Assert.Null(await LookAsync([.. Users(200, published.Version!, watch: -20), .. Users(100, watch: -20, from: 200, hours: 10)]));
        Assert.Contains(_said, line => line.Contains($"look 1 at {published.Version}, beside 100 users of default/1:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_good_day_for_all_hides_no_worse_version()
    {
        var published = await TurnAsync(Quick, Users(300));
        Assert.Equal("published", published.Outcome);

        // Of a control one waits for as many users as a judgement needs.
        Assert.Null(await LookAsync([.. Users(60, published.Version!), .. Users(19, watch: 20, from: 200, hours: 10)]));
        Assert.DoesNotContain(_said, line => line.StartsWith("look ", StringComparison.Ordinal));
        var decision = await LookAsync([.. Users(60, published.Version!, from: 60), .. Users(30, watch: 20, from: 250, hours: 10)]);

        Assert.Equal("rolledBack", decision?.Outcome);
        Assert.Matches("^reward .* beside ", decision!.Reasons.Single());
    }

    [Fact]
    public async Task Degraded_answers_roll_back_too()
    {
        var published = await TurnAsync(Quick, Users(300));

        var decision = await LookAsync(Users(80, published.Version!).Select(entry => entry is ExposureEvent exposure ? exposure with { Degraded = ["sessionStore"] } : entry));

        Assert.StartsWith("degraded 1, 0 after the last day of default/1:", decision!.Reasons.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Number_time_and_demand_begin_cycles()
    {
        Append(_bench.EventFile("events-20260131-0001.jsonl"), Users(5));
        await _bench.CatchUpAsync();
        using var state = await _bench.OpenAsync();

        Assert.Null(Step(null, 26));
        Assert.NotNull(Step(null, 25));
        Assert.Null(Step(null, 25));
        Assert.Null(Step(TimeSpan.FromHours(1), null));
        Assert.NotNull(Step(TimeSpan.FromTicks(1), null));
        var demand = Path.Combine(_bench.State, "learn-now");
        File.WriteAllText(demand, "");
        Assert.Throws<OperationCanceledException>(() => Loop(null, null).Step(new CancellationToken(true)));
        Assert.True(File.Exists(demand), "A cycle that did not end has met no demand.");
        Assert.NotNull(Step(null, null));
        Assert.False(File.Exists(demand));
        Assert.Null(Step(null, null));

        CycleDecision? Step(TimeSpan? every, long? exposures) => Loop(every, exposures).Step(CancellationToken.None);

        CycleLoop Loop(TimeSpan? every, long? exposures) => new(state, Worker(), Quick, new CycleTriggers(every, exposures), TimeProvider.System, _said.Add);
    }

    [Fact]
    public async Task Kill_9_between_learning_and_publishing_leaves_the_registry_whole()
    {
        Append(_bench.EventFile("events-20260131-0001.jsonl"), Users(300));
        string[] arguments =
        [
            "worker", "--events", _bench.Events, "--registry", _bench.Registry, "--state", _bench.State, "--parts", $"{_bench.Parts}",
            "--algorithm", "iql", "--updates", "20", "--min-explored", "100", "--gate", "off", "--once",
        ];
        using (var worker = Mtrec.Start(arguments))
        {
            // The candidate is learned and being judged.
            await Eventually.TrueAsync(() => Directory.Exists(Path.Combine(_bench.State, "candidate")), worker, TimeSpan.FromMilliseconds(5));
            worker.Signal("KILL");
            await worker.EndAsync();
        }

        Assert.Equal(["1"], Directory.EnumerateFileSystemEntries(Path.Combine(_bench.Registry, "default")).Select(Path.GetFileName));
        var again = await Mtrec.RunAsync(arguments);
        Assert.True(again.ExitCode == 0, again.Error);
        var version = Assert.Single(Versions(), version => version != "1");
        Bundle.Load(Path.Combine(_bench.Registry, "default", version)).Dispose();
        Assert.False(Directory.Exists(Path.Combine(_bench.State, "candidate")));
    }

    [Fact]
    public async Task Beside_the_intake_a_cycle_turns_by_number_and_on_demand_and_sigterm_ends_both()
    {
        Append(_bench.EventFile("events-20260131-0001.jsonl"), Users(300));
        using var worker = Mtrec.Start(
            "worker", "--events", _bench.Events, "--registry", _bench.Registry, "--state", _bench.State, "--parts", $"{_bench.Parts}",
            "--algorithm", "unified-rl", "--updates", "20", "--min-explored", "100", "--gate", "off", "--min-exposures", "1500");
        await DecidedAsync(1);
        Append(_bench.EventFile("events-20260131-0001.jsonl"), Users(10, from: 300));
        File.WriteAllText(Path.Combine(_bench.State, "learn-now"), "");
        await DecidedAsync(2);
        worker.Signal("TERM");

        Assert.True(await worker.EndAsync() == 0, worker.Said);
        Assert.Equal(3, Versions().Length);
        Assert.Contains("committed: entries 3100,", worker.Error, StringComparison.Ordinal);

        Task DecidedAsync(int decisions)
        {
            var folder = Path.Combine(_bench.State, "decisions");
            return Eventually.TrueAsync(() => Directory.Exists(folder) && Directory.GetFiles(folder, "*.json").Length >= decisions, worker);
        }
    }

    private async Task<CycleDecision?> LookAsync(IEnumerable<LoggedEvent> events)
    {
        Append(_bench.EventFile("events-20260131-0002.jsonl"), events);
        await _bench.CatchUpAsync();
        using var state = await _bench.OpenAsync();
        return new SwapWatch(state, Worker(), Quick, TimeProvider.System, _said.Add).Look();
    }

    private WorkerOptions Worker() => new()
    {
        Events = _bench.Events,
        Registry = _bench.Registry,
        State = _bench.State,
        Transitions = new TransitionOptions { LogIsOver = true, Behaviours = [0.1f, 0.3f, 0.5f, 1, -1] },
    };

    private async Task<CycleDecision> TurnAsync(CycleOptions options, IEnumerable<LoggedEvent> events)
    {
        Append(_bench.EventFile("events-20260131-0001.jsonl"), events);
        await _bench.CatchUpAsync();
        using var state = await _bench.OpenAsync();
        return new LearningCycle(state, Worker(), options, TimeProvider.System, _said.Add).Run(measureAnew: false, CancellationToken.None);
    }

    // Six candidates a request, ranked as the service does: by the drawn weights, without mental reward.
    internal static IEnumerable<LoggedEvent> Users(int count, string version = "1", float watch = 0, int from = 0, float slope = 60, int hours = 0)
    {
        const int Steps = 5, Candidates = 6;
        var random = new Random(from + 1);
        for (var user = from; user < from + count; user++)
        {
            for (var step = 0; step < Steps; step++)
            {
                var at = Start.AddHours(version == "1" ? hours : 10).AddMinutes(user).AddSeconds(20 * step);
                float[] action = [.. Baseline.Select(middle => 2.5f + (2.5f * (middle + (float)((random.NextDouble() * 0.3) - 0.15))))];
                float[] scores = [.. Enumerable.Range(0, 3 * Candidates).Select(_ => random.NextSingle())];
                double[] final = [.. scores.Chunk(3).Select(row => (row.Zip(action, (score, weight) => score * weight).Sum() - 1.5) / 0.5)];
                int[] order = [.. Enumerable.Range(0, Candidates).OrderByDescending(place => final[place])];
                var exposure = Exposure($"u-{user}", $"{version}-{hours}-{user}-{step}", at, $"default/{version}") with
                {
                    ItemIds = [.. Enumerable.Range(1, Candidates).Select(item => $"v-{item}")],
                    Scores = scores,
                    FinalScores = final,
                    Order = order,
                    Action = action,
                    Exploration = new ExposureExploration
                    {
                        Baseline = [1, 2, 3],
                        Lower = [-0.15f, -0.15f, -0.15f],
                        Upper = [0.15f, 0.15f, 0.15f],
                        LogDensity = [(float)(-3 * Math.Log(0.3))],
                    },
                };
                yield return exposure;
                yield return Feedback(
                    exposure.UserId, exposure.RequestId, at.AddSeconds(1), exposure.ItemIds[order[0]], 25 + watch + (slope * (scores[3 * order[0]] - 0.5f)) + (5 * random.NextSingle()));
            }
        }
    }

    private static float[] ActionOf(Bundle bundle)
    {
        using var scores = new Trainer.Evaluation.BundleScores(bundle, new Core.Blending.BlendParameters(0));
        var exposure = Exposure("u-1", "r", Start);
        scores.Score(exposure.Context, exposure.User, [], Start.ToUnixTimeMilliseconds(), exposure.ItemIds, exposure.Scores);
        return [.. scores.Action.ToArray().Select(value => (value - 2.5f) / 2.5f)];
    }

    private float[] ActionOf(string version)
    {
        using var bundle = Bundle.Load(Path.Combine(_bench.Registry, "default", version));
        return ActionOf(bundle);
    }

    private string[] Versions() => [.. new BundleRegistry(_bench.Registry).Scan().Select(listing => listing.Version)];

    private JsonElement[] Decisions() =>
        [.. Directory.EnumerateFiles(Path.Combine(_bench.State, "decisions")).Select(path => JsonDocument.Parse(File.ReadAllBytes(path)).RootElement)];
}
