using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MTRec.Core.Events;

/// <summary>
/// Opens an event file to read while its writer holds a lock on it. On Unix .NET takes an advisory lock on every file that it opens by name, which the writer's
/// excludes whatever <see cref="FileShare"/> says; a descriptor that it is handed it takes as it is.
/// </summary>
public static partial class UnlockedFile
{
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;
    private const int NoSuchFile = 2;

    /// <summary>Opens.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static FileStream OpenRead(string path)
    {
        if (!OperatingSystem.IsLinux())
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var descriptor = Open(path, ReadOnly | CloseOnExec);
        if (descriptor >= 0)
            return new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0);
        var error = Marshal.GetLastPInvokeError();
        throw error == NoSuchFile ? new FileNotFoundException(null, path) : new IOException($"{path}: {new Win32Exception(error).Message}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);
}
