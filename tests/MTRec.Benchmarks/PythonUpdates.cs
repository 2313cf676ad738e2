using System.Diagnostics;
using System.Text.Json;

namespace MTRec.Benchmarks;

/// <summary>A running <c>pytorch_updates.py</c>.</summary>
internal sealed class PythonUpdates : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Process _process;

    public PythonUpdates()
    {
        var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "pytorch_updates.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
    }

    /// <summary>Runs updates of a case, which the first call builds.</summary>
    /// <returns>Seconds.</returns>
    public double Run(string name, object sizes, int updates, int threads, string clock)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(new { Case = name, Sizes = sizes, Updates = updates, Threads = threads, Clock = clock }, Json));
        _process.StandardInput.Flush();
        var answer = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("Python has ended; does it have torch (Debian: python3-torch)?");
        using var json = JsonDocument.Parse(answer);
        return json.RootElement.GetProperty("seconds").GetDouble();
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
