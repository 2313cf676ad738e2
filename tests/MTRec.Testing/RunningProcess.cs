using System.Diagnostics;
using System.Text;

namespace MTRec.Testing;

/// <summary>A real process: what it says is kept, and it does not outlive the test.</summary>
public sealed class RunningProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly StringBuilder _said = new();

    private RunningProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_error, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Everything on standard output so far.</summary>
    public string Output => Read(_output);

    /// <summary>Everything on standard error so far.</summary>
    public string Error => Read(_error);

    /// <summary>Everything on both so far.</summary>
    public string Said => Read(_said);

    /// <summary>The process's id.</summary>
    public int Id => _process.Id;

    /// <summary>Processor time that it and its threads have used: seconds in user and kernel mode.</summary>
    public double ProcessorSeconds
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Memory that it has resident.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Starts a program in the repository's root.</summary>
    public static RunningProcess Start(string file, params string[] arguments) => StartIn(SharedData.RepositoryRoot, file, arguments);

    /// <summary>Starts a program in a folder.</summary>
    public static RunningProcess StartIn(string folder, string file, params string[] arguments)
    {
        // A shell's background job, and all that it starts, ignores Ctrl-C; the tests may be one.
        return new RunningProcess(new ProcessStartInfo("env", ["--default-signal=INT", file, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        });
    }

    /// <summary>Sends a signal by its name, such as TERM.</summary>
    public void Signal(string name)
    {
        // The shell's own kill: a bare machine has no program of that name.
        using var kill = Process.Start("sh", ["-c", $"kill -{name} {_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end.</summary>
    /// <param name="longest">Patience; three minutes where left out.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="OperationCanceledException">It still runs.</exception>
    public async Task<int> EndAsync(TimeSpan? longest = null)
    {
        using var patience = new CancellationTokenSource(longest ?? TimeSpan.FromMinutes(3));
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private void Keep(StringBuilder stream, string? line)
    {
        // The end of a stream comes as null.
        if (line is null)
            return;
        lock (_said)
        {
            stream.AppendLine(line);
            _said.AppendLine(line);
        }
    }

    private string Read(StringBuilder text)
    {
        lock (_said)
            return text.ToString();
    }
}
