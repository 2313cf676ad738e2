using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

// The C ABI of native/autograd.cpp: automatic differentiation.
internal static unsafe partial class Shim
{
    [LibraryImport(Library)]
    internal static partial Bool8 at_requires_grad(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_set_requires_grad(Tensor self, Bool8 requiresGrad);

    [LibraryImport(Library)]
    internal static partial Bool8 at_is_leaf(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_retain_grad(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_detach(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_detach_(Tensor self);

    [LibraryImport(Library)]
    internal static partial nint at_grad(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_set_grad(Tensor self, [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? grad);

    [LibraryImport(Library)]
    internal static partial Bool8 at_backward(Tensor self);

    [LibraryImport(Library)]
    internal static partial nint autograd_grad(
        Tensor[] outputs,
        long outputCount,
        Tensor[] inputs,
        long inputCount,
        Tensor[] gradOutputs,
        long gradOutputCount,
        Bool8 retainGraph,
        Bool8 createGraph,
        Bool8 allowUnused,
        out long count);

    [LibraryImport(Library)]
    internal static partial Bool8 autograd_backward(
        Tensor[] outputs,
        long outputCount,
        Tensor[] gradOutputs,
        long gradOutputCount,
        Bool8 retainGraph,
        Bool8 createGraph,
        Tensor[] inputs,
        long inputCount);
}
