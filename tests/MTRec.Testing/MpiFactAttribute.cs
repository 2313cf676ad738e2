using System.Diagnostics;
using Xunit;

namespace MTRec.Testing;

/// <summary>A test that starts processes by Open MPI's mpirun and is skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MpiFactAttribute : FactAttribute
{
    /// <summary>Skips the test where mpirun is absent or another MPI's.</summary>
    public MpiFactAttribute() => Skip = Mpi.Absent;
}

/// <summary>Cases that start processes by Open MPI's mpirun and are skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MpiTheoryAttribute : TheoryAttribute
{
    /// <summary>Skips the cases where mpirun is absent or another MPI's.</summary>
    public MpiTheoryAttribute() => Skip = Mpi.Absent;
}

/// <summary>Open MPI's mpirun.</summary>
public static class Mpi
{
    /// <summary>Why tests cannot use it; null where they can.</summary>
    internal static string? Absent { get; } = IsInstalled() ? null : "Open MPI's mpirun is not installed (Debian: openmpi-bin).";

    /// <summary>Starts ranks.</summary>
    /// <param name="arguments">mpirun's, with the program.</param>
    public static RunningProcess Start(params string[] arguments) => RunningProcess.Start(
        "env",
        [
            // Tests may run as root, and beside others on few cores.
            "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", "OMPI_MCA_mpi_yield_when_idle=1",
            "mpirun", "--oversubscribe", "--bind-to", "none", .. arguments,
        ]);

    private static bool IsInstalled()
    {
        try
        {
            using var mpirun = Process.Start(new ProcessStartInfo("mpirun", ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var said = mpirun.StandardOutput.ReadToEnd();
            mpirun.WaitForExit();
            return said.Contains("Open MPI", StringComparison.Ordinal);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
