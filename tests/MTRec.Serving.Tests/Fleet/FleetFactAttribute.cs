using MTRec.Testing;

namespace MTRec.Serving.Tests.Fleet;

/// <summary>A test that starts nginx and redis-servers and is skipped, with the reason, where one of them is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FleetFactAttribute : FactAttribute
{
    public const string Nginx = "/usr/sbin/nginx";

    public FleetFactAttribute()
    {
        if (!RedisServer.IsInstalled)
            Skip = "redis-server and redis-cli are not installed (Debian: redis-server).";
        else if (!File.Exists(Nginx))
            Skip = $"{Nginx} is not installed (Debian: nginx-light).";
    }
}
