using System.Diagnostics;
using System.Globalization;
using MTRec.Core.Features;
using MTRec.Trainer.Worker.Cycle;
using MTRec.V1;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>
/// Simulated users act on a running service: each asks, sees the first items of the answer, responds, and the response is sent as feedback. All users take a
/// step before anyone takes the next.
/// </summary>
/// <param name="users">Who comes.</param>
/// <param name="service">What they meet.</param>
/// <param name="bundle">What a rank call may hold.</param>
/// <param name="options">How.</param>
internal sealed class LoopRun(ILoopUsers users, ServiceReplicas service, ServedBundle bundle, LoopOptions options)
{
    private const string Everyone = "all";
    private const string NoVariant = "none";

    /// <summary>What was asked and what came of it.</summary>
    public LoopCounts Counts { get; } = new();

    /// <summary>What the sessions came to.</summary>
    public LoopTally Tally { get; } = new();

    /// <summary>Every rank call with what came of it and of its feedback.</summary>
    public List<LoopCall> Calls { get; } = [];

    /// <summary>Which bundles ranked, by day and variant: exposures by their version.</summary>
    public SortedDictionary<(int Day, string Variant), SortedDictionary<string, long>> Served { get; } = [];

    /// <summary>What the worker decided until the next day began.</summary>
    public List<(int Day, CycleDecision Decision)> Decisions { get; } = [];

    /// <summary>Runs a day.</summary>
    /// <param name="day">0, then each day after the other.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task DayAsync(int day, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        users.Begin(day);
        for (var step = 0; users.Present.Contains(true); step++)
            await StepAsync(day, step, cancellation);
        Counts.Retries = service.Retries;
        var rest = TimeSpan.FromSeconds(options.DaySeconds) - Stopwatch.GetElapsedTime(began);
        if (rest > TimeSpan.Zero && day + 1 < options.Days)
            await Task.Delay(rest, cancellation);
    }

    /// <summary>Lets the worker learn, where there is one and another day comes, and waits until the replicas serve what it has decided on.</summary>
    /// <param name="day">The day that has ended.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>What the worker has decided since it was last asked.</returns>
    public async Task<IReadOnlyList<CycleDecision>> LearnAsync(int day, CancellationToken cancellation)
    {
        if (options.Worker is not { } state)
            return [];
        var worker = new LearningWorker(state, TimeSpan.FromSeconds(options.JoinWindow));
        if (day + 1 < options.Days)
            await worker.LearnAsync(cancellation);
        var news = worker.Decisions().Skip(Decisions.Count).ToArray();
        Decisions.AddRange(news.Select(decision => (day, decision)));
        if (day + 1 < options.Days && news.LastOrDefault(decision => decision.Outcome != CycleDecision.Refused) is { } change)
            await service.ServesAsync(change.Outcome == CycleDecision.Published ? change.Version! : change.Serving!, cancellation);
        return news;
    }

    private async Task StepAsync(int day, int step, CancellationToken cancellation)
    {
        int[] here = [.. Enumerable.Range(0, users.Count).Where(user => users.Present[user])];
        var asked = new RankRequest?[users.Count];
        var answers = new Answer<RankResponse>[users.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Concurrency, CancellationToken = cancellation };
        await Parallel.ForEachAsync(here, parallel, async (user, token) =>
        {
            var request = asked[user] = Request(user, day, step);
            answers[user] = await TryAsync(async () => Checked(request, await service.PostAsync("v1/rank", request, RankResponse.Parser, user + step, token)));
        });
        var shown = Array.ConvertAll(answers, answer => answer.Value?.ItemIds.ToArray());
        var responses = users.Respond(shown);
        foreach (var user in here)
            Count(day, user, answers[user], responses[user]);

        int[] seen = [.. here.Where(user => responses[user] is not null)];
        var taken = new Answer<FeedbackResponse>[users.Count];
        await Parallel.ForEachAsync(seen, parallel, async (user, token) =>
        {
            var feedback = Feedback(asked[user]!, responses[user]!);
            taken[user] = await TryAsync(() => service.PostAsync("v1/feedback", feedback, FeedbackResponse.Parser, user + step, token));
        });
        foreach (var user in seen)
            Count(responses[user]!.Items.Count, taken[user]);
        foreach (var user in here)
        {
            var (ranked, fed) = (answers[user].Value, taken[user].Value);
            Calls.Add(new LoopCall(
                asked[user]!.RequestId, ranked is not null, ranked?.Degraded.Contains(LoopCall.EventLogPart) == true, responses[user]?.Items.Count ?? 0, (int)((fed?.Accepted ?? 0) + (fed?.Duplicates ?? 0))));
        }
    }

    private RankRequest Request(int user, int day, int step)
    {
        var query = users.Query(user);
        var id = string.Create(CultureInfo.InvariantCulture, $"sim-{options.Seed}-{user}");
        var request = new RankRequest
        {
            UserId = id,
            RequestId = string.Create(CultureInfo.InvariantCulture, $"{options.Run}-{id}-{day}-{step}"),
            TimestampMs = query.Moment.ToUnixTimeMilliseconds(),
            Limit = users.ListSize,
            Columns = new Columns { ItemIds = { query.ItemIds } },
        };
        request.Context.AddRange(bundle.Known(FeatureKind.Context, query.Context));
        request.UserFeatures.AddRange(bundle.Known(FeatureKind.User, query.User));
        if (options.BundlePredicts)
            return request;
        foreach (var (k, task) in users.Tasks.Index())
        {
            if (bundle.Tasks.Any(known => known.Name == task.Name))
                request.Columns.Scores.Add(new ScoreColumn { Task = task.Name, Values = { query.ItemIds.Select((_, place) => query.Scores[(place * users.Tasks.Count) + k]) } });
        }

        return request;
    }

    private static RankResponse Checked(RankRequest request, RankResponse answer)
    {
        var wanted = Math.Min(request.Limit, request.Columns.ItemIds.Count);
        return answer.ItemIds.Count == wanted && answer.ItemIds.Distinct(StringComparer.Ordinal).Count() == wanted && answer.ItemIds.All(request.Columns.ItemIds.Contains)
            ? answer
            : throw new ServiceCallException("v1/rank: the answer's items are not those asked for", new InvalidDataException());
    }

    private static FeedbackRequest Feedback(RankRequest asked, LoopResponse response)
    {
        var feedback = new FeedbackRequest();
        foreach (var (place, item) in response.Items.Index())
        {
            var entry = new FeedbackEvent
            {
                EventId = string.Create(CultureInfo.InvariantCulture, $"{asked.RequestId}-{place}"),
                RequestId = asked.RequestId,
                UserId = asked.UserId,
                ItemId = item.ItemId,
                TimestampMs = asked.TimestampMs,
                Actions = { item.Actions },
            };
            if (item.WatchSeconds is { } seconds)
                entry.WatchSeconds = seconds;
            feedback.Events.Add(entry);
        }

        return feedback;
    }

    private static async Task<Answer<T>> TryAsync<T>(Func<Task<T>> call)
        where T : class
    {
        try
        {
            return new Answer<T>(await call(), null);
        }
        catch (ServiceCallException e)
        {
            return new Answer<T>(null, e.Message);
        }
    }

    private void Count(int day, int user, Answer<RankResponse> answer, LoopResponse? response)
    {
        Counts.RankCalls++;
        if (answer.Value is not { } ranked)
        {
            Counts.RankFailed++;
            LoopCounts.Add(Counts.Failures, answer.Fault!);
            return;
        }

        Counts.RankAnswered++;
        Counts.RankDegraded += ranked.Degraded.Count > 0 ? 1 : 0;
        Counts.RankExploring += ranked.Exploring ? 1 : 0;
        foreach (var part in ranked.Degraded)
            LoopCounts.Add(Counts.Degraded, part);
        var variant = options.Experiment is null
            ? Everyone
            : ranked.Variants.FirstOrDefault(taken => taken.Experiment == options.Experiment)?.Variant_ ?? NoVariant;
        LoopCounts.Add(Counts.ExposuresByVariant, variant);
        LoopCounts.Add(Counts.ExposuresByBundle, $"{ranked.Bundle?.Name}/{ranked.Bundle?.Version}");
        if (!Served.TryGetValue((day, variant), out var served))
            Served[(day, variant)] = served = new(StringComparer.Ordinal);
        LoopCounts.Add(served, ranked.Bundle?.Version ?? "");
        Tally.Add(day, variant, user, response!);
    }

    private void Count(int sent, Answer<FeedbackResponse> answer)
    {
        Counts.FeedbackSent += sent;
        if (answer.Value is not { } taken)
        {
            Counts.FeedbackLost += sent;
            LoopCounts.Add(Counts.Failures, answer.Fault!);
            return;
        }

        Counts.FeedbackAccepted += taken.Accepted;
        Counts.FeedbackDuplicates += taken.Duplicates;
        Counts.FeedbackRejected += taken.Rejected.Count;
        foreach (var rejection in taken.Rejected)
            LoopCounts.Add(Counts.Failures, $"feedback: {rejection.Field} {rejection.Reason}");
    }

    /// <summary>An answer, or why there is none.</summary>
    private readonly record struct Answer<T>(T? Value, string? Fault)
        where T : class;
}
