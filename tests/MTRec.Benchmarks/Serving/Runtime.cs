using System.Globalization;

namespace MTRec.Benchmarks.Serving;

/// <summary>What the service's runtime has done since its start, from <c>GET /metrics</c>.</summary>
/// <param name="Gen0">Collections of generation 0, those of higher generations included.</param>
/// <param name="Gen1">Of generation 1.</param>
/// <param name="Gen2">Of generation 2.</param>
/// <param name="Allocated">Bytes allocated by managed code.</param>
internal readonly record struct Runtime(double Gen0, double Gen1, double Gen2, double Allocated)
{
    /// <summary>Reads it.</summary>
    public static async Task<Runtime> ReadAsync(HttpClient service)
    {
        var lines = (await service.GetStringAsync("metrics")).Split('\n');
        return new Runtime(
            Value(lines, "dotnet_gc_collections_total", "gen0"), Value(lines, "dotnet_gc_collections_total", "gen1"), Value(lines, "dotnet_gc_collections_total", "gen2"),
            Value(lines, "dotnet_gc_heap_total_allocated_bytes_total", ""));
    }

    /// <summary>What was done since <paramref name="before"/>.</summary>
    public Runtime Since(Runtime before) => new(Gen0 - before.Gen0, Gen1 - before.Gen1, Gen2 - before.Gen2, Allocated - before.Allocated);

    private static double Value(string[] lines, string name, string label) => lines
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
        .Select(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture))
        .FirstOrDefault();
}
