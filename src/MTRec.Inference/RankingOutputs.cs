using System.Buffers;
using Microsoft.ML.OnnxRuntime;
using MTRec.Core.Bundles;

namespace MTRec.Inference;

/// <summary>
/// What the graphs answered to one request, in pooled memory that they write in place. A span is empty until its graph has run.
/// For one thread at a time; <see cref="Reset"/> makes it ready for another request.
/// </summary>
public sealed class RankingOutputs : IDisposable
{
    private static readonly string[] FusionNames = [BundleLayout.ActionOutput, BundleLayout.FusionScoreOutput];
    private static readonly string[] ExplainedFusionNames = [.. FusionNames, BundleLayout.ContributionsOutput];
    private static readonly string[] RewardNames = [BundleLayout.MeanOutput, BundleLayout.QuantilesOutput];
    private static readonly string[] RewardAndSoftQNames = [.. RewardNames, BundleLayout.SoftQOutput];

    private readonly BundleShape _shape;

    /// <summary>Rents the tensors for <paramref name="count"/> candidates.</summary>
    /// <param name="shape">The bundle's <see cref="Bundle.Shape"/>.</param>
    /// <param name="count">Candidates, 0 or more.</param>
    public RankingOutputs(BundleShape shape, int count)
    {
        _shape = shape;
        ActionBuffer = new OutputBuffer(shape.Actions);
        FusionBuffer = new OutputBuffer(null);
        ContributionsBuffer = new OutputBuffer(shape.Tasks);
        MeanBuffer = new OutputBuffer(null);
        QuantilesBuffer = new OutputBuffer(shape.Quantiles);
        SoftQBuffer = new OutputBuffer(2);
        Fusion = new OutputSet(FusionNames, ActionBuffer, FusionBuffer);
        ExplainedFusion = new OutputSet(ExplainedFusionNames, ActionBuffer, FusionBuffer, ContributionsBuffer);
        Reward = new OutputSet(RewardNames, MeanBuffer, QuantilesBuffer);
        RewardAndSoftQ = new OutputSet(RewardAndSoftQNames, MeanBuffer, QuantilesBuffer, SoftQBuffer);
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

    internal OutputBuffer ActionBuffer { get; }

    internal OutputBuffer FusionBuffer { get; }

    internal OutputBuffer ContributionsBuffer { get; }

    internal OutputBuffer MeanBuffer { get; }

    internal OutputBuffer QuantilesBuffer { get; }

    internal OutputBuffer SoftQBuffer { get; }

    /// <summary>What the policy answers.</summary>
    internal OutputSet Fusion { get; }

    /// <summary>What the policy answers to explain itself.</summary>
    internal OutputSet ExplainedFusion { get; }

    /// <summary>What the mental reward answers.</summary>
    internal OutputSet Reward { get; }

    /// <summary>The same with Q(s, a).</summary>
    internal OutputSet RewardAndSoftQ { get; }

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
        ActionBuffer.Reset(_shape.ActionRows(count));
        FusionBuffer.Reset(count);
        ContributionsBuffer.Reset(count);
        MeanBuffer.Reset(count);
        QuantilesBuffer.Reset(count);
        SoftQBuffer.Reset(count);
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

    /// <summary>The outputs of one run of a graph.</summary>
    /// <param name="names">Their names; one array for all requests.</param>
    /// <param name="buffers">Their memory.</param>
    internal sealed class OutputSet(string[] names, params OutputBuffer[] buffers)
    {
        private readonly OrtValue[] _values = new OrtValue[buffers.Length];

        public string[] Names => names;

        /// <summary>The memory to write to; what was there is void until <see cref="Finish"/>.</summary>
        public ReadOnlySpan<OrtValue> Begin()
        {
            for (var i = 0; i < buffers.Length; i++)
                _values[i] = buffers[i].BeginValue();
            return _values;
        }

        /// <summary>The first output that holds values that are not finite, or null.</summary>
        public string? NotFinite()
        {
            var place = Array.FindIndex(buffers, static buffer => !buffer.IsFinite());
            return place < 0 ? null : names[place];
        }

        public void Finish()
        {
            foreach (var buffer in buffers)
                buffer.Finish();
        }
    }

    /// <summary>One tensor, rented when something first writes it. Its view for ONNX Runtime is kept from one request to the next of the same size.</summary>
    /// <param name="columns">Its columns; null for a tensor [N].</param>
    internal sealed class OutputBuffer(int? columns) : IDisposable
    {
        private float[] _array = [];
        private OrtValue? _value;
        private int _valueRows;
        private int _rows;
        private bool _computed;

        public ReadOnlySpan<float> Computed => _computed ? _array.AsSpan(0, Length) : [];

        private int Length => checked(_rows * (columns ?? 1));

        /// <summary>The memory to write to; what was there is void until <see cref="Finish"/>.</summary>
        public Span<float> Begin()
        {
            _computed = false;
            if (_array.Length < Length)
            {
                Free();
                _array = ArrayPool<float>.Shared.Rent(Length);
            }

            return _array.AsSpan(0, Length);
        }

        /// <summary>The memory to write to, as ONNX Runtime sees it.</summary>
        public OrtValue BeginValue()
        {
            Begin();
            if (_value is not null && _valueRows == _rows)
                return _value;
            _value?.Dispose();
            _valueRows = _rows;
            return _value = OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance, _array.AsMemory(0, Length), columns is { } width ? [_rows, width] : [_rows]);
        }

        public bool IsFinite() => Finiteness.Of(_array.AsSpan(0, Length));

        public void Finish() => _computed = true;

        public void Reset(int rows)
        {
            _computed = false;
            _rows = rows;
        }

        public void Dispose()
        {
            Reset(0);
            Free();
        }

        // Whoever rents the memory next must not be written to through an old view.
        private void Free()
        {
            _value?.Dispose();
            _value = null;
            if (_array.Length > 0)
                ArrayPool<float>.Shared.Return(_array);
            _array = [];
        }
    }
}
