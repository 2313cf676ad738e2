using MTRec.Testing;

namespace MTRec.Trainer.Tests.CommandLine;

/// <summary>The real command line, as a process of its own.</summary>
internal static class Mtrec
{
    public static RunningProcess Start(params string[] arguments) =>
        RunningProcess.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "mtrec.dll"), .. arguments]);

    public static async Task<MtrecResult> RunAsync(params string[] arguments)
    {
        using var mtrec = Start(arguments);
        return new MtrecResult(await mtrec.EndAsync(), mtrec.Output, mtrec.Error);
    }
}

/// <summary>How the process ended and what it said.</summary>
internal sealed record MtrecResult(int ExitCode, string Output, string Error);
