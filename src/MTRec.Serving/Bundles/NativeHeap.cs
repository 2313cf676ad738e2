using System.Runtime.InteropServices;

namespace MTRec.Serving.Bundles;

/// <summary>
/// The C library's heap, where ONNX Runtime keeps its graphs. By default glibc raises its limit for blocks of their own with each such block that
/// is freed, to 32 MiB in the end; then bundles that come and go break up the heap, which never shrinks. With a fixed limit it stays flat.
/// </summary>
internal static partial class NativeHeap
{
    private const int MmapThreshold = -3;

    // glibc's own first limit.
    private const int LargeBlock = 128 << 10;

    /// <summary>Has large blocks returned to the machine when they are freed. Other C libraries than glibc stay as they are.</summary>
    public static void ReturnLargeBlocks()
    {
        // Whoever runs the service may know better.
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("MALLOC_MMAP_THRESHOLD_") is not null)
            return;
        try
        {
            _ = SetOption(MmapThreshold, LargeBlock);
        }
        catch (EntryPointNotFoundException)
        {
            // musl: it has no such limit to raise.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetOption(int option, int value);
}
