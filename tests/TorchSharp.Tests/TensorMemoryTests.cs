using System.Runtime.CompilerServices;
using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>Counts tensors of the whole process: no other test may run beside it.</summary>
[CollectionDefinition(nameof(ProcessWideCounts), DisableParallelization = true)]
public sealed class ProcessWideCounts;

[Collection(nameof(ProcessWideCounts))]
public class TensorMemoryTests
{
    // One activation of a step, left behind each time, would be 80 MB.
    [Fact]
    public void Ten_thousand_training_steps_in_scopes_leave_no_tensor_and_no_memory()
    {
        using var weights = zeros(64, 16, requires_grad: true);
        var input = ones(128, 64).DetachFromDisposeScope();
        TrainFor(500, weights, input);
        Collect();
        var (tensors, memory) = (Tensor.TotalCount, NativeBytes());

        TrainFor(10_000, weights, input);
        Collect();

        Assert.Equal(tensors, Tensor.TotalCount);
        Assert.InRange(NativeBytes() - memory, long.MinValue, 16 << 20);
        input.Dispose();
    }

    [Fact]
    public void Failing_calls_leave_no_tensor()
    {
        Collect();
        var before = Tensor.TotalCount;
        for (var i = 0; i < 1000; i++)
        {
            using var scope = NewDisposeScope();
            Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => ones(2, 3).mm(ones(2, 3)));
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void The_finaliser_frees_what_was_forgotten()
    {
        Collect();
        var before = Tensor.TotalCount;
        Forget(100);
        Assert.True(Tensor.TotalCount >= before + 100);
        Collect();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(int count)
    {
        for (var i = 0; i < count; i++)
            _ = ones(1000);
    }

    private static void TrainFor(int steps, Tensor weights, Tensor input)
    {
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            var loss = (input.matmul(weights).tanh() - 0.5).square().mean();
            loss.backward();
            using (no_grad())
                weights.sub_(weights.grad! * 0.01);
            var (values, _) = loss.reshape(1, 1).max(1);
            foreach (var part in input.split(64))
                part.Dispose();
            weights.grad = null;
            Assert.True(double.IsFinite(values.item<float>()));
        }
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    /// <summary>The process's memory outside of the collector's heap, whose reserve grows as it pleases.</summary>
    private static long NativeBytes()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64 - GC.GetGCMemoryInfo().TotalCommittedBytes;
    }
}
