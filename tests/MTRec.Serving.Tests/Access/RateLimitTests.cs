using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MTRec.Serving.Access;
using MTRec.Serving.Tests.Ranking;

namespace MTRec.Serving.Tests.Access;

public sealed class RateLimitTests
{
    private static readonly TestKey One = TestKey.Make("one", Scope.Rank);
    private static readonly TestKey Other = TestKey.Make("other", Scope.Rank);

    [Fact]
    public async Task A_key_that_calls_too_fast_gets_429_and_harms_no_other()
    {
        await using var app = await RankApp.StartAsync([.. One.Arguments(0), .. Other.Arguments(1), "--Access:RequestsPerSecond=1", "--Access:Burst=3"]);

        var statuses = new List<int>();
        HttpResponseMessage? refused = null;
        for (var i = 0; i < 6 || (refused is null && i < 1000); i++)
        {
            var answer = await AccessTests.SendAsync(app, "POST", "/v1/rank", ("X-API-Key", One.Text));
            statuses.Add((int)answer.StatusCode);
            refused = answer.StatusCode == HttpStatusCode.TooManyRequests ? answer : refused;
        }

        Assert.Equal([200, 200, 200], statuses[..3]);
        Assert.Contains(429, statuses);
        await RankRefusalTests.ProblemOf(refused!, 429);
        Assert.InRange(refused!.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 2);
        using var other = await AccessTests.SendAsync(app, "POST", "/v1/rank", ("X-API-Key", Other.Text));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        using var live = await AccessTests.SendAsync(app, "GET", "/health/live");
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);

        await Task.Delay(refused.Headers.RetryAfter.Delta.Value + TimeSpan.FromSeconds(0.5));
        using var later = await AccessTests.SendAsync(app, "POST", "/v1/rank", ("X-API-Key", One.Text));
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }

    [Fact]
    public async Task Concurrent_calls_share_one_bucket()
    {
        const int Burst = 20;
        await using var app = await RankApp.StartAsync([.. One.Arguments(0), "--Access:Keys:0:RequestsPerSecond=1", $"--Access:Keys:0:Burst={Burst}"]);
        var started = DateTime.UtcNow;

        var answers = await Task.WhenAll(Enumerable.Range(0, 3 * Burst).Select(_ => AccessTests.SendAsync(app, "POST", "/v1/rank", ("X-API-Key", One.Text))));

        var allowed = answers.Count(answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.InRange(allowed, Burst, Burst + Math.Ceiling((DateTime.UtcNow - started).TotalSeconds));
        Assert.Equal(answers.Length - allowed, answers.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests));
    }

    [Fact]
    public async Task Callers_without_a_key_share_a_bucket_by_address_and_a_changed_rate_takes_effect()
    {
        await using var app = await RankApp.StartAsync();
        var configuration = (IConfigurationRoot)app.Services.GetRequiredService<IConfiguration>();
        configuration["Access:RequestsPerSecond"] = "1";
        configuration["Access:Burst"] = "1";
        configuration.Reload();

        Assert.Contains(429, await StatusesAsync(app, 10));

        configuration["Access:RequestsPerSecond"] = null;
        configuration["Access:Burst"] = null;
        configuration.Reload();
        Assert.All(await StatusesAsync(app, 10), status => Assert.Equal(200, status));
    }

    private static async Task<List<int>> StatusesAsync(RankApp app, int count)
    {
        var statuses = new List<int>();
        for (var i = 0; i < count; i++)
        {
            using var answer = await AccessTests.SendAsync(app, "POST", "/v1/rank");
            statuses.Add((int)answer.StatusCode);
        }

        return statuses;
    }
}
