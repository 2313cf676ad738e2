using System.Globalization;
using MTRec.Core.Blending;
using MTRec.Core.Events;
using MTRec.Core.Sessions;
using MTRec.Export;
using MTRec.Inference;
using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Fusion;
using MTRec.Testing;
using MTRec.Trainer.Evaluation;
using MTRec.Trainer.Training;
using MTRec.Trainer.Worker.Transitions;
using Xunit;
using static MTRec.Trainer.Tests.Worker.WorkerEvents;

namespace MTRec.Trainer.Tests.Worker;

[Collection(nameof(LearnsInProcess))]
public sealed class LearningTests : IDisposable
{
    private static readonly TransitionOptions CompareAll = new() { LogIsOver = true, CompareEvery = 1 };

    private readonly WorkerBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_policy_learned_from_transitions_is_served_and_sees_what_it_saw_in_them()
    {
        await PublishLearnedAsync();
        using var learned = Bundle.Load(Path.Combine(_bench.Registry, "default", "2"));
        var events = Serve(learned);
        Append(_bench.EventFile("served.jsonl"), events);
        await _bench.CatchUpAsync();
        var set = await TransitionsOfAsync(learned);

        var actions = events.OfType<ExposureEvent>().Select(exposure => exposure.Action![0]).Distinct().Count();
        Assert.True(actions > 20, $"{actions} different actions: the policy hardly looks at the state.");
        Assert.Equal((60, 0), (set.Compared, set.Skewed));
    }

    [Fact]
    public async Task A_history_that_is_not_the_services_is_noticed()
    {
        await PublishLearnedAsync();
        using var learned = Bundle.Load(Path.Combine(_bench.Registry, "default", "2"));

        // Each third response never reached the log.
        Append(_bench.EventFile("served.jsonl"), Serve(learned).Where((entry, i) => entry is ExposureEvent || i % 3 > 0));
        await _bench.CatchUpAsync();
        var set = await TransitionsOfAsync(learned);

        Assert.Equal(60, set.Compared);
        Assert.True(set.Skewed > 20, $"{set.Skewed} of {set.Compared}");
    }

    private async Task<TransitionCounts> TransitionsOfAsync(Bundle bundle)
    {
        using var state = await _bench.OpenAsync();
        using var set = new WindowTransitions(state, _bench.Registry, CompareAll).Write(bundle, _bench.Transitions);
        return set.Counts;
    }

    private async Task PublishLearnedAsync()
    {
        using var set = await _bench.TransitionsOfAsync(Enumerable.Range(0, 40).SelectMany(user => Visit($"u-{user}", Start.AddMinutes(user), 6)), CompareAll);
        Assert.Equal((240, 240), (set.Counts.Learned, set.Counts.Compared));
        using var log = TransitionSet.ReadWhole(set.LearningFolder)!;
        var manifest = TestBundles.Manifest();
        var options = new UnifiedRlOptions { Critics = 4, BatchSize = 64, CriticWarmUp = 10, ActorRate = 1e-2 };
        using var learner = new UnifiedRl(new FusionActions(manifest.Fusion, manifest.Tasks.Count), set.State!.StateWidth, groups: 2, options);
        learner.Use(log);
        using var policy = FusionTraining.Run(learner, 150, "unified-rl");
        var next = manifest with { Version = "2", Created = manifest.Created.AddDays(1), Fusion = manifest.Fusion with { Algorithm = policy.Algorithm } };
        BundleWriter.Write(_bench.Registry, next, TestBundles.Parts(next) with { Policy = new ServedPolicy(next, set.State, next.Schema()).Graph(policy) });
    }

    // What the service does: ranks by its session, logs, takes the response in.
    private static List<LoggedEvent> Serve(Bundle bundle)
    {
        using var policy = new BundleScores(bundle, new BlendParameters(0));
        var events = new List<LoggedEvent>();
        for (var user = 0; user < 10; user++)
        {
            var session = UserSession.Empty;
            for (var step = 0; step < 6; step++)
            {
                var at = Start.AddDays(1).AddMinutes((40 * (step / 3)) + step + (7 * user));
                var name = string.Create(CultureInfo.InvariantCulture, $"served-{user}");
                var exposure = Exposure(name, $"{name}-{step}", at, "default/2") with { Exploration = null };
                policy.Score(exposure.Context, exposure.User, session.Events.AsSpan(), at.ToUnixTimeMilliseconds(), exposure.ItemIds, exposure.Scores);
                events.Add(exposure with { Action = policy.Action.ToArray() });
                var feedback = Feedback(name, $"{name}-{step}", at.AddSeconds(2), watch: (10 * step) + user, actions: step % 2 == 0 ? ["click"] : ["longView"]);
                (session, _) = session.Apply(
                    feedback.EventId,
                    new SessionEvent(feedback.ItemId, feedback.Timestamp.ToUnixTimeMilliseconds(), step % 2 == 0 ? UserActions.Click : UserActions.LongView, (10 * step) + user),
                    SessionLimits.Default);
                events.Add(feedback);
            }
        }

        return events;
    }
}
