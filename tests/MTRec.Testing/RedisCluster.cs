namespace MTRec.Testing;

/// <summary>A Redis Cluster on this machine: three masters with a replica each.</summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private RedisCluster(RedisServer[] nodes) => Nodes = nodes;

    /// <summary>The six nodes.</summary>
    public IReadOnlyList<RedisServer> Nodes { get; }

    /// <summary>All addresses, as a client's configuration names them.</summary>
    public string Addresses => string.Join(',', Nodes.Select(node => node.Address));

    /// <summary>Starts the nodes and joins them.</summary>
    public static async Task<RedisCluster> StartAsync()
    {
        var nodes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => RedisServer.StartAsync(
            () => ["--cluster-enabled", "yes", "--cluster-port", $"{FreePort.Find()}", "--cluster-node-timeout", "2000", "--repl-diskless-sync-delay", "0"])));
        var cluster = new RedisCluster(nodes);
        using var create = RunningProcess.Start(
            "redis-cli", ["--cluster", "create", .. nodes.Select(node => node.Address), "--cluster-replicas", "1", "--cluster-yes"]);
        if (await create.EndAsync(TimeSpan.FromMinutes(1)) != 0)
            throw new InvalidOperationException(create.Said);
        foreach (var node in nodes)
        {
            await Eventually.TrueAsync(
                async () => (await node.CommandAsync("cluster", "info")).Contains("cluster_state:ok", StringComparison.Ordinal),
                () => "The nodes did not become a cluster.",
                TimeSpan.FromMilliseconds(100));
            // A replica that never had its master's data does not take over.
            await Eventually.TrueAsync(
                async () => !(await node.CommandAsync("info", "replication")).Contains("master_link_status:down", StringComparison.Ordinal),
                () => "A replica does not follow its master.",
                TimeSpan.FromMilliseconds(100));
        }

        return cluster;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
            await node.DisposeAsync();
    }
}
