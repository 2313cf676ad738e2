using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Distributed;

/// <summary>
/// Steps downhill of some parameters, made by all ranks alike: the gradients of a batch's parts are added up, within a process and by one MPI_Allreduce
/// between ranks together with the loss, and every rank makes the same step. One process and two ranks add up the same two numbers: to the bit.
/// </summary>
/// <param name="name">What learns, for <see cref="StepLoss"/>.</param>
/// <param name="optimizer">Makes the steps; owned.</param>
/// <param name="parts">The parts that batches are taken in.</param>
/// <param name="gradientNorm">Largest norm of the whole batch's gradient; null for no limit.</param>
public sealed class Descent(string name, optim.Optimizer optimizer, BatchParts parts, double? gradientNorm = null) : IDisposable
{
    private readonly Parameter[] _parameters = [.. optimizer.parameters()];
    private int _steps;

    /// <summary>Sets the learning rate of the next steps.</summary>
    public double LearningRate
    {
        set
        {
            foreach (var group in optimizer.ParamGroups)
                group.LearningRate = value;
        }
    }

    /// <summary>One step.</summary>
    /// <param name="slices">This process's slices of the batch.</param>
    /// <param name="loss">The loss of the slice at a place, a scalar: a mean over its rows, else slices would not add up to the batch.</param>
    /// <returns>The loss of the whole batch.</returns>
    public double Minimise(IReadOnlyList<BatchSlice> slices, Func<int, Tensor> loss)
    {
        optimizer.zero_grad();
        var value = 0f;
        for (var i = 0; i < slices.Count; i++)
        {
            using var scope = NewDisposeScope();
            using var entered = slices[i].Enter();
            var weighted = loss(i) * slices[i].Weight;
            weighted.backward();
            value += weighted.item<float>();
        }

        if (parts.IsShared)
            value = AddUp(value);
        if (gradientNorm is { } norm)
            nn.utils.clip_grad_norm_(_parameters, norm);
        optimizer.step();
        if (_steps++ == 0 && parts.IsShared)
            TakeFromFirst();
        parts.World.Tell(name, _steps, value);
        return value;
    }

    /// <inheritdoc/>
    public void Dispose() => optimizer.Dispose();

    // The gradients become those of the whole batch.
    private float AddUp(float loss)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var gradients = _parameters.Select(parameter => parameter.grad).OfType<Tensor>().ToArray();
        var all = Flat([.. gradients, tensor(loss)]);
        parts.World.Sum(MemoryMarshal.Cast<byte, float>(all.bytes));
        Scatter(all, gradients);
        return all[-1].item<float>();
    }

    // Seeds made the same parameters on every rank; on machines that round otherwise, nearly.
    private void TakeFromFirst()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var all = Flat([.. _parameters.Select(parameter => parameter.detach())]);
        parts.World.TakeFromFirst(all.bytes);
        Scatter(all, _parameters);
    }

    private static Tensor Flat(Tensor[] tensors) => cat([.. tensors.Select(tensor => tensor.reshape(-1))]);

    private static void Scatter(Tensor all, IEnumerable<Tensor> targets)
    {
        var start = 0L;
        foreach (var target in targets)
        {
            target.copy_(all.narrow(0, start, target.numel()).reshape(target.shape));
            start += target.numel();
        }
    }
}
