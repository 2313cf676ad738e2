using MTRec.Testing;

namespace MTRec.EndToEnd.Tests.Deploy;

/// <summary>A program of this repository as its image and its pod run it, without an engine: user 1654, no capabilities, a read-only root.</summary>
internal static class ConfinedProgram
{
    /// <summary>Starts it in <paramref name="folder"/>, which is read-only too but for what is named.</summary>
    /// <param name="folder">Where it runs; its files are copied to <c>app</c> below.</param>
    /// <param name="project">The project below src.</param>
    /// <param name="prepare">What the image's build does besides, for the shell.</param>
    /// <param name="writable">Folders below that it may write to, as volumes are.</param>
    /// <param name="environment">The whole environment, for the shell.</param>
    /// <param name="arguments">The assembly below <c>app</c> and its arguments, for the shell.</param>
    public static RunningProcess Start(string folder, string project, string prepare, string writable, string environment, string arguments)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var binaries = Path.Combine(SharedData.RepositoryRoot, "src", project, "bin", configuration, "net10.0");
        return RunningProcess.StartIn(folder, "unshare", "-m", "sh", "-euc", $"""
            cp -r '{binaries}' app
            {prepare}
            chmod -R a+rX .
            mount --make-rprivate /
            for writable in tmp {writable}; do
              mkdir -p "$writable"
              chown -R 1654 "$writable"
              mount --bind "$writable" "$writable"
            done
            mount -o remount,bind,ro /
            ! touch app/written 2> /dev/null
            exec setpriv --reuid 1654 --regid 1654 --clear-groups --bounding-set -all --no-new-privs \
              env -i PATH="$PATH" TMPDIR="$PWD/tmp" DOTNET_RUNNING_IN_CONTAINER=true {environment} dotnet app/{arguments}
            """);
    }
}
