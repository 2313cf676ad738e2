using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>
/// The functions of PyTorch under their own names: the subset of TorchSharp's API that MTRec uses, with TorchSharp's signatures and
/// semantics, over the libtorch that the system has installed.
/// </summary>
public static partial class torch
{
    /// <summary>Opens a scope that disposes, when it is disposed, every tensor created on this thread since.</summary>
    public static DisposeScope NewDisposeScope() => DisposeScopeManager.ThreadSingleton.NewDisposeScope();

    public static DisposeScope? CurrentDisposeScope => DisposeScopeManager.ThreadSingleton.CurrentDisposeScope;

    /// <summary>Runs an expression in a scope of its own, from which only its result leaves.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using var scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }

    public static int get_num_threads() => Shim.at_get_num_threads();

    /// <summary>Sets how many threads one operation may use; Debian's libtorch starts with one.</summary>
    public static void set_num_threads(int num) => Shim.Check(Shim.at_set_num_threads(num));

    public static int get_num_interop_threads() => Shim.at_get_num_interop_threads();

    public static void set_num_interop_threads(int num) => Shim.Check(Shim.at_set_num_interop_threads(num));

    /// <summary>Throws what a native call on this thread left behind, if it failed.</summary>
    /// <exception cref="ExternalException">The call failed; the message is libtorch's.</exception>
    public static void CheckForErrors()
    {
        var message = Shim.last_error();
        if (message != 0)
            throw new ExternalException(Marshal.PtrToStringUTF8(message));
    }
}
