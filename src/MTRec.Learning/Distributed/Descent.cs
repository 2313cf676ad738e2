using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Distributed;

/// <summary>
/// Steps downhill of some parameters, made by all ranks alike: each takes the gradient of its slice's loss, one MPI_Allreduce sums them with the loss, and
/// every rank makes the same step.
/// </summary>
/// <param name="name">What learns, for <see cref="StepLoss"/>.</param>
/// <param name="optimizer">Makes the steps; owned.</param>
/// <param name="gradientNorm">Largest norm of the whole batch's gradient; null for no limit.</param>
public sealed class Descent(string name, optim.Optimizer optimizer, double? gradientNorm = null) : IDisposable
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
    /// <param name="loss">The loss of the slice, a scalar: a mean over its rows, else slices would not add up to the batch.</param>
    /// <param name="slice">What it is the loss of.</param>
    /// <returns>The loss of the whole batch.</returns>
    public double Minimise(Tensor loss, BatchSlice slice)
    {
        optimizer.zero_grad();
        loss.backward();
        var value = slice.IsWhole ? loss.item<float>() : AddUp(loss, slice);
        if (gradientNorm is { } norm)
            nn.utils.clip_grad_norm_(_parameters, norm);
        optimizer.step();
        if (_steps++ == 0 && !slice.IsWhole)
            TakeFromFirst(slice.World);
        slice.World.Tell(name, _steps, value);
        return value;
    }

    /// <inheritdoc/>
    public void Dispose() => optimizer.Dispose();

    // The gradients become those of the whole batch.
    private double AddUp(Tensor loss, BatchSlice slice)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var gradients = _parameters.Select(parameter => parameter.grad).OfType<Tensor>().ToArray();
        var all = Flat([.. gradients, loss.detach()]).mul_(slice.Weight);
        slice.World.Sum(MemoryMarshal.Cast<byte, float>(all.bytes));
        Scatter(all, gradients);
        return all[-1].item<float>();
    }

    // Seeds made the same parameters on every rank; on machines that round otherwise, nearly.
    private void TakeFromFirst(World world)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var all = Flat([.. _parameters.Select(parameter => parameter.detach())]);
        world.TakeFromFirst(all.bytes);
        Scatter(all, _parameters);
    }

    private static Tensor Flat(Tensor[] tensors) => cat([.. tensors.Select(tensor => tensor.reshape(-1))]);

    private static void Scatter(Tensor all, IEnumerable<Tensor> parts)
    {
        var start = 0L;
        foreach (var part in parts)
        {
            part.copy_(all.narrow(0, start, part.numel()).reshape(part.shape));
            start += part.numel();
        }
    }
}
