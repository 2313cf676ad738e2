using MTRec.Core.Features;
using MTRec.Export;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>
/// Raw features [..., F] to numbers that a network can take [..., <see cref="Width"/>]: normalised quantities, then one embedding a
/// category. Statistics and ranges are part of the module and of its graph. Values outside a feature's range count as its ends.
/// </summary>
public sealed class FeatureEncoder : nn.Module<Tensor, Tensor>
{
    // A value further from the mean than this many deviations says no more than that it is far.
    private const float Farthest = 5;

    private readonly Tensor _numeric;
    private readonly Tensor _minimum;
    private readonly Tensor _maximum;
    private readonly Tensor _heavyTailed;
    private readonly Tensor _mean;
    private readonly Tensor _scale;
    private readonly Tensor _categorical;
    private readonly Tensor _largestCode;
    private readonly Tensor _offset;
    private readonly Embedding? _embeddings;
    private readonly int _numericCount;
    private readonly int _categoricalCount;
    private readonly int _embeddingSize;

    /// <summary>Makes an encoder.</summary>
    /// <param name="features">The columns.</param>
    /// <param name="statistics">One a column; those of categories are not read.</param>
    /// <param name="embeddingSize">Numbers a category, 1 or more.</param>
    public FeatureEncoder(IReadOnlyList<FeatureDefinition> features, IReadOnlyList<NumericStatistics> statistics, int embeddingSize)
        : base(nameof(FeatureEncoder))
    {
        var numeric = Places(FeatureType.Numeric);
        var categorical = Places(FeatureType.Categorical);
        _numericCount = numeric.Length;
        _categoricalCount = categorical.Length;
        _embeddingSize = embeddingSize;

        _numeric = tensor(Array.ConvertAll(numeric, i => (long)i));
        _minimum = Column(numeric, i => features[i].Min);
        _maximum = Column(numeric, i => features[i].Max);
        _heavyTailed = Column(numeric, i => statistics[i].HeavyTailed ? 1 : 0);
        _mean = Column(numeric, i => (float)statistics[i].Mean);
        _scale = Column(numeric, i => (float)(1 / statistics[i].Deviation));

        // All categories share one table; each has its rows from an offset on.
        var offset = 0;
        var offsets = Array.ConvertAll(categorical, i => (offset += features[i].Size) - features[i].Size);
        _categorical = tensor(Array.ConvertAll(categorical, i => (long)i));
        _largestCode = Column(categorical, i => features[i].Max);
        _offset = tensor(Array.ConvertAll(offsets, o => (float)o));
        if (categorical.Length > 0)
        {
            _embeddings = nn.Embedding(offset, embeddingSize);
            using (no_grad())
            using (NewDisposeScope())
                nn.init.normal_(_embeddings.weight!, 0, 0.1);
        }

        RegisterComponents();

        int[] Places(FeatureType type) => [.. Enumerable.Range(0, features.Count).Where(i => features[i].Type == type)];

        static Tensor Column(int[] places, Converter<int, float> value) => tensor(Array.ConvertAll(places, value));
    }

    /// <summary>Makes an encoder whose categories have given numbers, which do not learn.</summary>
    /// <param name="features">The columns.</param>
    /// <param name="statistics">One a column; those of categories are not read.</param>
    /// <param name="codes">Numbers of every code of every category, in the order of the columns [codes, <paramref name="embeddingSize"/>], row by row.</param>
    /// <param name="embeddingSize">Numbers a category, 1 or more.</param>
    /// <exception cref="ArgumentException"><paramref name="codes"/> does not fit the categories.</exception>
    public FeatureEncoder(
        IReadOnlyList<FeatureDefinition> features, IReadOnlyList<NumericStatistics> statistics, ReadOnlySpan<float> codes, int embeddingSize)
        : this(features, statistics, embeddingSize)
    {
        if (codes.Length != (_embeddings is null ? 0 : _embeddings.weight!.numel()))
            throw new ArgumentException($"{codes.Length} numbers do not fit the codes of the categories.", nameof(codes));
        if (_embeddings is null)
            return;
        using (no_grad())
        using (NewDisposeScope())
            _embeddings.weight!.copy_(tensor(codes.ToArray(), codes.Length / embeddingSize, embeddingSize));
        _embeddings.weight!.requires_grad = false;
    }

    /// <summary>Columns of the result.</summary>
    public int Width => _numericCount + (_categoricalCount * _embeddingSize);

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (_embeddings is null)
            return Numbers(input);
        var codes = input.index_select(-1, _categorical).floor();
        codes = torch.minimum(codes.clamp_min(0), _largestCode) + _offset;
        var embedded = _embeddings.call(codes.to(ScalarType.Int64)).flatten(-2, -1);
        return _numericCount == 0 ? embedded : cat([Numbers(input), embedded], -1);
    }

    /// <summary>The same in a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="constants">The encoder's constants, shared by all its uses in the graph.</param>
    /// <param name="x">Raw features [n, F].</param>
    public OnnxValue Export(OnnxGraph graph, Constants constants, OnnxValue x)
    {
        var parts = new List<OnnxValue>();
        if (constants.Numbers is { } n)
        {
            var numbers = graph.Min(graph.Max(graph.Gather(x, n.Places, 1), n.Minimum), n.Maximum);
            numbers += n.HeavyTailed * (graph.Log(graph.Relu(numbers) + 1) - numbers);
            parts.Add(graph.Clip((numbers - n.Mean) * n.Scale, -Farthest, Farthest));
        }

        if (constants.Categories is { } c)
        {
            var codes = graph.Min(graph.Relu(graph.Floor(graph.Gather(x, c.Places, 1))), c.LargestCode) + c.Offset;
            var embedded = graph.Gather(c.Embeddings, graph.Cast(codes, OnnxType.Int64));
            parts.Add(graph.Reshape(embedded, 0, _categoricalCount * _embeddingSize));
        }

        return parts.Count == 1 ? parts[0] : graph.Concat(1, [.. parts]);
    }

    /// <summary>Puts the encoder's constants into a graph.</summary>
    public Constants ExportConstants(OnnxGraph graph, string name)
    {
        var numbers = _numericCount == 0 ? null : new NumericConstants(
            graph.Constant(_numeric.Longs(), _numericCount),
            graph.Initializer($"{name}.minimum", _minimum),
            graph.Initializer($"{name}.maximum", _maximum),
            graph.Initializer($"{name}.heavyTailed", _heavyTailed),
            graph.Initializer($"{name}.mean", _mean),
            graph.Initializer($"{name}.scale", _scale));
        var categories = _embeddings is null ? null : new CategoricalConstants(
            graph.Constant(_categorical.Longs(), _categoricalCount),
            graph.Initializer($"{name}.largestCode", _largestCode),
            graph.Initializer($"{name}.offset", _offset),
            graph.Initializer($"{name}.embeddings", _embeddings.weight!));
        return new Constants(numbers, categories);
    }

    /// <summary>An encoder's constants in a graph.</summary>
    public sealed record Constants(NumericConstants? Numbers, CategoricalConstants? Categories);

    /// <summary>Of the quantities.</summary>
    public sealed record NumericConstants(
        OnnxValue Places, OnnxValue Minimum, OnnxValue Maximum, OnnxValue HeavyTailed, OnnxValue Mean, OnnxValue Scale);

    /// <summary>Of the categories.</summary>
    public sealed record CategoricalConstants(OnnxValue Places, OnnxValue LargestCode, OnnxValue Offset, OnnxValue Embeddings);

    private Tensor Numbers(Tensor input)
    {
        var numbers = torch.minimum(torch.maximum(input.index_select(-1, _numeric), _minimum), _maximum);
        numbers += _heavyTailed * ((numbers.relu() + 1).log() - numbers);
        return ((numbers - _mean) * _scale).clamp(-Farthest, Farthest);
    }
}
