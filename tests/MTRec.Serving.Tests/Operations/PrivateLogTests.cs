using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using MTRec.Serving.Access;
using MTRec.Serving.Tests.Access;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Operations;

/// <summary>At the default level the log holds no user id and no key, whatever goes wrong.</summary>
public sealed class PrivateLogTests
{
    private const string User = "marked-user-7f3a";
    private const string Mark = "marked";

    private static readonly TestKey Key = TestKey.Make("everything", Enum.GetValues<Scope>());

    [Theory(Timeout = 240_000)]
    [InlineData]
    [InlineData("--Sessions:Store=Redis", "--Redis:Configuration=127.0.0.1:1")]
    [InlineData("--EventLog:Folder=/proc/nowhere")]
    [InlineData("--EventLog:QueueBytes=4096")]
    public async Task No_call_leaves_a_user_or_a_key_in_the_log(params string[] settings)
    {
        using var service = await ServiceProcess.StartAsync([.. settings, .. Key.Arguments(0)]);
        await CallEverythingAsync(service);
        await service.StopAsync();

        AssertPrivate(service.Said);
        // The log is there, and it tells of refusals.
        Assert.Contains("answered 400", service.Said, StringComparison.Ordinal);
        Assert.Contains("answered 401", service.Said, StringComparison.Ordinal);
    }

    [Fact(Timeout = 240_000)]
    public async Task Nor_does_a_call_in_what_a_structured_line_carries_beside_its_text()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "log.json");
        using var service = await ServiceProcess.StartAsync(
            [
                "--Serilog:WriteTo:0:Name=Console", "--Serilog:WriteTo:1:Name=File", $"--Serilog:WriteTo:1:Args:path={file}",
                "--Serilog:WriteTo:1:Args:formatter=Serilog.Formatting.Json.JsonFormatter, Serilog", .. Key.Arguments(0),
            ]);
        await CallEverythingAsync(service);
        await service.StopAsync();

        var said = await File.ReadAllTextAsync(file);
        AssertPrivate(said);
        Assert.Contains("\"Status\":400", said, StringComparison.Ordinal);
        Assert.Contains("\"TraceId\":", said, StringComparison.Ordinal);
    }

    [RedisFact(Timeout = 240_000)]
    public async Task Nor_does_a_session_store_that_dies_under_its_users()
    {
        await using var redis = await RedisServer.StartAsync();
        using var service = await ServiceProcess.StartAsync(["--Sessions:Store=Redis", $"--Redis:Configuration={redis.Address}", .. Key.Arguments(0)]);
        await CallEverythingAsync(service);
        await redis.KillAsync();
        await CallEverythingAsync(service);
        await service.StopAsync();

        AssertPrivate(service.Said);
        Assert.Contains("answered 503", service.Said, StringComparison.Ordinal);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_line_carries_the_trace_of_its_caller()
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        using var service = await ServiceProcess.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nowhere");
        request.Headers.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        using var answer = await service.Client.SendAsync(request);
        await service.StopAsync();

        Assert.Contains(service.Said.Split('\n'), line => line.Contains("answered 404", StringComparison.Ordinal) && line.Contains(Trace, StringComparison.Ordinal));
    }

    private static void AssertPrivate(string said)
    {
        foreach (var line in said.Split('\n'))
        {
            Assert.DoesNotContain(Mark, line, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Key.Text, line, StringComparison.Ordinal);
            Assert.DoesNotContain(Key.Hash, line, StringComparison.OrdinalIgnoreCase);
        }
    }

    // Every path, with what it takes, with what it refuses, and with keys that are none.
    private static async Task CallEverythingAsync(ServiceProcess service)
    {
        var rank = Requests.Rows(userId: User).Changed(r => r["requestId"] = $"{Mark}-request").ToJsonString();
        var feedback = new JsonObject { ["events"] = new JsonArray(Requests.Event($"{Mark}-event", User)) }.ToJsonString();
        (string Method, string Path, string? Body)[] calls =
        [
            ("POST", "/v1/rank", rank),
            ("POST", "/v1/rank", Requests.Rows(userId: User).ToColumns().ToJsonString()),
            ("POST", "/v1/rank", rank.Replace(User, User + new string('x', 300), StringComparison.Ordinal)),
            ("POST", "/v1/rank", $$"""{"{{User}}":1,"{{User}}":2}"""),
            ("POST", "/v1/rank", $$"""{"userId":"{{User}}","candidates":[{"itemId":"{{User}}"},{"itemId":"{{User}}"}],"strict":true}"""),
            ("POST", "/v1/rank", $"{{\"userId\":\"{User}\"" + new string('[', 100)),
            ("POST", $"/v1/rank?userId={User}", rank[..^20]),
            ("POST", "/v1/feedback", feedback),
            ("POST", "/v1/feedback", feedback.Replace("\"v-1\"", "{}", StringComparison.Ordinal)),
            ("POST", "/v1/feedback", feedback[..^3]),
            ("GET", $"/v1/users/{User}/session", null),
            ("GET", $"/v1/users/{User}%2F..%2Fx/session", null),
            ("GET", $"/v1/users/{User}{new string('x', 300)}/session", null),
            ("GET", $"/v1/users/{User}/{new string('x', 9000)}", null),
            ("DELETE", $"/v1/users/{User}/session", null),
            ("PATCH", $"/v1/users/{User}/session", null),
            ("GET", $"/v1/users/{User}", null),
            ("GET", $"/{User}?key={Key.Text}", null),
            ("GET", $"/v1/items/{User}", null),
            ("PUT", "/v1/items", $$$"""{"items":[{"itemId":"{{{User}}}","features":{"{{{User}}}":1}}],"strict":true}"""),
            ("GET", $"/v1/experiments/{User}/assignment?userId={User}", null),
            ("GET", $"/v1/experiments/{User}/report", null),
            ("POST", $"/v1/bundles/{User}/activate", null),
            ("POST", "/v1/bundles/rollback", null),
            ("GET", "/v1/bundles", null),
            ("GET", "/metrics", null),
        ];
        foreach (var (method, path, body) in calls)
        {
            foreach (var key in new[] { Key.Text, "mtrec_" + Mark + new string('k', 37), Mark })
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
                request.Headers.Add("X-MTRec-Variant", $"{User}={Mark}");
                request.Headers.Add("Cookie", $"user={User}");
                if (body is not null)
                    request.Content = new StringContent(body, Encoding.UTF8, "application/json");
                using var answer = await service.Client.SendAsync(request);
                Assert.True((int)answer.StatusCode is not 500, $"{method} {path}");
            }
        }

        await SendRawAsync(service, $"POST /v1/rank HTTP/1.1\r\nHost: x\r\nX-API-Key: {Key.Text}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{User}\r\n");
        await SendRawAsync(service, $"POST /v1/rank HTTP/1.1\r\nHost: x\r\nX-API-Key: {Key.Text}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{{\"userId\":\"{User}\"");
        await SendRawAsync(service, $"GET /v1/users/{User}/session\r\n\r\n");
        await SendRawAsync(service, $"{User} / HTTP/9\r\n{User}\r\n\r\n");
    }

    private static async Task SendRawAsync(ServiceProcess service, string text)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(service.Client.BaseAddress!.Host, service.Client.BaseAddress.Port);
        var stream = client.GetStream();
        var rest = new byte[4096];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(text));
            // Half a request, then the end.
            client.Client.Shutdown(SocketShutdown.Send);
            while (await stream.ReadAsync(rest, patience.Token) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The service has hung up.
        }
    }
}
