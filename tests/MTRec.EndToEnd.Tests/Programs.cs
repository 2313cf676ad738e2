using MTRec.Testing;

namespace MTRec.EndToEnd.Tests;

/// <summary>This repository's programs as processes, built in the tests' own configuration.</summary>
internal static class Programs
{
    /// <summary>Starts the service.</summary>
    public static RunningProcess Serve(params string[] arguments) => Start("MTRec.Serving", "MTRec.Serving", arguments);

    /// <summary>Starts <c>mtrec</c>.</summary>
    public static RunningProcess Mtrec(params string[] arguments) => Start("MTRec.Trainer", "mtrec", arguments);

    /// <summary>Runs <c>mtrec</c> to its end.</summary>
    /// <returns>The exit code and everything it said.</returns>
    public static async Task<(int ExitCode, string Said)> MtrecAsync(params string[] arguments)
    {
        using var mtrec = Mtrec(arguments);
        return (await mtrec.EndAsync(), mtrec.Said);
    }

    private static RunningProcess Start(string project, string assembly, params string[] arguments)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var binary = Path.Combine(SharedData.RepositoryRoot, "src", project, "bin", configuration, "net10.0", $"{assembly}.dll");
        return RunningProcess.Start("dotnet", [binary, .. arguments]);
    }
}
