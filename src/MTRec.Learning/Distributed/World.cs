using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using static TorchSharp.torch;

namespace MTRec.Learning.Distributed;

/// <summary>
/// The processes ("ranks") that train one model together, data-parallel over Open MPI: all hold the same parameters and draw the same batch, each
/// learns from its <see cref="BatchSlice"/>, and <see cref="Descent"/> sums their gradients. So the batch of the options is the batch of all
/// ranks together, and the result that of one process but for rounding. A process that mpirun did not start is alone and touches no MPI.
/// </summary>
public sealed class World : IDisposable
{
    private const string SizeVariable = "OMPI_COMM_WORLD_SIZE";
    private const string RankVariable = "OMPI_COMM_WORLD_RANK";
    private const string LocalSizeVariable = "OMPI_COMM_WORLD_LOCAL_SIZE";

    // What MPICH's and Intel's mpirun tell their processes.
    private const string OtherSizeVariable = "PMI_SIZE";

    private readonly OpenMpi? _mpi;
    private readonly int _localSize;
    private readonly Action<StepLoss>? _told;
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    private World(OpenMpi? mpi, int localSize, Action<StepLoss>? told)
    {
        (_mpi, _localSize) = (mpi, localSize);
        _told = IsFirst ? told : null;
    }

    /// <summary>A process by itself.</summary>
    public static World Alone { get; } = new(null, 1, null);

    /// <summary>Whether mpirun started this process. Its standard output is then a terminal that leads to mpirun, wherever that writes.</summary>
    public static bool IsStarted => Variable(SizeVariable) > 0;

    /// <summary>Whether mpirun started this process as another rank than the first: who prints nothing that rank 0 prints already.</summary>
    public static bool IsStartedAsFollower => Variable(RankVariable) > 0;

    /// <summary>This process's number, from 0.</summary>
    public int Rank => _mpi?.Rank ?? 0;

    /// <summary>Number of processes, 1 or more.</summary>
    public int Size => _mpi?.Size ?? 1;

    /// <summary>Whether this is rank 0, the one that prints and writes files.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>Joins the ranks that mpirun started together with this process, or begins alone. Once a process; dispose of it at the end of the work.</summary>
    /// <param name="told">Told of every step's loss on rank 0; may be null.</param>
    /// <exception cref="WorldException">Open MPI is absent or refuses, or another MPI started this process.</exception>
    public static World Join(Action<StepLoss>? told = null)
    {
        if (Variable(SizeVariable) > 1)
            return new World(OpenMpi.Start(), Math.Max(1, Variable(LocalSizeVariable)), told);
        return Variable(OtherSizeVariable) > 1 && Variable(SizeVariable) == 0
            ? throw new WorldException("Another MPI's mpirun started this process; MTRec trains over Open MPI: use its mpirun.")
            : new World(null, 1, told);
    }

    /// <summary>The part of a batch that this rank learns from.</summary>
    /// <param name="rows">Rows of the whole batch, 1 or more.</param>
    public BatchSlice Slice(long rows) => new(this, rows, Rank, Size);

    /// <summary>A whole batch on every rank: for steps that all make alike.</summary>
    /// <param name="rows">Rows of the batch.</param>
    public BatchSlice Whole(long rows) => new(this, rows, 0, 1);

    /// <summary>This rank's of some batches that the ranks share: results go into arrays of 0, which <see cref="Sum(Span{float})"/> then joins.</summary>
    public IEnumerable<int[]> Share(IEnumerable<int[]> batches) => batches.Where((_, i) => i % Size == Rank);

    /// <summary>Every rank's values become the sums over all ranks.</summary>
    public void Sum(Span<float> values) => _mpi?.Sum(values);

    /// <inheritdoc cref="Sum(Span{float})"/>
    public void Sum(Span<double> values) => _mpi?.Sum(values);

    /// <summary>The largest of all ranks' values.</summary>
    public double Max(double value)
    {
        Span<double> values = [value];
        _mpi?.Max(values);
        return values[0];
    }

    /// <summary>Every rank's bytes become those of rank 0.</summary>
    public void TakeFromFirst(Span<byte> bytes) => _mpi?.Broadcast(bytes);

    /// <summary>Rank 0's value.</summary>
    public int FromFirst(int value)
    {
        Span<int> values = [value];
        TakeFromFirst(MemoryMarshal.AsBytes(values));
        return values[0];
    }

    /// <summary>Makes sure that all ranks hold the same, by its SHA-256.</summary>
    /// <param name="what">What it is, for the message.</param>
    /// <param name="content">This rank's.</param>
    /// <exception cref="WorldException">Some have another than rank 0; thrown on every rank, the message names them.</exception>
    public void RequireSame(string what, ReadOnlySpan<byte> content)
    {
        if (_mpi is null)
            return;
        var own = SHA256.HashData(content);
        var first = own.ToArray();
        _mpi.Broadcast(first);
        var differs = new double[Size];
        differs[Rank] = own.AsSpan().SequenceEqual(first) ? 0 : 1;
        _mpi.Sum(differs);
        var others = Enumerable.Range(0, Size).Where(rank => differs[rank] > 0).Select(rank => rank.ToString(CultureInfo.InvariantCulture)).ToArray();
        if (others.Length > 0)
            throw new WorldException($"The ranks cannot train together: {what} on rank {string.Join(", ", others)} not those of rank 0.");
    }

    /// <summary>
    /// While it lives, the ranks of one machine share the threads that one process would use for a tensor operation. What every rank computes whole
    /// keeps all threads: their number decides the rounding, and so the result, to the bit.
    /// </summary>
    public ThreadShare ShareThreads() => new(_localSize);

    /// <summary>Ends all ranks at once, this one included; does nothing alone.</summary>
    /// <param name="exitCode">What mpirun is to end with.</param>
    public void Abort(int exitCode) => _mpi?.Abort(exitCode);

    /// <summary>Waits for the other ranks and leaves them.</summary>
    public void Dispose()
    {
        if (_mpi is not null)
            OpenMpi.Stop();
    }

    internal void Tell(string name, int step, double loss) => _told?.Invoke(new StepLoss(name, step, loss, _clock.Elapsed.TotalSeconds));

    private static int Variable(string name) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : 0;

    /// <summary>Fewer threads, until it is disposed of.</summary>
    public readonly struct ThreadShare : IDisposable
    {
        private readonly int _all;

        internal ThreadShare(int ranks)
        {
            _all = get_num_threads();
            if (ranks > 1)
                set_num_threads(Math.Max(1, _all / ranks));
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            if (get_num_threads() != _all)
                set_num_threads(_all);
        }
    }
}
