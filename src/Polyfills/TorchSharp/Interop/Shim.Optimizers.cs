using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

// The C ABI of native/optim.cpp: initialisers, gradients of many parameters, optimiser steps. Handle arrays are read during the call only;
// the caller keeps their tensors alive.
internal static unsafe partial class Shim
{
    [LibraryImport(Library)]
    internal static partial Bool8 init_uniform(Tensor tensor, double low, double high);

    [LibraryImport(Library)]
    internal static partial Bool8 init_normal(Tensor tensor, double mean, double std);

    [LibraryImport(Library)]
    internal static partial Bool8 init_constant(Tensor tensor, double value);

    [LibraryImport(Library)]
    internal static partial Bool8 init_eye(Tensor tensor);

    [LibraryImport(Library)]
    internal static partial Bool8 init_orthogonal(Tensor tensor, double gain);

    [LibraryImport(Library)]
    internal static partial Bool8 init_trunc_normal(Tensor tensor, double mean, double std, double a, double b);

    [LibraryImport(Library)]
    internal static partial Bool8 grads_clear(nint[] parameters, long count, Bool8 setToNone);

    [LibraryImport(Library)]
    internal static partial Bool8 grads_clip_norm(nint[] parameters, long count, double maxNorm, double normType, out double total);

    [LibraryImport(Library)]
    internal static partial Bool8 grads_clip_value(nint[] parameters, long count, double bound);

    [LibraryImport(Library)]
    internal static partial Bool8 adam_step(
        nint[] parameters,
        nint[] mean,
        nint[] square,
        nint[] maxSquare,
        long[] steps,
        long count,
        double lr,
        double beta1,
        double beta2,
        double eps,
        double weightDecay,
        Bool8 decoupled,
        Bool8 maximize);

    [LibraryImport(Library)]
    internal static partial Bool8 sgd_step(
        nint[] parameters,
        nint[] buffers,
        long count,
        double lr,
        double momentum,
        double dampening,
        double weightDecay,
        Bool8 nesterov,
        Bool8 maximize);
}
