using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace TorchSharp.Interop;

/// <summary>
/// Which of its kernels OpenBLAS, Debian's matrix product under libtorch, takes. It goes by the processor's model number, and where it is older than
/// the processor falls back to its oldest kernel (SSE3), which is several times slower; so it is told by what the processor can do.
/// </summary>
internal static partial class MatrixKernels
{
    private const string Variable = "OPENBLAS_CORETYPE";

    /// <summary>OpenBLAS's name of the kernel for this processor; null where OpenBLAS is to choose.</summary>
    internal static string? OfProcessor =>
        Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported && Avx512CD.IsSupported ? "SkylakeX"
        : Avx2.IsSupported && Fma.IsSupported ? "Haswell"
        : null;

    // OpenBLAS reads its environment when it is loaded, which is at the first call of the shim; a choice from outside stays.
#pragma warning disable CA2255 // It must come before whatever calls the shim first.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Choose()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(Variable) is not null || OfProcessor is not { } kernel)
            return;

        // The runtime's environment, which programs that are started inherit, is a copy of the one that libraries read.
        Environment.SetEnvironmentVariable(Variable, kernel);
        _ = SetVariable(Variable, kernel, 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
