using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using static TorchSharp.torch;

namespace MTRec.Learning.Distributed;

/// <summary>
/// The processes ("ranks") that train one model together, data-parallel over Open MPI: all hold the same parameters and draw the same batch, each
/// learns from its <see cref="BatchSlice"/>, and <see cref="Descent"/> sums their gradients. So the batch of the options is the batch of all
/// ranks together. A process that mpirun did not start is alone and touches no MPI; it takes every batch in the parts that ranks would, one after the
/// other, so that what two ranks learn is its own to the bit: rounding alone would grow, within some hundred steps, to what can be seen.
/// </summary>
public sealed class World : IDisposable
{
    private const string SizeVariable = "OMPI_COMM_WORLD_SIZE";
    private const string RankVariable = "OMPI_COMM_WORLD_RANK";
    private const string LocalSizeVariable = "OMPI_COMM_WORLD_LOCAL_SIZE";

    // The sum of two numbers is the same in any order.
    private const int UsualParts = 2;

    // What MPICH's and Intel's mpirun tell their processes.
    private const string OtherSizeVariable = "PMI_SIZE";

    private readonly OpenMpi? _mpi;
    private readonly int _localSize;
    private readonly int _parts;
    private readonly Action<StepLoss>? _told;
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    private World(OpenMpi? mpi, int localSize, int parts, Action<StepLoss>? told)
    {
        (_mpi, _localSize, _parts) = (mpi, localSize, parts);
        _told = IsFirst ? told : null;
    }

    /// <summary>A process by itself, that no ranks will be compared with: it takes batches whole.</summary>
    public static World Alone { get; } = new(null, 1, 1, null);

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
    /// <param name="parts">Parts that batches are taken in, as many as ranks or more; null for 2, or one a rank of more.</param>
    /// <exception cref="WorldException">Open MPI is absent or refuses, another MPI started this process, or there are more ranks than parts.</exception>
    public static World Join(Action<StepLoss>? told = null, int? parts = null)
    {
        var size = Variable(SizeVariable);
        if (parts < size)
            throw new WorldException($"{size} ranks cannot share batches of {parts} parts.");
        if (size > 1)
            return new World(OpenMpi.Start(), Math.Max(1, Variable(LocalSizeVariable)), parts ?? Math.Max(UsualParts, size), told);
        return Variable(OtherSizeVariable) > 1 && size == 0
            ? throw new WorldException("Another MPI's mpirun started this process; MTRec trains over Open MPI: use its mpirun.")
            : new World(null, 1, parts ?? UsualParts, told);
    }

    /// <summary>The parts of batches that this process learns from.</summary>
    /// <param name="seed">Decides what is drawn while it learns.</param>
    public BatchParts Parts(int seed) => new(this, Enumerable.Range(0, _parts).Where(part => part % Size == Rank), _parts, seed);

    /// <summary>Whole batches on every rank: for steps that all make alike.</summary>
    /// <param name="seed">Decides what is drawn while they learn.</param>
    public BatchParts Whole(int seed) => new(this, [0], 1, seed);

    /// <summary>This rank's of some batches that the ranks share: results go into arrays of 0, which <see cref="Sum(Span{float})"/> then joins.</summary>
    public IEnumerable<int[]> Share(IEnumerable<int[]> batches) => batches.Where((_, i) => i % Size == Rank);

    /// <summary>Every rank's values become the sums over all ranks.</summary>
    public void Sum(Span<float> values) => _mpi?.Sum(values);

    /// <inheritdoc cref="Sum(Span{float})"/>
    public void Sum(Span<double> values) => _mpi?.Sum(values);

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
    /// While it lives, the parts of batches that one machine learns from share the threads of a tensor operation, whether ranks take them at once or one process
    /// in turn: the number of threads decides the rounding, and so the result, to the bit. What every rank computes whole keeps all of them.
    /// </summary>
    public ThreadShare ShareThreads() => new(_parts * _localSize / Size);

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

        internal ThreadShare(int parts)
        {
            _all = get_num_threads();
            if (parts > 1)
                set_num_threads(Math.Max(1, _all / parts));
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            if (get_num_threads() != _all)
                set_num_threads(_all);
        }
    }
}
