using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using MTRec.Core.Sessions;

namespace MTRec.Trainer.Replay;

/// <summary>Drives the service through a plan and notes what it answers.</summary>
internal sealed class ReplayRun(ReplayPlan plan, RankingClient client, RequestFeatures features, bool explain)
{
    // The task whose upstream score is the third order.
    private const string UpstreamTask = "click";

    private readonly ConcurrentQueue<Observation> _observations = [];
    private readonly ConcurrentQueue<double> _rankMilliseconds = [];
    private readonly ConcurrentQueue<double> _feedbackMilliseconds = [];
    private readonly ConcurrentDictionary<string, int> _failures = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _degraded = new(StringComparer.Ordinal);
    private int _steps;

    /// <summary>What the steps showed.</summary>
    public IReadOnlyCollection<Observation> Observations => _observations;

    /// <summary>Latencies of the rank calls that were answered.</summary>
    public IReadOnlyCollection<double> RankMilliseconds => _rankMilliseconds;

    /// <summary>Latencies of the feedback calls that were answered.</summary>
    public IReadOnlyCollection<double> FeedbackMilliseconds => _feedbackMilliseconds;

    /// <summary>Calls that failed, by reason.</summary>
    public IReadOnlyDictionary<string, int> Failures => _failures;

    /// <summary>Answers by the part that they were made without.</summary>
    public IReadOnlyDictionary<string, int> Degraded => _degraded;

    /// <summary>Steps made.</summary>
    public int Steps => _steps;

    /// <summary>How long the run took.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>Runs until the plan is done or the time is up.</summary>
    /// <param name="connections">Requests in flight.</param>
    /// <param name="longest">When to stop with what has been measured.</param>
    /// <param name="progress">Receives the share done.</param>
    /// <param name="cancellation">Stops the run.</param>
    public async Task RunAsync(int connections, TimeSpan longest, IProgress<double> progress, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(plan.Deal(connections).Select(async hand =>
        {
            foreach (var row in hand)
            {
                if (Stopwatch.GetElapsedTime(started) > longest)
                    return;
                await StepAsync(plan.Step(row), cancellation);
                progress.Report((double)Interlocked.Increment(ref _steps) / plan.Count);
            }
        }));
        Elapsed = Stopwatch.GetElapsedTime(started);
    }

    private async Task StepAsync(ReplayStep step, CancellationToken cancellation)
    {
        RankAnswer? answer = null;
        await TimedAsync("rank", _rankMilliseconds, async () =>
            answer = await client.RankAsync(step, features, explain, cancellation), cancellation);
        if (answer is not null)
        {
            foreach (var part in answer.Degraded)
                _degraded.AddOrUpdate(part, 1, (_, count) => count + 1);
            if (Observe(step, answer) is { } observation)
                _observations.Enqueue(observation);
            else
                _failures.AddOrUpdate("rank: the answer's items are not those asked for", 1, (_, count) => count + 1);
        }

        await TimedAsync("feedback", _feedbackMilliseconds, () => client.FeedBackAsync(step.Shown, answer?.RequestId, cancellation), cancellation);
    }

    private async Task TimedAsync(string call, ConcurrentQueue<double> latencies, Func<Task> work, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await work();
            latencies.Enqueue(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Count("no answer in time");
        }
        catch (HttpRequestException e)
        {
            Count(e.StatusCode is { } status ? ((int)status).ToString(CultureInfo.InvariantCulture) : e.Message);
        }

        void Count(string reason) => _failures.AddOrUpdate($"{call}: {reason}", 1, (_, count) => count + 1);
    }

    private static Observation? Observe(ReplayStep step, RankAnswer answer)
    {
        var byId = answer.Items.Select((item, place) => (item, place)).ToDictionary(pair => pair.item.ItemId, StringComparer.Ordinal);
        if (byId.Count != step.Candidates.Length || !step.Candidates.All(byId.ContainsKey))
            return null;

        RankedItem[] items = [.. step.Candidates.Select(id => byId[id].item)];
        var (shown, place) = byId[step.Shown.ItemId];
        var upstream = Array.ConvertAll(items, item => UpstreamScore.Of(UpstreamTask, item.Explanation));
        return new Observation(
            step.Shown.UserId,
            (step.Shown.Recorded & UserActions.LongView) == 0 ? null : (step.Shown.Actions & UserActions.LongView) != 0,
            new Placing(place + 1, shown.Score),
            new Placing(Rank(Array.ConvertAll(items, item => item.FusionScore), step.ShownPlace), shown.FusionScore),
            upstream.All(score => score is not null)
                ? new Placing(Rank(Array.ConvertAll(upstream, score => score!.Value), step.ShownPlace), upstream[step.ShownPlace]!.Value)
                : null);
    }

    /// <summary>The 1-based place of a candidate by falling score, equal scores in candidate order, as the service orders.</summary>
    private static int Rank(double[] scores, int candidate)
    {
        var rank = 1;
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] > scores[candidate] || (scores[i] == scores[candidate] && i < candidate))
                rank++;
        }

        return rank;
    }
}

/// <summary>What one step showed of the shown item.</summary>
/// <param name="UserId">The user.</param>
/// <param name="LongView">Whether the user viewed it for long; null where the log does not tell.</param>
/// <param name="Blended">In the answer's order.</param>
/// <param name="Fused">In the order of the fusion scores.</param>
/// <param name="Upstream">In the order of the upstream click scores, where the answer tells them.</param>
internal sealed record Observation(string UserId, bool? LongView, Placing Blended, Placing Fused, Placing? Upstream);

/// <summary>The shown item's 1-based rank among the candidates, and its score.</summary>
internal readonly record struct Placing(int Rank, double Score);
