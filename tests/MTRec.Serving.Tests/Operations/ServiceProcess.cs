using System.Diagnostics;
using System.Text;

namespace MTRec.Serving.Tests.Operations;

/// <summary>The service as a process of its own, as it is run in production.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private ServiceProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public static ServiceProcess Start(string workingFolder, params string[] settings)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = workingFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "MTRec.Serving.dll"), "--urls", "http://127.0.0.1:0" }.Concat(settings))
            start.ArgumentList.Add(argument);
        return new ServiceProcess(start);
    }

    /// <summary>Waits for the address that the service logs, and until it is ready.</summary>
    public async Task<HttpClient> ReadyAsync()
    {
        const string Sign = "Now listening on: ";
        string? address = null;
        await UntilAsync(() => (address = Output.Split('\n').FirstOrDefault(line => line.Contains(Sign, StringComparison.Ordinal))?.Split(Sign)[1].Trim()) is not null);
        var client = new HttpClient { BaseAddress = new Uri(address!) };
        for (var deadline = DateTime.UtcNow.AddSeconds(60); DateTime.UtcNow < deadline; await Task.Delay(50))
        {
            using var answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
            if (answer.IsSuccessStatusCode)
                return client;
        }

        throw new TimeoutException(Output);
    }

    public void Signal(string name)
    {
        // The shell's own kill: a bare machine has no program of that name.
        using var kill = Process.Start("sh", ["-c", $"kill -{name} {_process.Id}"]);
        kill.WaitForExit();
    }

    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(60); !condition(); await Task.Delay(50))
            Assert.True(DateTime.UtcNow < deadline && !_process.HasExited, Output);
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
            _output.AppendLine(line.Data);
    }
}
