using System.Runtime.CompilerServices;
using TorchSharp;
using Xunit;

// Seeded tests share libtorch's one random number generator and thread count.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace MTRec.Learning.Tests;

internal static class TestAssembly
{
    // The tensors are small: a second thread would only wait.
    [ModuleInitializer]
    internal static void UseOneThread() => torch.set_num_threads(1);
}
