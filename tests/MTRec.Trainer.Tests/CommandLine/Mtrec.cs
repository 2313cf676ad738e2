using System.Diagnostics;

namespace MTRec.Trainer.Tests.CommandLine;

/// <summary>The real command line, as a process of its own.</summary>
internal sealed class Mtrec : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private Mtrec(string[] arguments)
    {
        // A shell's background job, and all that it starts, ignores Ctrl-C; the tests may be one.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Path.Combine(AppContext.BaseDirectory, "mtrec.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    public static Mtrec Start(params string[] arguments) => new(arguments);

    public static async Task<MtrecResult> RunAsync(params string[] arguments)
    {
        using var mtrec = Start(arguments);
        return await mtrec.EndAsync();
    }

    /// <summary>Sends a signal by its name, such as INT.</summary>
    public void Signal(string name)
    {
        // The shell's own kill: a bare machine has no program of that name.
        using var kill = Process.Start("sh", ["-c", $"kill -{name} {_process.Id}"]);
        kill.WaitForExit();
    }

    public async Task<MtrecResult> EndAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await _process.WaitForExitAsync(patience.Token);
        return new MtrecResult(_process.ExitCode, await _output, await _error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}

/// <summary>How the process ended and what it said.</summary>
internal sealed record MtrecResult(int ExitCode, string Output, string Error);
