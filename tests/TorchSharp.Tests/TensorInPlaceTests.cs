using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>A method with an underscore at its end changes its tensor to what the method without would have given.</summary>
public class TensorInPlaceTests
{
    private static readonly Dictionary<string, (Func<Tensor, Tensor> Pure, Func<Tensor, Tensor> InPlace)> Pairs = new()
    {
        ["abs"] = (x => x.abs(), x => x.abs_()),
        ["neg"] = (x => x.neg(), x => x.neg_()),
        ["sign"] = (x => x.sign(), x => x.sign_()),
        ["exp"] = (x => x.exp(), x => x.exp_()),
        ["expm1"] = (x => x.expm1(), x => x.expm1_()),
        ["log"] = (x => x.log(), x => x.log_()),
        ["log1p"] = (x => x.log1p(), x => x.log1p_()),
        ["sqrt"] = (x => x.sqrt(), x => x.sqrt_()),
        ["rsqrt"] = (x => x.rsqrt(), x => x.rsqrt_()),
        ["reciprocal"] = (x => x.reciprocal(), x => x.reciprocal_()),
        ["sin"] = (x => x.sin(), x => x.sin_()),
        ["cos"] = (x => x.cos(), x => x.cos_()),
        ["tanh"] = (x => x.tanh(), x => x.tanh_()),
        ["erf"] = (x => x.erf(), x => x.erf_()),
        ["erfinv"] = (x => x.erfinv(), x => x.erfinv_()),
        ["ceil"] = (x => x.ceil(), x => x.ceil_()),
        ["floor"] = (x => x.floor(), x => x.floor_()),
        ["trunc"] = (x => x.trunc(), x => x.trunc_()),
        ["round"] = (x => x.round(1), x => x.round_(1)),
        ["sigmoid"] = (x => x.sigmoid(), x => x.sigmoid_()),
        ["relu"] = (x => x.relu(), x => x.relu_()),
        ["selu"] = (x => x.selu(), x => x.selu_()),
        ["silu"] = (x => x.silu(), x => x.silu_()),
        ["leaky_relu"] = (x => x.leaky_relu(0.1), x => x.leaky_relu_(0.1)),
        ["hardtanh"] = (x => x.hardtanh(-0.3, 0.3), x => x.hardtanh_(-0.3, 0.3)),
        ["add"] = (x => x.add(Other), x => x.add_(Other)),
        ["add alpha"] = (x => x.add(Other, 0.3), x => x.add_(Other, 0.3)),
        ["add scalar"] = (x => x.add(2), x => x.add_(2)),
        ["sub"] = (x => x.sub(Other), x => x.sub_(Other)),
        ["mul"] = (x => x.mul(Other), x => x.mul_(Other)),
        ["mul scalar"] = (x => x.mul(0.4), x => x.mul_(0.4)),
        ["div"] = (x => x.div(Other), x => x.div_(Other)),
        ["div scalar"] = (x => x.div(0.4, RoundingMode.floor), x => x.div_(0.4, RoundingMode.floor)),
        ["pow"] = (x => x.pow(3), x => x.pow_(3)),
        ["remainder"] = (x => x.remainder(0.3), x => x.remainder_(0.3)),
        ["fmod"] = (x => x.fmod(Other), x => x.fmod_(Other)),
        ["addcmul"] = (x => x.addcmul(Other, Other, 0.3), x => x.addcmul_(Other, Other, 0.3)),
        ["addcdiv"] = (x => x.addcdiv(Other, Other, 0.3), x => x.addcdiv_(Other, Other, 0.3)),
        ["lerp"] = (x => x.lerp(Other, Other), x => x.lerp_(Other, Other)),
        ["clamp"] = (x => x.clamp(-0.2, 0.2), x => x.clamp_(-0.2, 0.2)),
        ["clamp_min"] = (x => x.clamp_min(0), x => x.clamp_min_(0)),
        ["clamp_max"] = (x => x.clamp_max(0), x => x.clamp_max_(0)),
        ["nan_to_num"] = (x => x.log().nan_to_num(7), x => x.log_().nan_to_num_(7)),
        ["lt"] = (x => x.lt(0).to_type(ScalarType.Float64), x => x.lt_(0)),
        ["ge"] = (x => x.ge(Other).to_type(ScalarType.Float64), x => x.ge_(Other)),
        ["logical_not"] = (x => x.logical_not().to_type(ScalarType.Float64), x => x.logical_not_()),
        ["tril"] = (x => x.tril(), x => x.tril_()),
        ["triu"] = (x => x.triu(1), x => x.triu_(1)),
        ["masked_fill"] = (x => x.masked_fill(x > 0, 9), x => x.masked_fill_(x > 0, 9)),
        ["scatter"] = (x => x.scatter(0, Index, Other), x => x.scatter_(0, Index, Other)),
        ["scatter_add"] = (x => x.scatter_add(0, Index, Other), x => x.scatter_add_(0, Index, Other)),
        ["index_fill"] = (x => x.index_fill(0, Rows, 3), x => x.index_fill_(0, Rows, 3)),
        ["index_add"] = (x => x.index_add(0, Rows, Other[..2], 1), x => x.index_add_(0, Rows, Other[..2], 1)),
        ["addmm"] = (x => x.addmm(Other, Other.t().mm(Other)), x => x.addmm_(Other, Other.t().mm(Other))),
        ["unsqueeze"] = (x => x.unsqueeze(1), x => x.unsqueeze_(1)),
        ["squeeze"] = (x => x.unsqueeze(1).squeeze(), x => x.unsqueeze_(1).squeeze_()),
        ["transpose"] = (x => x.transpose(0, 1), x => x.transpose_(0, 1)),
    };

    public static TheoryData<string> Names => [.. Pairs.Keys];

    private static Tensor Other => linspace(-0.9, 0.85, 12, ScalarType.Float64).reshape(4, 3);

    private static Tensor Index => tensor(new[,] { { 0L, 1L, 2L }, { 3L, 0L, 1L }, { 2L, 3L, 0L }, { 1L, 2L, 3L } });

    private static Tensor Rows => tensor(new[] { 3L, 1L });

    [Theory]
    [MemberData(nameof(Names))]
    public void Changes_the_tensor_and_returns_it(string name)
    {
        using var scope = NewDisposeScope();
        var (pure, inPlace) = Pairs[name];
        var x = linspace(-0.8, 0.9, 12, ScalarType.Float64).reshape(4, 3);

        var expected = pure(x.clone());
        var changed = x.clone();
        var returned = inPlace(changed);

        Assert.Same(changed, returned);
        Assert.Equal(expected.shape, changed.shape);
        Assert.True(changed.allclose(expected, 1e-12, 1e-12, equal_nan: true), $"{name}: {changed} differs from the pure result");
    }
}
