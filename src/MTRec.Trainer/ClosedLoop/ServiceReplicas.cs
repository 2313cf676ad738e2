using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>
/// The replicas of a service, called in turn. A call that one does not answer, or answers with 429, 502, 503 or 504, goes to the next, the same bytes again,
/// until the patience is over; any other answer is final.
/// </summary>
internal sealed class ServiceReplicas : IDisposable
{
    private const int LogOfLongestPause = 5;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestSwap = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(5);
    private static readonly MediaTypeHeaderValue Protobuf = new("application/x-protobuf");

    private readonly HttpClient[] _replicas;
    private readonly ResiliencePipeline _pipeline;
    private long _retries;

    /// <summary>Prepares; nothing is called yet.</summary>
    /// <param name="options">Where, and how patiently.</param>
    /// <param name="key">An access key; null where the service needs none.</param>
    public ServiceReplicas(LoopOptions options, string? key)
    {
        _replicas = [.. options.Replicas.Select(address => Client(address, options.Concurrency, key))];
        _pipeline = new ResiliencePipelineBuilder()
            .AddTimeout(TimeSpan.FromSeconds(options.Patience))
            .AddRetry(new RetryStrategyOptions
            {
                // The patience ends it.
                MaxRetryAttempts = int.MaxValue,
                ShouldHandle = new PredicateBuilder()
                    .Handle<HttpRequestException>(e => e.StatusCode is null or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
                    .Handle<IOException>()
                    .Handle<TimeoutRejectedException>(),
                DelayGenerator = retry => new ValueTask<TimeSpan?>(Pause(retry.AttemptNumber)),
                OnRetry = _ =>
                {
                    Interlocked.Increment(ref _retries);
                    return default;
                },
            })
            .AddTimeout(LongestCall)
            .Build();
    }

    /// <summary>Calls that were made again.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Asks each replica once and describes the bundle of the first that can rank.</summary>
    /// <exception cref="HttpRequestException">None can, or none is there.</exception>
    public async Task<ServedBundle> FindBundleAsync(CancellationToken cancellation)
    {
        var faults = new List<string>();
        foreach (var replica in _replicas)
        {
            try
            {
                using var ready = await replica.GetAsync("health/ready", cancellation);
                ready.EnsureSuccessStatusCode();
                var answer = await replica.GetFromJsonAsync("v1/bundles", LoopJson.Default.ServedBundles, cancellation);
                if (answer?.Active is { } active)
                    return active;
                faults.Add($"{replica.BaseAddress} serves no bundle");
            }
            catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                faults.Add($"{replica.BaseAddress}: {e.Message}");
            }
        }

        throw new HttpRequestException($"No service is ready. {string.Join("; ", faults)}");
    }

    /// <summary>Waits until every replica serves a version; one that does not for long, or is not there, is left alone.</summary>
    /// <param name="version">The version.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task ServesAsync(string version, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        foreach (var replica in _replicas)
        {
            while (await ActiveAsync(replica, cancellation) != version && Stopwatch.GetElapsedTime(began) < LongestSwap)
                await Task.Delay(FirstPause, cancellation);
        }
    }

    /// <summary>Sends a message.</summary>
    /// <param name="path">Relative to the service's address.</param>
    /// <param name="message">The message.</param>
    /// <param name="parser">Reads the answer.</param>
    /// <param name="turn">Which replica is asked first.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="ServiceCallException">The service refused the call, or the patience was over.</exception>
    public async Task<TAnswer> PostAsync<TAnswer>(string path, IMessage message, MessageParser<TAnswer> parser, int turn, CancellationToken cancellation)
        where TAnswer : class, IMessage<TAnswer>
    {
        var body = message.ToByteArray();
        var fault = "no answer in time";
        try
        {
            return await _pipeline.ExecuteAsync(
                async token =>
                {
                    try
                    {
                        return await PostOnceAsync(_replicas[turn++ % _replicas.Length], path, body, parser, token);
                    }
                    catch (Exception e) when (e is HttpRequestException or IOException)
                    {
                        fault = e.Message;
                        throw;
                    }
                },
                cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutRejectedException)
        {
            throw new ServiceCallException($"{path}: {fault}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var replica in _replicas)
            replica.Dispose();
    }

    private static async Task<string?> ActiveAsync(HttpClient replica, CancellationToken cancellation)
    {
        try
        {
            return (await replica.GetFromJsonAsync("v1/bundles", LoopJson.Default.ServedBundles, cancellation))?.Active?.Version;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private static HttpClient Client(Uri address, int connections, string? key)
    {
        var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = connections, AllowAutoRedirect = false })
        {
            // Without the slash at its end an address loses its last segment to the path that is joined to it.
            BaseAddress = new Uri(address.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = LongestCall * 2,
        };
        if (key is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    private static async Task<TAnswer> PostOnceAsync<TAnswer>(HttpClient replica, string path, byte[] body, MessageParser<TAnswer> parser, CancellationToken cancellation)
        where TAnswer : class, IMessage<TAnswer>
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = Protobuf } };
        using var answer = await replica.PostAsync(path, content, cancellation);
        if (!answer.IsSuccessStatusCode)
        {
            var problem = Reason(await answer.Content.ReadAsStringAsync(cancellation));
            throw new HttpRequestException(string.Create(CultureInfo.InvariantCulture, $"{(int)answer.StatusCode} {problem}").Trim(), null, answer.StatusCode);
        }

        return parser.ParseFrom(await answer.Content.ReadAsByteArrayAsync(cancellation));
    }

    // Without what differs from call to call, so that failures can be counted by it.
    private static string Reason(string problem)
    {
        try
        {
            var said = JsonNode.Parse(problem);
            return $"{said?["title"]} {said?["errors"]?.ToJsonString()}".Trim();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "";
        }
    }

    // The other replicas at once, then all again after longer and longer pauses.
    private TimeSpan Pause(int attempt) => attempt + 1 < _replicas.Length
        ? TimeSpan.Zero
        : FirstPause * Math.Pow(2, Math.Min(attempt + 1 - _replicas.Length, LogOfLongestPause));
}

/// <summary>A call that was not answered, or was refused.</summary>
internal sealed class ServiceCallException(string message, Exception cause) : Exception(message, cause);
