using System.Runtime.InteropServices;

namespace MTRec.Learning.Distributed;

/// <summary>
/// The part of Open MPI's C API (versions 4 and 5) that training needs. Its handles are the addresses of objects that the library exports, not
/// numbers as in other MPIs: hence Open MPI's mpirun alone.
/// </summary>
internal sealed partial class OpenMpi
{
    private const string Library = "libmpi.so.40";

    // MPI_THREAD_SERIALIZED: several threads call, one at a time. A training moves between threads.
    private const int Serialized = 2;
    private const int Success = 0;

    // MPI_IN_PLACE.
    private static readonly nint InPlace = 1;

    private readonly nint _world;
    private readonly nint _float;
    private readonly nint _double;
    private readonly nint _byte;
    private readonly nint _sum;

    private OpenMpi(nint library)
    {
        _world = NativeLibrary.GetExport(library, "ompi_mpi_comm_world");
        _float = NativeLibrary.GetExport(library, "ompi_mpi_float");
        _double = NativeLibrary.GetExport(library, "ompi_mpi_double");
        _byte = NativeLibrary.GetExport(library, "ompi_mpi_byte");
        _sum = NativeLibrary.GetExport(library, "ompi_mpi_op_sum");
    }

    public int Rank { get; private set; }

    public int Size { get; private set; }

    /// <summary>MPI_Init, once a process.</summary>
    /// <exception cref="WorldException">Open MPI is absent or refuses.</exception>
    public static OpenMpi Start()
    {
        if (!NativeLibrary.TryLoad(Library, typeof(OpenMpi).Assembly, null, out var library))
            throw new WorldException($"mpirun started this process, and Open MPI's {Library} is not installed (Debian: openmpi-bin).");
        Check(MPI_Init_thread(0, 0, Serialized, out var provided));
        if (provided < Serialized)
            throw new WorldException("This Open MPI was built without support for threads (MPI_THREAD_SERIALIZED).");
        var mpi = new OpenMpi(library);
        Check(MPI_Comm_rank(mpi._world, out var rank));
        Check(MPI_Comm_size(mpi._world, out var size));
        (mpi.Rank, mpi.Size) = (rank, size);
        return mpi;
    }

    /// <summary>Every rank's values become the sums over all ranks, in place.</summary>
    public void Sum(Span<float> values) => Check(MPI_Allreduce(InPlace, ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(values)), values.Length, _float, _sum, _world));

    /// <inheritdoc cref="Sum(Span{float})"/>
    public void Sum(Span<double> values) => Check(MPI_Allreduce(InPlace, ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(values)), values.Length, _double, _sum, _world));

    /// <summary>Every rank's bytes become those of rank 0.</summary>
    public void Broadcast(Span<byte> bytes) => Check(MPI_Bcast(ref MemoryMarshal.GetReference(bytes), bytes.Length, _byte, 0, _world));

    /// <summary>Ends all ranks at once.</summary>
    public void Abort(int exitCode) => Check(MPI_Abort(_world, exitCode));

    /// <summary>Waits for all ranks and leaves.</summary>
    public static void Stop() => Check(MPI_Finalize());

    // Open MPI itself ends the job where a call fails; what returns an error all the same must not go on.
    private static void Check(int result)
    {
        if (result != Success)
            throw new WorldException($"A call of Open MPI failed with error {result}.");
    }

    [LibraryImport(Library)]
    private static partial int MPI_Init_thread(nint argc, nint argv, int required, out int provided);

    [LibraryImport(Library)]
    private static partial int MPI_Comm_rank(nint communicator, out int rank);

    [LibraryImport(Library)]
    private static partial int MPI_Comm_size(nint communicator, out int size);

    [LibraryImport(Library)]
    private static partial int MPI_Allreduce(nint send, ref byte receive, int count, nint type, nint operation, nint communicator);

    [LibraryImport(Library)]
    private static partial int MPI_Bcast(ref byte buffer, int count, nint type, int root, nint communicator);

    [LibraryImport(Library)]
    private static partial int MPI_Abort(nint communicator, int exitCode);

    [LibraryImport(Library)]
    private static partial int MPI_Finalize();
}
