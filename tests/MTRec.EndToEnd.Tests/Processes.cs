using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MTRec.Testing;

namespace MTRec.EndToEnd.Tests;

/// <summary>A real process of this repository: its output is kept, and it does not outlive the test.</summary>
internal sealed class RunningProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private RunningProcess(string file, IEnumerable<string> arguments)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(file, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = SharedData.RepositoryRoot,
            },
        };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Everything it said so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Starts a program of this repository, built in the tests' own configuration.</summary>
    /// <param name="project">The project, such as <c>MTRec.Serving</c>.</param>
    /// <param name="assembly">Its assembly.</param>
    /// <param name="arguments">The arguments.</param>
    public static RunningProcess StartProject(string project, string assembly, params string[] arguments)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var binary = Path.Combine(SharedData.RepositoryRoot, "src", project, "bin", configuration, "net10.0", $"{assembly}.dll");
        return new RunningProcess("dotnet", [binary, .. arguments]);
    }

    /// <summary>Starts a script of this repository.</summary>
    public static RunningProcess StartScript(string script, params string[] arguments) =>
        new(Path.Combine(SharedData.RepositoryRoot, script), arguments);

    /// <summary>Runs <c>mtrec</c> to its end.</summary>
    /// <returns>The exit code and everything it said.</returns>
    public static async Task<(int ExitCode, string Output)> MtrecAsync(params string[] arguments)
    {
        using var mtrec = StartProject("MTRec.Trainer", "mtrec", arguments);
        return (await mtrec.EndAsync(TimeSpan.FromMinutes(3)), mtrec.Output);
    }

    /// <summary>A port that nobody listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Sends a signal by its name, such as TERM.</summary>
    public void Signal(string name)
    {
        // The shell's own kill: a bare machine has no program of that name.
        using var kill = Process.Start("sh", ["-c", $"kill -{name} {_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync(TimeSpan longest)
    {
        using var patience = new CancellationTokenSource(longest);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }
}
