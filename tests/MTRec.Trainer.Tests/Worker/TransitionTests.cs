using MTRec.Core.Events;
using MTRec.Learning.Networks;
using MTRec.Testing;
using MTRec.Trainer.Worker.Transitions;
using Xunit;
using static MTRec.Trainer.Tests.Worker.WorkerEvents;

namespace MTRec.Trainer.Tests.Worker;

public sealed class TransitionTests : IDisposable
{
    private readonly WorkerBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Rows_hold_what_was_drawn_and_what_followed_in_the_learners_units()
    {
        using var set = await _bench.TransitionsOfAsync(
        [
            .. Visit("u-1", Start, 3), .. Visit("u-1", Start.AddHours(2), 2), .. Visit("u-2", Start, 1),
        ]);
        using var log = TransitionSet.ReadWhole(set.LearningFolder)!;

        Assert.Equal((6, 6, 6), (set.Counts.Exposures, set.Counts.Learned, set.Counts.Explored));
        Assert.Equal((6, 6), (set.Counts.Feedback, set.Counts.Joined));
        Assert.Equal([1, 2, -1, 4, -1, -1], log.Next.Longs());
        Assert.Equal([0, 0, 0, 1, 1, 2], log.Session.Longs());
        Assert.Equal([0, 1, 2, 0, 1, 0], log.Step.Longs());

        // Ranges are 0 to 5: 1.5 is -0.4.
        Assert.Equal([-0.4f, -0.2f, 0.2f], log.Action.Floats()[..3].Select(value => MathF.Round(value, 5)));
        Assert.Equal([-0.6f, -0.2f, 0.2f], log.Baseline.Floats()[..3].Select(value => MathF.Round(value, 5)));
        Assert.Equal([-0.3f, -0.2f, -0.1f], log.LowerBound.Floats());
        Assert.Equal([0.3f, 0.2f, 0.1f], log.UpperBound.Floats());
        Assert.All(log.LogDensity.Floats(), density => Assert.Equal(-1.5f, density));

        // The first of the answer is the third candidate.
        Assert.Equal([0.7f, 0.8f, 0.9f], log.TaskScores.Floats()[..3]);
        Assert.Equal([1, 0, 1, 0, 0, 5], log.Responses.Floats()[..6]);
        Assert.Equal([0, 1, 0, 0, 0, 10], log.Responses.Floats()[6..12]);
        Assert.Equal(5 / 60f, log.Rewards.Floats()[0], 1e-6);
        var behaviours = set.Rewards!.Behaviours;
        Assert.Equal(behaviours[0] + behaviours[2], log.Rewards.Floats()[1], 1e-5);
    }

    [Fact]
    public async Task The_state_is_that_of_the_history_at_the_moment_of_ranking()
    {
        LoggedEvent[] events = [.. Visit("u-1", Start, 4)];
        var blind = Exposure("u-1", "blind", Start.AddMinutes(3)) with { Degraded = ["sessionStore"] };
        using var set = await _bench.TransitionsOfAsync([.. events, blind]);
        using var log = TransitionSet.ReadWhole(set.LearningFolder)!;
        var count = set.State!.StateNames.ToList().IndexOf("logCount");
        var columns = set.State.StateNames.Count;
        var counts = log.State.Floats().Chunk(columns).Select(row => row[count]).ToArray();

        // ln(1 + impressions) rises by one impression a step, standardised; who was ranked without a session had none.
        Assert.True(counts[0] < counts[1] && counts[1] < counts[2] && counts[2] < counts[3], string.Join(' ', counts));
        Assert.Equal(counts[0], counts[4]);
        var rise = Enumerable.Range(0, 3).Select(i => (counts[i + 1] - counts[i]) / (Math.Log(i + 2) - Math.Log(i + 1))).ToArray();
        Assert.Equal(rise[0], rise[1], 1e-3);
        Assert.Equal(rise[0], rise[2], 1e-3);
    }

    [Fact]
    public async Task Every_exposure_and_every_response_is_counted_once_by_what_became_of_it()
    {
        var other = TestBundles.Publish(_bench.Registry, version: "other", formula: Core.Fusion.FusionFormula.PowerProduct);
        Assert.NotEmpty(other);
        var at = Start;
        var good = Exposure("u-1", "good", at);
        var options = new TransitionOptions { JoinWindow = TimeSpan.FromMinutes(5) };
        using var set = await _bench.TransitionsOfAsync(
            [
                good,
                good with { Received = at.AddSeconds(1) },
                Exposure("u-1", "fallback", at.AddSeconds(2)) with { Degraded = ["policy"], Action = null, Exploration = null },
                Exposure("u-1", "fixed", at.AddSeconds(3)) with { Action = null, Exploration = null },
                Exposure("u-1", "other", at.AddSeconds(4), "default/other"),
                Exposure("u-1", "unknown", at.AddSeconds(5), "default/../1"),
                Exposure("u-1", "shape", at.AddSeconds(6)) with { User = [1, 2, 3] },
                Exposure("u-1", "candidates", at.AddSeconds(6.5)) with { Action = new float[9], Exploration = null },
                Exposure("u-1", "short", at.AddSeconds(7)) with { Order = [] },
                Exposure("u-1", "quiet", at.AddSeconds(8)) with { Exploration = null },
                Feedback("u-1", "good", at.AddSeconds(9)),
                Feedback("u-1", "good", at.AddSeconds(10)),
                Feedback("u-1", "good", at.AddMinutes(6), id: "late"),
                Feedback("u-1", "good", at.AddSeconds(11), item: "v-1"),
                Feedback("u-1", "fallback", at.AddSeconds(12)),
                Feedback("u-1", "nobody", at.AddSeconds(13)),
                Feedback("u-1", null, at.AddSeconds(14), id: "none"),
                Exposure("u-2", "young", at.AddHours(1)),
                Feedback("u-2", "young", at.AddHours(1).AddSeconds(1)),
            ],
            options);
        var counts = set.Counts;

        Assert.Equal((11, 2, 1), (counts.Exposures, counts.Learned, counts.Explored));
        Assert.Equal(
            [0, 1, 2, 2, 2, 1, 1],
            Enum.GetValues<DropReason>().Select(counts.Dropped));
        Assert.Equal((8, 1, 1, 3, 2, 1), (counts.Feedback, counts.Joined, counts.Late, counts.NotLearned, counts.Unmatched, counts.FeedbackDropped));

        // Once nothing more will come, the young session is learned from too.
        using var over = await _bench.TransitionsAsync(options with { LogIsOver = true });
        Assert.Equal((3, 0, 2), (over.Counts.Learned, over.Counts.Dropped(DropReason.Waiting), over.Counts.Joined));
    }

    [Fact]
    public async Task A_session_ends_without_a_newer_event_once_the_log_was_read_to_its_end_after_the_window()
    {
        Append(_bench.EventFile("events-20260131-0001.jsonl"), Visit("u-1", Start, 3));
        await _bench.CatchUpAsync();
        using var state = await _bench.OpenAsync();
        using var bundle = MTRec.Inference.Bundle.Load(_bench.Bundle);
        var window = new WindowTransitions(state, _bench.Registry, new TransitionOptions { JoinWindow = TimeSpan.FromMinutes(5) });

        Assert.Equal((0, 3), Rows());
        state.ReadToEnd = Start.AddMinutes(1);
        Assert.Equal((0, 3), Rows());
        state.ReadToEnd = Start.AddHours(1);
        Assert.Equal((3, 0), Rows());

        (long, long) Rows()
        {
            using var set = window.Write(bundle, _bench.Transitions);
            return (set.Counts.Learned, set.Counts.Dropped(DropReason.Waiting));
        }
    }

    [Fact]
    public async Task Lists_and_passed_over_candidates_are_kept_for_learners_that_act_on_items()
    {
        float[] actions = [0, 1, 2, 1, 2, 3, 2, 3, 4];
        var drawn = new ExposureExploration { Baseline = [.. actions.Select(value => value / 2)], Lower = [-1, -1, -1], Upper = [1, 1, 1], LogDensity = [-1, -2, -3] };
        using var set = await _bench.TransitionsOfAsync(
            [
                Exposure("u-1", "r", Start) with { Action = actions, Exploration = drawn },
                Feedback("u-1", "r", Start.AddSeconds(1), item: "v-2", watch: null, actions: ["click"]),
                Feedback("u-1", "r", Start.AddSeconds(2), item: "v-2", id: "more", watch: 60, actions: ["follow"]),
            ],
            new TransitionOptions { LogIsOver = true, ListSize = 2, PerCandidate = true, PassedOver = 2 });
        using var log = TransitionSet.ReadWhole(set.LearningFolder)!;

        Assert.Equal([1, 2, 3], log.Action.shape);
        Assert.Equal([-0.2f, 0.2f, 0.6f, -0.6f, -0.2f, 0.2f], log.Action.Floats().Select(value => MathF.Round(value, 5)));
        Assert.Equal([-3, -2], log.LogDensity.Floats());
        Assert.Equal([0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 60], log.Responses.Floats());
        Assert.Equal(1, log.Rewards.Floats()[0], 1e-6);
        var passed = log.PassedOver!;
        Assert.Equal([1, 2, 3], passed.TaskScores.shape);
        Assert.Equal([0.1f, 0.2f, 0.3f, 0.1f, 0.2f, 0.3f], passed.TaskScores.Floats());
        Assert.Equal(0.5, passed.Weight);
        Assert.Equal(set.State!.CandidateWidth, passed.Items.shape[2]);
    }

    [Fact]
    public async Task The_newest_sessions_are_kept_apart_and_columns_mean_the_same_in_every_cycle()
    {
        using var first = await _bench.TransitionsOfAsync([.. Visit("u-1", Start, 3)]);
        using var firstLog = TransitionSet.ReadWhole(first.LearningFolder)!;
        Append(_bench.EventFile("more.jsonl"), Enumerable.Range(2, 10).SelectMany(user => Visit($"u-{user}", Start.AddHours(3), 7)));
        await _bench.CatchUpAsync();
        using var second = await _bench.TransitionsAsync(new TransitionOptions { LogIsOver = true, NewestFrom = Start.AddHours(1) });
        using var secondLog = TransitionSet.ReadWhole(second.LearningFolder)!;

        Assert.Equal((3, 70), (second.Learning.Rows, second.Newest.Rows));
        Assert.Equal(firstLog.State.Floats(), secondLog.State.Floats());
        Assert.Equal(first.Rewards!.Behaviours, second.Rewards!.Behaviours);

        using var anew = await _bench.TransitionsAsync(measureAnew: true);
        using var anewLog = TransitionSet.ReadWhole(anew.LearningFolder)!;
        Assert.NotEqual(firstLog.State.Floats(), anewLog.State.Floats()[..firstLog.State.Floats().Length]);
    }

    [Fact]
    public async Task Nothing_to_learn_from_is_no_failure()
    {
        await _bench.CatchUpAsync();
        using var set = await _bench.TransitionsAsync();

        Assert.Null(set.State);
        Assert.Equal(0, set.Learning.Rows);
        Assert.Null(TransitionSet.ReadWhole(set.LearningFolder));
    }
}
