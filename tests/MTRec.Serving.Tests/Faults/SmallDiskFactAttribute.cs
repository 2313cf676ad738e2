using MTRec.Testing;

namespace MTRec.Serving.Tests.Faults;

/// <summary>A test with a disk of its own in memory, skipped with the reason where this machine lets nobody mount one in a namespace of one's own.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute()
    {
        if (!Mounts.Value)
            Skip = "A tmpfs cannot be mounted in a namespace of its own here (unshare --map-root-user --mount).";
    }

    private static Lazy<bool> Mounts { get; } = new(() =>
    {
        using var folder = new TemporaryFolder();
        using var attempt = RunningProcess.Start("sh", "-c", $"unshare --map-root-user --mount mount -t tmpfs -o size=64k none '{folder.Path}'");
        return attempt.EndAsync().GetAwaiter().GetResult() == 0;
    });
}
