using System.Net;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Fleet;

/// <summary>Two replicas of the service over one Redis Cluster of six nodes, behind nginx with the configuration that is deployed.</summary>
internal sealed class ServiceFleet : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private RunningProcess? _nginx;

    private ServiceFleet(RedisCluster redis, ServiceProcess[] replicas)
    {
        Redis = redis;
        Replicas = replicas;
        var port = FreePort.Find();
        Balanced = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(1) };
        var configuration = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "deploy", "nginx.conf"))
            .Replace("/tmp/nginx", _folder.Path, StringComparison.Ordinal)
            .Replace("listen 8080", $"listen 127.0.0.1:{port}", StringComparison.Ordinal)
            .Replace("service-1:5080", replicas[0].Client.BaseAddress!.Authority, StringComparison.Ordinal)
            .Replace("service-2:5080", replicas[1].Client.BaseAddress!.Authority, StringComparison.Ordinal);
        var path = Path.Combine(_folder.Path, "nginx.conf");
        File.WriteAllText(path, configuration);
        _nginx = RunningProcess.StartIn(_folder.Path, FleetFactAttribute.Nginx, "-p", _folder.Path, "-c", path, "-g", "daemon off;");
    }

    public RedisCluster Redis { get; }

    public IReadOnlyList<ServiceProcess> Replicas { get; }

    /// <summary>Calls either replica, as nginx chooses.</summary>
    public HttpClient Balanced { get; }

    public static async Task<ServiceFleet> StartAsync()
    {
        var redis = await RedisCluster.StartAsync();
        // Two cores may run six servers, two services and the test: budgets are long where a test is not about them.
        string[] settings =
            ["--Sessions:Store=Redis", $"--Redis:Configuration={redis.Addresses}", "--Redis:ReadBudget=00:00:02", "--Redis:WriteBudget=00:00:05"];
        var fleet = new ServiceFleet(redis, await Task.WhenAll(ServiceProcess.StartAsync(settings), ServiceProcess.StartAsync(settings)));
        await Eventually.TrueAsync(fleet.AnswersAsync, fleet._nginx!, TimeSpan.FromMilliseconds(100));
        return fleet;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Balanced.Dispose();
        if (_nginx is { } nginx)
        {
            // Its workers end with it only where it is asked to end.
            nginx.Signal("TERM");
            await nginx.EndAsync();
            nginx.Dispose();
            _nginx = null;
        }

        foreach (var replica in Replicas)
            replica.Dispose();
        await Redis.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var answer = await Balanced.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
