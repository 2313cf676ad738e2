using System.Diagnostics;
using MTRec.Testing;
using Xunit;

namespace MTRec.Inference.Tests;

/// <summary>Runs alone: other tests' memory is the process' memory too.</summary>
[CollectionDefinition(nameof(BundleMemoryTests), DisableParallelization = true)]
[Collection(nameof(BundleMemoryTests))]
public sealed class BundleMemoryTests : IDisposable
{
    private readonly TemporaryFolder _registry = new();

    public void Dispose() => _registry.Dispose();

    [Fact]
    public void Memory_stays_flat_over_reloads()
    {
        var folder = TestBundles.Publish(_registry.Path);
        Reload(50);
        var (native, managed) = Used();

        Reload(100);

        // A bundle that stayed would keep some 350 KB outside of the heap: 35 MB in all.
        var (nativeAfter, managedAfter) = Used();
        Assert.InRange(nativeAfter - native, long.MinValue, 15L << 20);
        Assert.InRange(managedAfter - managed, long.MinValue, 1L << 20);

        void Reload(int times)
        {
            for (var i = 0; i < times; i++)
                Bundle.Load(folder).Dispose();
        }

        // What the collector holds in reserve is its own affair.
        static (long Native, long Managed) Used()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var managed = GC.GetTotalMemory(forceFullCollection: true);
            using var process = Process.GetCurrentProcess();
            return (process.WorkingSet64 - GC.GetGCMemoryInfo().TotalCommittedBytes, managed);
        }
    }
}
