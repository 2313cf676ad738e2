using System.Runtime.InteropServices;

namespace MTRec.Trainer.Reproduction;

/// <summary>The machine that figures were made on.</summary>
/// <param name="Processor">The processor's model.</param>
/// <param name="Cores">Logical cores that the process may use.</param>
/// <param name="MemoryGiB">Memory that the process may use, in GiB.</param>
/// <param name="OperatingSystem">Name and version.</param>
/// <param name="Runtime">The .NET runtime.</param>
internal sealed record Machine(string Processor, int Cores, double MemoryGiB, string OperatingSystem, string Runtime)
{
    // Linux tells the model; elsewhere the architecture has to do.
    private const string ProcessorFile = "/proc/cpuinfo";

    /// <summary>This machine.</summary>
    public static Machine This() => new(
        Model() ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30), 1),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    private static string? Model() => File.Exists(ProcessorFile)
        ? File.ReadLines(ProcessorFile).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[^1].Trim()
        : null;
}
