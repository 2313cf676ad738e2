using System.Diagnostics.CodeAnalysis;
using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A table <c>[rows, width]</c> looked up by index; standard normal at first, the padding row zero.</summary>
public sealed class Embedding : nn.Module<Tensor, Tensor>
{
    private readonly long _paddingIndex;
    private readonly double? _maxNorm;
    private readonly double _normType;
    private readonly bool _scaleGradByFreq;
    private readonly bool _sparse;
    private readonly SharedParameter _table;

    internal Embedding(Tensor table, bool freeze, long? padding_idx, double? max_norm, double norm_type, bool scale_grad_by_freq, bool sparse)
        : base("torch::nn::EmbeddingImpl")
    {
        _paddingIndex = PaddingIndex(padding_idx, table.shape[0]);
        _maxNorm = max_norm;
        _normType = norm_type;
        _scaleGradByFreq = scale_grad_by_freq;
        _sparse = sparse;
        _table = new SharedParameter(new Parameter(table, !freeze));
        register_parameter(nameof(weight), _table.Share());
    }

    /// <summary>The table, under a new handle each time; setting it replaces the table.</summary>
    [DisallowNull]
    public Parameter? weight
    {
        get => _table.Share();
        set
        {
            _table.Replace(value);
            ConditionallyRegisterParameter(nameof(weight), value);
        }
    }

    internal static Embedding Create(
        long rows, long width, long? padding_idx, double? max_norm, double norm_type, bool scale_grad_by_freq, bool sparse)
    {
        Tensor table = empty([rows, width], ScalarType.Float32);
        nn.init.normal_(table);
        long padding = PaddingIndex(padding_idx, rows);
        if (padding >= 0)
        {
            using Tensor row = table.select(0, padding);
            row.zero_();
        }
        return new Embedding(table, false, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse);
    }

    public override Tensor forward(Tensor input)
    {
        if (_maxNorm is { } bound) Shim.Check(Shim.at_embedding_renorm_(_table.Own, input, bound, _normType));
        return Shim.at_embedding(_table.Own, input, _paddingIndex, _scaleGradByFreq, _sparse);
    }

    private protected override void ReplaceParameter(string name, Parameter old, Parameter replacement)
    {
        old.Dispose();
        weight = replacement;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) _table.Dispose();
    }

    /// <summary>Counted from the start; -1 for none, as libtorch has it.</summary>
    private static long PaddingIndex(long? index, long rows)
    {
        if (index is not { } given) return -1;
        if (given >= rows || given < -rows) throw new ArgumentException("Padding_idx must be within num_embeddings");
        return given < 0 ? given + rows : given;
    }
}
