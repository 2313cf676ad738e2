using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace MTRec.Serving.Tests.Nonsense;

/// <summary>Sends what no sane caller sends, by HTTP and past it, from a seed.</summary>
/// <param name="client">The service.</param>
/// <param name="seed">Seed of what is sent.</param>
internal sealed class NonsenseCaller(HttpClient client, int seed)
{
    /// <summary>Longest body that the service under test reads.</summary>
    public const int MaxBodyBytes = 65_536;

    private static readonly string[] Paths =
        ["/v1/rank", "/v1/feedback", "/v1/items", "/v1/items/%00", "/v1/items/%ff%fe", "/v1/items/a%2Fb", "/v1/users/%E2%82/session", "/v1/users/nobody/session",
         "/v1/experiments/none/assignment?userId=", "/v1/experiments/%F0%9F%98%80/report", "/v1/bundles", "/health/ready", "/metrics", "/swagger/../v1/rank", "/..%2f..%2fetc/passwd", "/%2f", "/v1"];

    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"];

    private static readonly string[] ContentTypes =
        ["application/json", "application/json; charset=utf-16", "text/plain", "application/x-protobuf", "application/problem+json", "a/b;c=\"", "application/json, application/json"];

    private readonly Random _random = new(seed);

    /// <summary>Statuses of the answers, with their numbers.</summary>
    public ConcurrentDictionary<int, int> Statuses { get; } = new();

    /// <summary>Sends one piece of nonsense.</summary>
    public async Task SendAsync(CancellationToken cancellation)
    {
        try
        {
            await (_random.Next(8) switch
            {
                0 => RawAsync(Noise(_random.Next(1, 3000)), cancellation),
                1 => RawAsync(BrokenHttp(), cancellation),
                2 => BodyAsync("/v1/rank", Deep(), cancellation),
                3 => BodyAsync(Paths[_random.Next(3)], Noise(_random.Next(2 * MaxBodyBytes)), cancellation),
                4 => BodyAsync("/v1/feedback", DamagedJson.Of(Feedback(), _random), cancellation),
                _ => BodyAsync("/v1/rank", DamagedJson.Of(DamagedJson.RankRequest(_random), _random), cancellation),
            });
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            // The service may hang up on nonsense.
        }
    }

    private async Task BodyAsync(string path, byte[] body, CancellationToken cancellation)
    {
        var strange = _random.Next(4) == 0;
        using var request = new HttpRequestMessage(
            new HttpMethod(strange ? Methods[_random.Next(Methods.Length)] : path == "/v1/items" ? "PUT" : "POST"),
            new Uri(strange ? Paths[_random.Next(Paths.Length)] : path, UriKind.Relative));
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", strange ? ContentTypes[_random.Next(ContentTypes.Length)] : ContentTypes[0]);
        if (_random.Next(10) == 0)
            request.Headers.TransferEncodingChunked = true;
        if (_random.Next(20) == 0)
            request.Headers.TryAddWithoutValidation("X-MTRec-Variant", "a=b=c");
        if (_random.Next(20) == 0)
            request.Headers.TryAddWithoutValidation("X-API-Key", Encoding.Latin1.GetString(Noise(40)).Replace('\n', 'n').Replace('\r', 'r').Replace('\0', '0'));

        using var hangUp = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (_random.Next(10) == 0)
            hangUp.CancelAfter(_random.Next(5));
        using var answer = await client.SendAsync(request, hangUp.Token);
        Count((int)answer.StatusCode);
    }

    private async Task RawAsync(byte[] bytes, CancellationToken cancellation)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(client.BaseAddress!.Host, client.BaseAddress.Port, cancellation);
        var stream = socket.GetStream();
        await stream.WriteAsync(bytes, cancellation);
        if (_random.Next(2) == 0)
            return;
        socket.Client.Shutdown(SocketShutdown.Send);
        var answer = new byte[1024];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(5));
        var length = await stream.ReadAsync(answer, patience.Token);
        if (length > 12 && int.TryParse(Encoding.ASCII.GetString(answer, 9, 3), out var status))
            Count(status);
    }

    private byte[] BrokenHttp() => Encoding.Latin1.GetBytes(_random.Next(8) switch
    {
        0 => "POST /v1/rank HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"userId\":",
        1 => "POST /v1/feedback HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        2 => "POST /v1/rank HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        3 => $"GET /{new string('a', 20_000)} HTTP/1.1\r\nHost: a\r\n\r\n",
        4 => $"GET / HTTP/1.1\r\nHost: a\r\nX: {new string('x', 40_000)}\r\n\r\n",
        5 => "POST /v1/rank HTTP/9.9\r\n\r\n",
        6 => "POST /v1/rank HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        _ => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    });

    private byte[] Deep()
    {
        var depth = _random.Next(1, 20_000);
        return Encoding.ASCII.GetBytes(_random.Next(2) == 0 ? new string('[', depth) : string.Concat(Enumerable.Repeat("{\"a\":", depth)));
    }

    private byte[] Noise(int length)
    {
        var noise = new byte[length];
        _random.NextBytes(noise);
        return noise;
    }

    private JsonObject Feedback() => new()
    {
        ["events"] = new JsonArray([.. Enumerable.Range(0, _random.Next(1, 5)).Select(_ =>
            (JsonNode)Requests.Event($"noise-{_random.Next(1000)}", "noise", $"v-{_random.Next(30)}", _random.NextDouble() * 1e6, "click"))]),
    };

    private void Count(int status) => Statuses.AddOrUpdate(status, 1, (_, count) => count + 1);
}
