using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>The native form of a <see cref="torch.TensorIndex"/>: IndexEntry of <c>native/tensors.cpp</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IndexEntry
{
    public long Kind;
    public long Start;
    public long Stop;
    public long Step;
    public nint Tensor;
}
