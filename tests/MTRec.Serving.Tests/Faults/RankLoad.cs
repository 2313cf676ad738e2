using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Faults;

/// <summary>What came of one rank call.</summary>
/// <param name="At">When it was sent, since the load began.</param>
/// <param name="Took">Until the answer was read.</param>
/// <param name="Status">The answer's status; 0 where there was none.</param>
/// <param name="Degraded">Parts that the answer lacks.</param>
/// <param name="AsksToRetry">Whether it has Retry-After.</param>
/// <param name="Failure">Why there was no answer.</param>
internal sealed record RankOutcome(TimeSpan At, TimeSpan Took, int Status, string[] Degraded, bool AsksToRetry, string? Failure);

/// <summary>Rank calls on their way to the service while something happens to it. Every outcome is kept.</summary>
internal sealed class RankLoad
{
    private readonly ConcurrentQueue<RankOutcome> _outcomes = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly HttpClient _client;
    private Task _sending = Task.CompletedTask;
    private volatile bool _hasEnded;

    private RankLoad(HttpClient client) => _client = client;

    /// <summary>Answers so far.</summary>
    public int Count => _outcomes.Count;

    /// <summary>Time since it began.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>The body of a rank call.</summary>
    public static byte[] Body(int candidates, string userId = "u-1") => Encoding.UTF8.GetBytes(Requests.Rows(candidates, userId).ToJsonString());

    /// <summary>Callers of whom each waits for its answer, and a little, before it calls again.</summary>
    /// <param name="client">Sends the calls.</param>
    /// <param name="callers">How many.</param>
    /// <param name="pause">What each waits after an answer.</param>
    /// <param name="body">The body of a user's call; of five candidates where left out.</param>
    /// <param name="users">Users <c>u-0</c>, <c>u-1</c> ... for whom the callers call in turns; one for each caller where left out.</param>
    public static RankLoad Start(HttpClient client, int callers, TimeSpan pause, Func<string, byte[]>? body = null, int? users = null)
    {
        body ??= user => Body(5, user);
        byte[][] bodies = [.. Enumerable.Range(0, users ?? callers).Select(user => body($"u-{user}"))];
        var load = new RankLoad(client);
        load._sending = Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            for (var call = caller; !load._hasEnded; call += callers)
            {
                await load.SendAsync(bodies[call % bodies.Length]);
                await Task.Delay(pause);
            }
        })));
        return load;
    }

    /// <summary>Waits for that many answers more.</summary>
    public async Task MoreAsync(int answers)
    {
        var enough = Count + answers;
        await Eventually.TrueAsync(() => Count >= enough, () => "The calls are stuck.");
    }

    /// <summary>Sends no more, waits for the answers to what was sent, and hands out all outcomes.</summary>
    public async Task<IReadOnlyList<RankOutcome>> StopAsync()
    {
        _hasEnded = true;
        await _sending;
        return [.. _outcomes];
    }

    private async Task SendAsync(byte[] body)
    {
        var at = Elapsed;
        try
        {
            using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var answer = await _client.PostAsync(new Uri("/v1/rank", UriKind.Relative), content);
            var text = await answer.Content.ReadAsStringAsync();
            string[] degraded = answer.IsSuccessStatusCode ? [.. JsonNode.Parse(text)!["degraded"]!.AsArray().Select(part => (string)part!)] : [];
            _outcomes.Enqueue(new RankOutcome(at, Elapsed - at, (int)answer.StatusCode, degraded, answer.Headers.RetryAfter is not null, null));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            _outcomes.Enqueue(new RankOutcome(at, Elapsed - at, 0, [], false, e.ToString()));
        }
    }
}
