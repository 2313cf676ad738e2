using System.Runtime.InteropServices;
using TorchSharp.Interop;
using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Polyfill;

/// <summary>OpenBLAS must not fall back to its oldest kernel where the processor can do more.</summary>
public class MatrixKernelsTests
{
    private const string OpenBlas = "libopenblas.so.0";

    [OpenBlasFact]
    public void OpenBlas_takes_the_kernel_of_the_processor()
    {
        using var product = ones(2, 2).matmul(ones(2, 2));

        Assert.Equal(Environment.GetEnvironmentVariable("OPENBLAS_CORETYPE"), CoreName(), ignoreCase: true);
    }

    [PythonTorchFact]
    public void Programs_that_are_started_take_the_same()
    {
        var (output, errors, code) = PythonTorch.Run(["-c", "import os; print(os.environ.get('OPENBLAS_CORETYPE'))"], string.Empty);

        Assert.True(code == 0, errors);
        Assert.Equal(Environment.GetEnvironmentVariable("OPENBLAS_CORETYPE") ?? "None", output.Trim());
    }

    private static string? CoreName()
    {
        var function = NativeLibrary.GetExport(NativeLibrary.Load(OpenBlas), "openblas_get_corename");
        return Marshal.PtrToStringUTF8(Marshal.GetDelegateForFunctionPointer<GetCoreName>(function)());
    }

    private delegate nint GetCoreName();

    /// <summary>A fact about OpenBLAS on a processor that <see cref="MatrixKernels"/> knows a kernel for.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class OpenBlasFactAttribute : FactAttribute
    {
        public OpenBlasFactAttribute() => Skip =
            MatrixKernels.OfProcessor is null ? "The processor has neither AVX2 nor AVX-512."
            : NativeLibrary.TryLoad(OpenBlas, out _) ? null
            : "OpenBLAS is not installed.";
    }
}
