using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>Bindings of the native shim, one partial file for each C++ file; <c>native/shim.h</c> has the rules of the border.</summary>
internal static unsafe partial class Shim
{
    private const string Library = "TorchSharpShim";

    /// <summary>Throws what libtorch said where a native function reports failure.</summary>
    /// <exception cref="ExternalException">The function failed; the message is libtorch's.</exception>
    internal static void Check(Bool8 succeeded)
    {
        if (!succeeded)
            throw LastError();
    }

    /// <summary>The failure that the last native call on this thread left behind.</summary>
    internal static ExternalException LastError() =>
        new(Marshal.PtrToStringUTF8(last_error()) ?? "libtorch failed without a message");

    /// <summary>Takes over a native list of tensors; <paramref name="handles"/> is null where the call failed.</summary>
    internal static Tensor?[] TakeList(nint handles, long count)
    {
        if (handles == 0)
            throw LastError();
        var tensors = new Tensor?[count];
        for (var i = 0; i < tensors.Length; i++)
        {
            var handle = ((nint*)handles)[i];
            tensors[i] = handle == 0 ? null : new Tensor(handle);
        }

        free_list(handles);
        return tensors;
    }

    /// <summary>As <see cref="TakeList"/>, for functions whose every entry is a tensor.</summary>
    internal static Tensor[] TakeTensors(nint handles, long count) => TakeList(handles, count)!;

    [LibraryImport(Library)]
    internal static partial nint last_error();

    [LibraryImport(Library)]
    internal static partial void at_dispose(nint self);

    [LibraryImport(Library)]
    internal static partial void free_list(nint handles);

    [LibraryImport(Library)]
    internal static partial long live_handle_count();

    [LibraryImport(Library)]
    internal static partial int at_get_num_threads();

    [LibraryImport(Library)]
    internal static partial Bool8 at_set_num_threads(int count);

    [LibraryImport(Library)]
    internal static partial int at_get_num_interop_threads();

    [LibraryImport(Library)]
    internal static partial Bool8 at_set_num_interop_threads(int count);

    [LibraryImport(Library)]
    internal static partial Bool8 grad_mode_enabled();

    [LibraryImport(Library)]
    internal static partial void set_grad_mode(Bool8 enabled);

    [LibraryImport(Library)]
    internal static partial nint generator_new(ulong seed);

    [LibraryImport(Library)]
    internal static partial nint generator_default();

    [LibraryImport(Library)]
    internal static partial void generator_dispose(nint generator);

    [LibraryImport(Library)]
    internal static partial void generator_manual_seed(nint generator, ulong seed);

    [LibraryImport(Library)]
    internal static partial ulong generator_seed(nint generator);

    [LibraryImport(Library)]
    internal static partial Tensor generator_get_state(nint generator);

    [LibraryImport(Library)]
    internal static partial Bool8 generator_set_state(nint generator, Tensor state);
}
