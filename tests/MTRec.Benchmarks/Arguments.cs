using System.Globalization;
using System.Text.Json;

namespace MTRec.Benchmarks;

/// <summary>Options of the command line: <c>--name value</c>.</summary>
/// <param name="rest">What follows the benchmark's name.</param>
internal sealed class Arguments(string[] rest)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Dictionary<string, string> _values = rest.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);

    /// <summary>A text, or what it is where it is not given.</summary>
    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    /// <summary>A whole number, or what it is where it is not given.</summary>
    public int Number(string name, int otherwise) => int.Parse(Text(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

    /// <summary>Writes the results where <c>--out</c> says, with what they were measured on.</summary>
    public void Write(string benchmark, object results)
    {
        if (Text("--out", "") is { Length: > 0 } path)
            File.WriteAllText(path, JsonSerializer.Serialize(new { Benchmark = benchmark, Date = DateTime.UtcNow, Machine = Machine(), Results = results }, Json));
    }

    private static object Machine() => new
    {
        // The process itself may be bound to some of them.
        Cores = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").Count(line => line.StartsWith("processor", StringComparison.Ordinal)) : Environment.ProcessorCount,
        Processor = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            : null,
        System = Environment.OSVersion.ToString(),
        Runtime = Environment.Version.ToString(),
    };
}
