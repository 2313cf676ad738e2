using System.Diagnostics;
using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests.Deploy;

/// <summary>A test that makes mounts of its own and runs the service as another user; skipped, with the reason, where this process may not.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ConfinedFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> MayConfine = new(Try);

    /// <summary>Skips the test where it cannot be.</summary>
    /// <param name="redis">Whether it starts a redis-server too.</param>
    public ConfinedFactAttribute(bool redis = false)
    {
        if (redis)
            Skip = new RedisFactAttribute().Skip;
        if (!MayConfine.Value)
            Skip = "This process may not make mounts of its own, or dotnet is not there for other users (it takes root, unshare and setpriv).";
    }

    private static bool Try()
    {
        try
        {
            using var attempt = Process.Start(new ProcessStartInfo("unshare", ["-m", "setpriv", "--reuid", "1654", "--regid", "1654", "--clear-groups", "dotnet", "--list-runtimes"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            return attempt.WaitForExit(TimeSpan.FromSeconds(30)) && attempt.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // There is no such program.
            return false;
        }
    }
}
