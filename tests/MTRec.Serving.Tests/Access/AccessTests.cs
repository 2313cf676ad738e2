using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MTRec.Serving.Access;
using MTRec.Serving.Tests.Ranking;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Access;

public sealed class AccessTests
{
    private static readonly TestKey Ranks = TestKey.Make("ranks", Scope.Rank);
    private static readonly TestKey Feeds = TestKey.Make("feeds", Scope.Feedback);
    private static readonly TestKey Runs = TestKey.Make("runs", Scope.Admin);

    [Fact]
    public async Task A_key_opens_the_paths_of_its_scopes_and_no_others()
    {
        await using var app = await StartAsync();
        (string Method, string Path, TestKey Opens)[] paths =
        [
            ("POST", "/v1/rank", Ranks),
            ("POST", "/v1/feedback", Feeds),
            ("PUT", "/v1/items", Feeds),
            ("GET", "/v1/items/v-1", Ranks),
            ("GET", "/v1/bundles", Ranks),
            ("GET", "/v1/users/u-1/session", Runs),
            ("DELETE", "/v1/users/u-1/session", Runs),
        ];

        foreach (var (method, path, opens) in paths)
        {
            foreach (var key in new[] { Ranks, Feeds, Runs })
            {
                using var answer = await SendAsync(app, method, path, ("X-API-Key", key.Text));
                if (key == opens)
                {
                    Assert.True(answer.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden), $"{method} {path} by {key.Name}");
                }
                else
                {
                    await RankRefusalTests.ProblemOf(answer, 403);
                    Assert.Contains("insufficient_scope", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
                }
            }

            using var nobody = await SendAsync(app, method, path);
            await RankRefusalTests.ProblemOf(nobody, 401);
        }
    }

    [Fact]
    public async Task What_is_no_good_key_gets_401_with_a_challenge()
    {
        await using var app = await StartAsync();
        (string Header, string Value)[][] wrong =
        [
            [],
            [("X-API-Key", "")],
            [("X-API-Key", "secret")],
            [("X-API-Key", TestKey.Make("another").Text)],
            [("X-API-Key", Ranks.Text[..^1])],
            [("X-API-Key", Ranks.Text + "A")],
            [("X-API-Key", Ranks.Text.ToUpperInvariant())],
            [("X-API-Key", Ranks.Hash)],
            [("X-API-Key", new string('k', 10_000))],
            [("X-API-Key", Ranks.Text), ("Authorization", $"Bearer {Ranks.Text}")],
            [("X-API-Key", Ranks.Text), ("X-API-Key", Runs.Text)],
            [("Authorization", Ranks.Text)],
            [("Authorization", "Bearer")],
            [("Authorization", "Bearer ")],
            [("Authorization", $"Basic {Ranks.Text}")],
            [("Authorization", $"Bearer {Ranks.Hash}")],
        ];

        foreach (var headers in wrong)
        {
            using var answer = await SendAsync(app, "POST", "/v1/rank", headers);
            var problem = await RankRefusalTests.ProblemOf(answer, 401);
            Assert.StartsWith("Bearer realm=\"mtrec\"", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("mtrec_", problem.ToJsonString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Authorization", "Bearer {0}")]
    [InlineData("Authorization", "bearer {0}")]
    [InlineData("X-API-Key", "{0}")]
    [InlineData("x-api-key", "{0}")]
    public async Task A_good_key_ranks_in_either_header(string header, string form)
    {
        await using var app = await StartAsync();

        using var answer = await SendAsync(app, "POST", "/v1/rank", (header, string.Format(null, form, Ranks.Text)));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_proxys_own_authorization_is_none_of_ours()
    {
        await using var app = await StartAsync();

        using var answer = await SendAsync(app, "POST", "/v1/rank", ("Authorization", "Basic dTpw"), ("X-API-Key", Ranks.Text));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Health_and_routings_own_refusals_need_no_key()
    {
        await using var app = await StartAsync();

        foreach (var (method, path, status) in new[] { ("GET", "/health/live", 200), ("GET", "/health/ready", 200), ("GET", "/nowhere", 404), ("PUT", "/v1/rank", 405) })
        {
            using var answer = await SendAsync(app, method, path, ("X-API-Key", "wrong"));
            Assert.Equal(status, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task Every_route_says_what_its_callers_need()
    {
        await using var app = await StartAsync();

        var silent = app.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<ScopeMetadata>() is null);

        Assert.Empty(silent.Select(endpoint => endpoint.RoutePattern.RawText));
    }

    [Fact]
    public async Task Only_an_admin_forces_a_variant()
    {
        var both = TestKey.Make("both", Scope.Rank, Scope.Admin);
        string[] experiment = ["--Experiments:Layers:l:Experiments:e:Control=a", "--Experiments:Layers:l:Experiments:e:Variants:a:Percentage=100", "--Experiments:Layers:l:Experiments:e:Variants:b:Percentage=0"];
        await using var app = await RankApp.StartAsync([.. experiment, .. Ranks.Arguments(0), .. both.Arguments(1)]);

        using var ranks = await SendAsync(app, "POST", "/v1/rank", ("X-API-Key", Ranks.Text), ("X-MTRec-Variant", "e=b"));
        using var admin = await SendAsync(app, "POST", "/v1/rank", ("X-API-Key", both.Text), ("X-MTRec-Variant", "e=b"));

        await RankRefusalTests.ProblemOf(ranks, 403);
        Assert.Equal(HttpStatusCode.OK, admin.StatusCode);
    }

    [Fact]
    public async Task A_key_expires_at_its_moment()
    {
        var time = new ManualTime();
        await using var app = await RankApp.StartAsync(
            registry => TestBundles.Publish(registry), services => services.AddSingleton<TimeProvider>(time), [.. Ranks.Arguments(0, "2026-01-31T21:00:00+00:00")]);

        time.Advance(TimeSpan.FromMinutes(59));
        using var before = await SendAsync(app, "POST", "/v1/rank", ("X-API-Key", Ranks.Text));
        time.Advance(TimeSpan.FromMinutes(1));
        using var after = await SendAsync(app, "POST", "/v1/rank", ("X-API-Key", Ranks.Text));

        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        Assert.Contains("expired", (string)(await RankRefusalTests.ProblemOf(after, 401))["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_rotated_without_a_restart_and_a_bad_change_keeps_the_old()
    {
        var next = TestKey.Make("ranks-2", Scope.Rank);
        await using var app = await RankApp.StartAsync();
        var configuration = (IConfigurationRoot)app.Services.GetRequiredService<IConfiguration>();
        Set(configuration, Ranks.Settings(0));
        Assert.Equal((200, 401), (await RankedByAsync(app, Ranks), await RankedByAsync(app, next)));

        Set(configuration, next.Settings(1));
        Assert.Equal((200, 200), (await RankedByAsync(app, Ranks), await RankedByAsync(app, next)));

        // Each is refused as a whole: the second key keeps what it had.
        (string Key, string? Value)[] bad =
        [
            ("Access:Keys:1:Sha256", "abc"), ("Access:Keys:1:Sha256", Ranks.Hash), ("Access:Keys:1:Name", "ranks"), ("Access:Keys:1:Scopes:0", "Everything"),
            ("Access:Keys:1:Expires", "soon"), ("Access:RequestsPerSecond", "0"),
        ];
        foreach (var (key, value) in bad)
        {
            var before = configuration[key];
            configuration["Access:Keys:1:Expires"] = "2020-01-01T00:00:00Z";
            configuration[key] = value;
            configuration.Reload();
            Assert.Equal((200, 200), (await RankedByAsync(app, Ranks), await RankedByAsync(app, next)));
            configuration[key] = before;
            configuration["Access:Keys:1:Expires"] = null;
        }

        Set(configuration, next.Settings(0).Concat(TestKey.Make("spare", Scope.Admin).Settings(1)));
        Assert.Equal((401, 200), (await RankedByAsync(app, Ranks), await RankedByAsync(app, next)));
    }

    [Fact]
    public async Task Where_other_machines_reach_the_service_it_does_not_start_without_a_key()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => RankApp.StartAsync("--urls=http://0.0.0.0:0"));
        Assert.Contains("Access:AllowAnonymous", refused.Message, StringComparison.Ordinal);

        await using var app = await RankApp.StartAsync(["--urls=http://0.0.0.0:0", .. Ranks.Arguments(0)]);
        Assert.Equal(200, await RankedByAsync(app, Ranks));
        using var nobody = await SendAsync(app, "POST", "/v1/rank");
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
    }

    [Fact]
    public async Task Who_is_let_in_without_a_key_from_elsewhere_does_not_run_the_service()
    {
        await using var app = await RankApp.StartAsync("--urls=http://0.0.0.0:0", "--Access:AllowAnonymous=true");

        Assert.Equal(200, await StatusAsync(app, "POST", "/v1/rank"));
        Assert.Equal(403, await StatusAsync(app, "DELETE", "/v1/users/u-1/session"));
        Assert.Equal(404, await StatusAsync(app, "GET", "/swagger/v1/swagger.json"));
    }

    [Fact]
    public async Task Swagger_and_admin_are_switched_on_from_elsewhere_and_swagger_off_on_loopback()
    {
        await using (var open = await RankApp.StartAsync("--urls=http://0.0.0.0:0", "--Access:AllowAnonymous=true", "--Access:AnonymousAdmin=true", "--Service:Swagger=true"))
        {
            Assert.Equal(204, await StatusAsync(open, "DELETE", "/v1/users/u-1/session"));
            Assert.Equal(200, await StatusAsync(open, "GET", "/swagger/v1/swagger.json"));
            Assert.Equal(200, await StatusAsync(open, "GET", "/swagger/index.html"));
        }

        await using var closed = await RankApp.StartAsync("--Service:Swagger=false");
        Assert.Equal(404, await StatusAsync(closed, "GET", "/swagger/v1/swagger.json"));
        Assert.Equal(404, await StatusAsync(closed, "GET", "/swagger/index.html"));
    }

    [Fact]
    public async Task What_is_too_long_or_too_deep_is_refused_on_every_path()
    {
        await using var app = await RankApp.StartAsync();
        var longId = new string('i', 257);
        var deep = new string('[', 20) + new string(']', 20);
        (string Method, string Path, string? Body, int Status)[] calls =
        [
            ("GET", $"/v1/items/{longId}", null, 400),
            ("GET", $"/v1/users/{longId}/session", null, 400),
            ("DELETE", $"/v1/users/{longId}/session", null, 400),
            ("GET", $"/v1/items/{new string('i', 9000)}", null, 414),
            ("POST", "/v1/rank", $"{{\"userId\":\"u\",\"x\":{deep}}}", 400),
            ("POST", "/v1/feedback", $"{{\"events\":[{deep}]}}", 400),
            ("PUT", "/v1/items", $"{{\"items\":{deep}}}", 400),
        ];
        foreach (var (method, path, body, status) in calls)
        {
            using var answer = await app.SendAsync(new HttpMethod(method), path, body);
            Assert.True(status == (int)answer.StatusCode, $"{method} with {path.Length} characters of path answered {answer.StatusCode}");
        }

        using var headers = await SendAsync(app, "GET", "/health/live", [.. Enumerable.Range(0, 6).Select(i => ($"X-Long-{i}", new string('h', 6000)))]);
        Assert.Equal(431, (int)headers.StatusCode);
        using var many = await SendAsync(app, "GET", "/health/live", [.. Enumerable.Range(0, 120).Select(i => ($"X-Many-{i}", "h"))]);
        Assert.Equal(431, (int)many.StatusCode);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5080", true)]
    [InlineData("http://127.8.8.8:80", true)]
    [InlineData("http://[::1]:5080", true)]
    [InlineData("https://localhost:5080", true)]
    [InlineData("http://unix:/run/mtrec.sock", true)]
    [InlineData("http://0.0.0.0:5080", false)]
    [InlineData("http://[::]:5080", false)]
    [InlineData("http://10.0.0.4:5080", false)]
    [InlineData("http://localhost.example.org:5080", false)]
    [InlineData("http://+:5080", false)]
    [InlineData("http://*:5080", false)]
    public void An_address_is_private_where_only_this_machine_reaches_it(string address, bool isPrivate) =>
        Assert.Equal(isPrivate, ListeningAddresses.IsPrivate(address));

    [Fact]
    public async Task The_script_makes_keys_that_work()
    {
        using var script = RunningProcess.Start("bash", "deploy/local/key.sh", "feed-1", "Rank", "Feedback");
        Assert.Equal(0, await script.EndAsync());
        var key = new TestKey("feed-1", script.Output.Trim(), [Scope.Rank, Scope.Feedback]);

        // What it says for the configuration is what the key hashes to.
        Assert.Contains($"\"Sha256\": \"{key.Hash.ToLowerInvariant()}\", \"Scopes\": [\"Rank\", \"Feedback\"]", script.Error, StringComparison.Ordinal);
        await using var app = await RankApp.StartAsync([.. key.Arguments(0)]);
        Assert.Equal(200, await RankedByAsync(app, key));

        using var wrong = RunningProcess.Start("bash", "deploy/local/key.sh", "feed-1", "Everything");
        Assert.Equal(2, await wrong.EndAsync());
    }

    [Fact]
    public void Every_fault_of_the_options_is_reported()
    {
        var options = new AccessOptions
        {
            Burst = 0,
            Keys = [new AccessKeyOptions { Scopes = [(Scope)9] }, new AccessKeyOptions { Name = "a", Sha256 = Ranks.Hash, Scopes = [Scope.Rank], RequestsPerSecond = -1 }],
        };

        Assert.Equal(
            ["Burst", "Burst", "Keys:0:Name", "Keys:0:Sha256", "Keys:0:Scopes", "Keys:1:RequestsPerSecond"],
            options.Faults().Select(fault => fault.Split(' ')[0]));
    }

    private static Task<RankApp> StartAsync() => RankApp.StartAsync([.. Ranks.Arguments(0), .. Feeds.Arguments(1), .. Runs.Arguments(2)]);

    private static async Task<int> RankedByAsync(RankApp app, TestKey key)
    {
        using var answer = await SendAsync(app, "POST", "/v1/rank", ("X-API-Key", key.Text));
        return (int)answer.StatusCode;
    }

    private static async Task<int> StatusAsync(RankApp app, string method, string path)
    {
        using var answer = await SendAsync(app, method, path);
        return (int)answer.StatusCode;
    }

    internal static async Task<HttpResponseMessage> SendAsync(RankApp app, string method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        if (method is "POST" or "PUT")
            request.Content = new StringContent(Requests.Rows().ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        return await app.Client.SendAsync(request);
    }

    private static void Set(IConfigurationRoot configuration, IEnumerable<KeyValuePair<string, string?>> settings)
    {
        foreach (var (key, value) in settings)
            configuration[key] = value;
        configuration.Reload();
    }
}
