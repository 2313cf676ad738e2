using System.Text.Json;
using MTRec.Core.Events;
using MTRec.Inference;
using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Evaluation.OffPolicy;
using MTRec.Trainer.Worker;
using MTRec.Trainer.Worker.Cycle;
using MTRec.Trainer.Worker.Transitions;
using Xunit;
using static MTRec.Trainer.Tests.Worker.WorkerEvents;

namespace MTRec.Trainer.Tests.Worker;

/// <summary>Users who watch longer the higher the first weight of the fusion is, and to whom the other weights are all one.</summary>
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
        FittedQ = FittedQOptions.Conservative with { Discount = 0.9, Steps = 200, BatchSize = 128, LearningRate = 1e-3 },
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
    public async Task What_was_not_drawn_evenly_is_no_experiment()
    {
        // The rule that drew shows in the density alone.
        var events = Users(100).Select(entry => entry is ExposureEvent exposure ? exposure with { Exploration = exposure.Exploration! with { LogDensity = [1] } } : entry);
        var decision = await TurnAsync(Quick with { Updates = 1 }, events);

        Assert.Contains(decision.Reasons, said => said.StartsWith("too little to judge by: 0 explored", StringComparison.Ordinal));
    }

    private async Task<CycleDecision> TurnAsync(CycleOptions options, IEnumerable<LoggedEvent> events)
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
        return new LearningCycle(state, worker, options, TimeProvider.System, _said.Add).Run(measureAnew: false, CancellationToken.None);
    }

    private static IEnumerable<LoggedEvent> Users(int count)
    {
        const int Steps = 5;
        var random = new Random(1);
        for (var user = 0; user < count; user++)
        {
            for (var step = 0; step < Steps; step++)
            {
                var at = Start.AddMinutes(user).AddSeconds(20 * step);
                var deviation = Enumerable.Range(0, 3).Select(_ => (float)((random.NextDouble() * 0.3) - 0.15)).ToArray();
                var exposure = Exposure($"u-{user}", $"u-{user}-{step}", at) with
                {
                    Action = [.. Baseline.Zip(deviation, (middle, away) => 2.5f + (2.5f * (middle + away)))],
                    Exploration = new ExposureExploration
                    {
                        Baseline = [1, 2, 3],
                        Lower = [-0.15f, -0.15f, -0.15f],
                        Upper = [0.15f, 0.15f, 0.15f],
                        LogDensity = [(float)(-3 * Math.Log(0.3))],
                    },
                };
                yield return exposure;
                yield return Feedback(exposure.UserId, exposure.RequestId, at.AddSeconds(1), watch: 25 + (100 * deviation[0]) + (5 * random.NextSingle()));
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

    private string[] Versions() => [.. new BundleRegistry(_bench.Registry).Scan().Select(listing => listing.Version)];

    private JsonElement[] Decisions() =>
        [.. Directory.EnumerateFiles(Path.Combine(_bench.State, "decisions")).Select(path => JsonDocument.Parse(File.ReadAllBytes(path)).RootElement)];
}
