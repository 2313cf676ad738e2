using System.Buffers;
using Microsoft.ML.OnnxRuntime;
using MTRec.Core.Bundles;

namespace MTRec.Inference;

/// <summary>
/// The tensors of one request, in pooled memory that the graphs read in place. All values start at the bundle's defaults.
/// For one thread at a time; <see cref="Reset"/> makes it ready for another request.
/// </summary>
public sealed class RankingInputs : IDisposable
{
    private readonly BundleShape _shape;
    private readonly InputBuffer _context;
    private readonly InputBuffer _user;
    private readonly InputBuffer _history;
    private readonly InputBuffer _candidates;
    private readonly InputBuffer _scores;
    private readonly Dictionary<GraphSession, GraphBinding> _bindings = [];

    /// <summary>Rents the tensors for <paramref name="count"/> candidates.</summary>
    /// <param name="shape">The bundle's <see cref="Bundle.Shape"/>.</param>
    /// <param name="count">Candidates, 0 or more; <see cref="Resize"/> changes it.</param>
    public RankingInputs(BundleShape shape, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _shape = shape;
        _context = new InputBuffer([1, shape.Context]);
        _user = new InputBuffer([1, shape.User]);
        _history = new InputBuffer([1, shape.HistoryLength, shape.HistoryWidth]);
        _candidates = new InputBuffer([0, shape.ItemWidth]);
        _scores = new InputBuffer([0, shape.Tasks]);
        Reset(count);
    }

    /// <summary>Number of candidates N.</summary>
    public int Count { get; private set; }

    /// <summary>Context features [C].</summary>
    public Span<float> Context => _context.Span;

    /// <summary>User features [U].</summary>
    public Span<float> User => _user.Span;

    /// <summary>The latest impressions [H x W], row by row; zeros are no impressions.</summary>
    public Span<float> History => _history.Span;

    /// <summary>The candidates [N x (1 + I)], row by row.</summary>
    public Span<float> Candidates => _candidates.Span;

    /// <summary>Task scores [N x K], row by row, in the tasks' own units.</summary>
    public Span<float> Scores => _scores.Span;

    /// <summary>The row [1 + I] of one candidate.</summary>
    public Span<float> Candidate(int index) => _candidates.Span.Slice(index * _shape.ItemWidth, _shape.ItemWidth);

    /// <summary>The task scores [K] of one candidate.</summary>
    public Span<float> ScoresOf(int index) => _scores.Span.Slice(index * _shape.Tasks, _shape.Tasks);

    /// <summary>Changes the number of candidates; the rows in front stay, new rows hold defaults. Spans taken before are stale.</summary>
    public void Resize(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count < Count)
        {
            _candidates.Shrink(count);
            _scores.Shrink(count);
            Count = count;
        }

        while (Count < count)
            Add();
    }

    /// <summary>Adds a candidate that holds defaults. Spans taken before are stale.</summary>
    public void Add()
    {
        _candidates.Append(_shape.Assembler.DefaultItem);
        _scores.Append(_shape.DefaultScores);
        Count++;
    }

    /// <summary>Puts everything back to defaults, with <paramref name="count"/> candidates.</summary>
    public void Reset(int count)
    {
        _shape.Assembler.DefaultContext.CopyTo(Context);
        _shape.Assembler.DefaultUser.CopyTo(User);
        History.Clear();
        Resize(0);
        Resize(count);
    }

    /// <summary>Returns the memory to its pool.</summary>
    public void Dispose()
    {
        foreach (var binding in _bindings.Values)
            binding.Dispose();
        _bindings.Clear();
        _context.Dispose();
        _user.Dispose();
        _history.Dispose();
        _candidates.Dispose();
        _scores.Dispose();
    }

    internal GraphBinding BindingTo(GraphSession graph)
    {
        if (!_bindings.TryGetValue(graph, out var binding))
            _bindings.Add(graph, binding = graph.Bind());
        return binding;
    }

    internal OrtValue Value(string input) => input switch
    {
        BundleLayout.ContextInput => _context.Value,
        BundleLayout.UserInput => _user.Value,
        BundleLayout.HistoryInput => _history.Value,
        BundleLayout.CandidatesInput => _candidates.Value,
        BundleLayout.Scores => _scores.Value,
        _ => throw new ArgumentException($"No graph reads '{input}'.", nameof(input)),
    };

    /// <summary>
    /// One pooled tensor. Its view for ONNX Runtime pins the memory, and is kept from one request to the next of the same size.
    /// </summary>
    private sealed class InputBuffer(long[] shape) : IDisposable
    {
        private readonly int _rowLength = checked((int)shape.Skip(1).Aggregate(1L, (product, size) => product * size));
        private float[]? _array = ArrayPool<float>.Shared.Rent(checked((int)shape.Aggregate(1L, (product, size) => product * size)));
        private OrtValue? _value;
        private long _valueRows;

        public Span<float> Span => Array.AsSpan(0, Length);

        public OrtValue Value
        {
            get
            {
                if (_value is not null && _valueRows == shape[0])
                    return _value;
                _value?.Dispose();
                _valueRows = shape[0];
                return _value = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, Array.AsMemory(0, Length), shape);
            }
        }

        private float[] Array => _array ?? throw new ObjectDisposedException(nameof(RankingInputs));

        private int Length => checked((int)shape[0] * _rowLength);

        public void Shrink(int rows) => shape[0] = rows;

        public void Append(ReadOnlySpan<float> row)
        {
            var length = Length;
            if (Array.Length - length < _rowLength)
            {
                var larger = ArrayPool<float>.Shared.Rent(checked(Math.Max(length + _rowLength, 2 * Array.Length)));
                Span.CopyTo(larger);
                Free();
                _array = larger;
            }

            row.CopyTo(Array.AsSpan(length, _rowLength));
            shape[0]++;
        }

        public void Dispose()
        {
            if (_array is not null)
                Free();
            _array = null;
        }

        // Whoever rents the memory next must not be seen through an old view.
        private void Free()
        {
            _value?.Dispose();
            _value = null;
            ArrayPool<float>.Shared.Return(Array);
        }
    }
}
