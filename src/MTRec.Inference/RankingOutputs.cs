using System.Buffers;
using Microsoft.ML.OnnxRuntime;

namespace MTRec.Inference;

/// <summary>
/// What the graphs answered to one request, in pooled memory that they write in place. A span is empty until its graph has run.
/// For one thread at a time; <see cref="Reset"/> makes it ready for another request.
/// </summary>
public sealed class RankingOutputs : IDisposable
{
    private readonly BundleShape _shape;

    /// <summary>Rents the tensors for <paramref name="count"/> candidates.</summary>
    /// <param name="shape">The bundle's <see cref="Bundle.Shape"/>.</param>
    /// <param name="count">Candidates, 0 or more.</param>
    public RankingOutputs(BundleShape shape, int count)
    {
        _shape = shape;
        Reset(count);
    }

    /// <summary>Number of candidates N.</summary>
    public int Count { get; private set; }

    /// <summary>The action in real units [A], or [N x A] where the policy acts on every candidate alone; empty after the fallback.</summary>
    public ReadOnlySpan<float> Action => ActionBuffer.Computed;

    /// <summary>f [N].</summary>
    public ReadOnlySpan<float> FusionScores => FusionBuffer.Computed;

    /// <summary>Each task's part of f [N x K], where explanations were asked for.</summary>
    public ReadOnlySpan<float> Contributions => ContributionsBuffer.Computed;

    /// <summary>Mean mental reward of a positive response [N].</summary>
    public ReadOnlySpan<float> MentalMean => MeanBuffer.Computed;

    /// <summary>Quantiles of the mental reward of a positive response [N x Q], at tau_i = (2i - 1) / (2Q).</summary>
    public ReadOnlySpan<float> MentalQuantiles => QuantilesBuffer.Computed;

    /// <summary>Q(s, a) [N x 2] for a = skip, positive, where it was asked for.</summary>
    public ReadOnlySpan<float> SoftQ => SoftQBuffer.Computed;

    internal OutputBuffer ActionBuffer { get; } = new();

    internal OutputBuffer FusionBuffer { get; } = new();

    internal OutputBuffer ContributionsBuffer { get; } = new();

    internal OutputBuffer MeanBuffer { get; } = new();

    internal OutputBuffer QuantilesBuffer { get; } = new();

    internal OutputBuffer SoftQBuffer { get; } = new();

    /// <summary>The action [A] that fused one candidate.</summary>
    public ReadOnlySpan<float> ActionOf(int index) => Action.Slice(_shape.ActionPerCandidate ? index * _shape.Actions : 0, _shape.Actions);

    /// <summary>Each task's part [K] of one candidate's f.</summary>
    public ReadOnlySpan<float> ContributionsOf(int index) => Contributions.Slice(index * _shape.Tasks, _shape.Tasks);

    /// <summary>The mental reward's quantiles [Q] of one candidate.</summary>
    public ReadOnlySpan<float> MentalQuantilesOf(int index) => MentalQuantiles.Slice(index * _shape.Quantiles, _shape.Quantiles);

    /// <summary>Forgets all answers and makes room for <paramref name="count"/> candidates.</summary>
    public void Reset(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Count = count;
        ActionBuffer.Reset([_shape.ActionRows(count), _shape.Actions]);
        FusionBuffer.Reset([count]);
        ContributionsBuffer.Reset([count, _shape.Tasks]);
        MeanBuffer.Reset([count]);
        QuantilesBuffer.Reset([count, _shape.Quantiles]);
        SoftQBuffer.Reset([count, 2]);
    }

    /// <summary>Returns the memory to its pool.</summary>
    public void Dispose()
    {
        ActionBuffer.Dispose();
        FusionBuffer.Dispose();
        ContributionsBuffer.Dispose();
        MeanBuffer.Dispose();
        QuantilesBuffer.Dispose();
        SoftQBuffer.Dispose();
    }

    /// <summary>One tensor, rented when something first writes it.</summary>
    internal sealed class OutputBuffer : IDisposable
    {
        private long[] _shape = [];
        private float[] _array = [];
        private OrtValue? _value;
        private int _length;
        private bool _computed;

        public ReadOnlySpan<float> Computed => _computed ? _array.AsSpan(0, _length) : [];

        /// <summary>The memory to write to; what was there is void until <see cref="Finish"/>.</summary>
        public Span<float> Begin()
        {
            _computed = false;
            if (_array.Length < _length)
            {
                ArrayPool<float>.Shared.Return(_array);
                _array = ArrayPool<float>.Shared.Rent(_length);
            }

            return _array.AsSpan(0, _length);
        }

        /// <summary>The memory to write to, as ONNX Runtime sees it.</summary>
        public OrtValue BeginValue()
        {
            Begin();
            return _value ??= OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _array.AsMemory(0, _length), _shape);
        }

        public bool IsFinite() => Finiteness.Of(_array.AsSpan(0, _length));

        public void Finish() => _computed = true;

        public void Reset(long[] shape)
        {
            _computed = false;
            _value?.Dispose();
            _value = null;
            _shape = shape;
            _length = checked((int)shape.Aggregate(1L, (product, size) => product * size));
        }

        public void Dispose()
        {
            Reset([0]);
            if (_array.Length > 0)
                ArrayPool<float>.Shared.Return(_array);
            _array = [];
        }
    }
}
