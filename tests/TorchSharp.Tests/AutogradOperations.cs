using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>A differentiable function and the point at which its gradient is checked.</summary>
/// <param name="Apply">Takes the inputs and gives a tensor of any shape.</param>
/// <param name="Inputs">Makes the inputs, all of type Float64; every one of them is differentiated.</param>
public sealed record DifferentiableOperation(Func<Tensor[], Tensor> Apply, Func<Tensor[]> Inputs);

/// <summary>Every differentiable operation of the tensor core, by name.</summary>
public static class AutogradOperations
{
    private static readonly Dictionary<string, DifferentiableOperation> Table = [];

    static AutogradOperations()
    {
        AddPointwise();
        AddActivations();
        AddArithmetic();
        AddReductions();
        AddShapes();
        AddIndexing();
        AddOrderings();
        AddLinearAlgebra();
        AddInPlace();
    }

    public static IReadOnlyDictionary<string, DifferentiableOperation> All => Table;

    private static void AddPointwise()
    {
        One("abs", x => x.abs(), Real);
        One("neg", x => x.neg(), Real);
        One("minus operator", x => -x, Real);
        One("exp", x => x.exp(), Real);
        One("exp2", x => x.exp2(), Real);
        One("expm1", x => x.expm1(), Real);
        One("log", x => x.log(), Positive);
        One("log2", x => x.log2(), Positive);
        One("log10", x => x.log10(), Positive);
        One("log1p", x => x.log1p(), Positive);
        One("sqrt", x => x.sqrt(), Positive);
        One("rsqrt", x => x.rsqrt(), Positive);
        One("square", x => x.square(), Real);
        One("reciprocal", x => x.reciprocal(), Positive);
        One("sin", x => x.sin(), Real);
        One("cos", x => x.cos(), Real);
        One("tan", x => x.tan(), Unit);
        One("asin", x => x.asin(), Unit);
        One("acos", x => x.acos(), Unit);
        One("atan", x => x.atan(), Real);
        One("sinh", x => x.sinh(), Real);
        One("cosh", x => x.cosh(), Real);
        One("tanh", x => x.tanh(), Real);
        One("erf", x => x.erf(), Real);
        One("erfc", x => x.erfc(), Real);
        One("erfinv", x => x.erfinv(), Unit);
        One("lgamma", x => x.lgamma(), Positive);
        One("digamma", x => x.digamma(), Positive);
        One("frac", x => x.frac(), Unit);
        One("floor", x => x.floor() + x, Unit);
        One("round", x => x.round() + x, Real);
        One("sign", x => x.sign() * x, Real);
        One("nan_to_num", x => x.nan_to_num(), Real);
    }

    private static void AddActivations()
    {
        One("sigmoid", x => x.sigmoid(), Real);
        One("log_sigmoid", x => x.log_sigmoid(), Real);
        One("relu", x => x.relu(), Real);
        One("relu6", x => x.relu6(), Real);
        One("leaky_relu", x => x.leaky_relu(0.1), Real);
        One("elu", x => x.elu(0.7), Real);
        One("selu", x => x.selu(), Real);
        One("silu", x => x.silu(), Real);
        One("gelu", x => x.gelu(), Real);
        One("softplus", x => x.softplus(2), Real);
        One("hardtanh", x => x.hardtanh(-0.5, 0.9), Real);
        One("softmax", x => x.softmax(1), Real);
        One("torch.softmax", x => torch.softmax(x, 0), Real);
        One("log_softmax", x => x.log_softmax(-1), Real);
    }

    private static void AddArithmetic()
    {
        Two("add", (x, y) => x + y, Real, Real);
        Two("add alpha", (x, y) => x.add(y, 0.3), Real, Real);
        Two("sub", (x, y) => x - y, Real, Real);
        Two("mul", (x, y) => x * y, Real, Real);
        Two("div", (x, y) => x / y, Real, Positive);
        Two("broadcast mul", (x, y) => x * y, Real, () => Sample(3));
        One("scalar minus tensor", x => 1 - x, Real);
        One("scalar over tensor", x => 2.0 / x, Positive);
        One("tensor times float", x => x * 0.5f, Real);
        One("tensor modulo scalar", x => x % 0.9, Real);
        Two("remainder", (x, y) => x.remainder(y), Positive, Large);
        Two("fmod", (x, y) => x.fmod(y), Positive, Large);
        Two("pow", (x, y) => x.pow(y), Positive, Real);
        One("pow scalar", x => x.pow(2.5), Positive);
        Two("atan2", (x, y) => x.atan2(y), Real, Positive);
        Two("logaddexp", (x, y) => x.logaddexp(y), Real, Real);
        Two("xlogy", (x, y) => x.xlogy(y), Positive, Positive);
        Two("maximum", (x, y) => x.maximum(y), Real, Real);
        Two("minimum", (x, y) => x.minimum(y), Real, Real);
        Two("fmax", (x, y) => x.fmax(y), Real, Real);
        Two("fmin", (x, y) => x.fmin(y), Real, Real);
        Three("addcmul", (x, y, z) => x.addcmul(y, z, 0.7), Real, Real, Real);
        Three("addcdiv", (x, y, z) => x.addcdiv(y, z, 0.7), Real, Real, Positive);
        Three("lerp", (x, y, z) => x.lerp(y, z), Real, Real, Unit);
        One("clamp", x => x.clamp(-0.4, 0.6), Real);
        One("clamp_min", x => x.clamp_min(-0.3), Real);
        One("clamp_max", x => x.clamp_max(0.3), Real);
        Three("clamp tensors", (x, y, z) => x.clamp(y, z), Real, () => -Positive(), Positive);
        One("to_type", x => x.to_type(ScalarType.Float64, copy: true), Real);
    }

    private static void AddReductions()
    {
        One("sum", x => x.sum(), Real);
        One("sum dim", x => x.sum(dim: 0), Real);
        One("sum dims", x => Block(x).sum([0, 2], keepdim: true), Real);
        One("nansum", x => x.nansum(), Real);
        One("mean", x => x.mean(), Real);
        One("mean dim", x => x.mean([1], keepdim: true), Real);
        One("var", x => x.var(), Real);
        One("var dim", x => x.var(1, unbiased: false), Real);
        One("std", x => x.std(), Real);
        One("std dim", x => x.std([0], keepdim: true), Real);
        One("prod", x => x.prod(), Positive);
        One("prod dim", x => x.prod(1), Positive);
        One("max", x => x.max(), Real);
        One("min", x => x.min(), Real);
        One("max dim", x => x.max(1).values, Real);
        One("min dim", x => x.min(0, keepdim: true).values, Real);
        One("amax", x => x.amax(1), Real);
        One("amin", x => x.amin([0, 1]), Real);
        One("median", x => x.median(), Real);
        One("quantile", x => x.quantile(tensor(new[] { 0.25, 0.6 }), 1), Real);
        One("logsumexp", x => x.logsumexp(1), Real);
        One("cumsum", x => x.cumsum(1), Real);
        One("cumprod", x => x.cumprod(0), Positive);
        One("logcumsumexp", x => x.logcumsumexp(1), Real);
        One("norm", x => x.norm(), Real);
        One("norm 1", x => x.norm(1), Real);
        One("norm dim", x => x.norm(1, keepdim: true, p: 3), Real);
        Two("dist", (x, y) => x.dist(y), Real, Real);
        One("diff", x => x.diff(), Real);
        One("trace", x => x.trace(), Real);
    }

    private static void AddShapes()
    {
        One("view", x => x.view(3, 4).square(), () => Sample(2, 6));
        One("reshape", x => x.t().reshape(-1).square(), Real);
        One("flatten", x => x.flatten().square(), Real);
        One("unflatten", x => Block(x).square(), Real);
        One("squeeze unsqueeze", x => x.unsqueeze(1).squeeze(1).square(), Real);
        One("transpose", x => x.transpose(0, 1).square(), Real);
        One("T", x => x.T.square(), Real);
        One("permute", x => Block(x).permute(2, 0, 1).square(), Real);
        One("movedim", x => torch.movedim(Block(x), 0, 2).square(), Real);
        One("expand", x => x.unsqueeze(0).expand(2, -1, -1).square(), Real);
        Two("expand_as", (x, y) => x.expand_as(y) * y, () => Sample(1, 3), () => Sample(4, 3));
        One("broadcast_to", x => x.broadcast_to(2, 4, 3).square(), Real);
        One("repeat", x => x.repeat(2, 1).square(), Real);
        One("tile", x => x.tile([1, 2]).square(), Real);
        One("repeat_interleave", x => x.repeat_interleave(2, 0).square(), Real);
        One("flip", x => x.flip(0, 1).cumsum(0), Real);
        One("roll", x => x.roll(1, 0).cumsum(0), Real);
        One("tril", x => x.tril().square(), Real);
        One("triu", x => x.triu(1).square(), Real);
        One("diag", x => x.diag().square(), Real);
        One("diag_embed", x => x.diag_embed().square(), Real);
        One("diagonal", x => x.diagonal().square(), Real);
        One("narrow", x => x.narrow(0, 1, 2).square(), Real);
        One("slice", x => x.slice(0, 0, 4, 2).square(), Real);
        One("select", x => x.select(1, 2).square(), Real);
        One("unfold", x => x.unfold(0, 2, 1).square(), Real);
        One("split", x => x.split(3)[0].sum() * x.split([1L, 3L])[1], Real);
        One("chunk", x => x.chunk(2)[1].square(), Real);
        One("unbind", x => x.unbind()[2].square(), Real);
        One("contiguous", x => x.t().contiguous().square(), Real);
        One("clone", x => x.clone().square(), Real);
        Two("cat", (x, y) => cat([x, y], 1).square(), Real, Real);
        Two("stack", (x, y) => stack([x, y], 1).square(), Real, Real);
        Two("hstack", (x, y) => hstack(x, y).square(), Real, Real);
        Two("vstack", (x, y) => vstack([x, y]).square(), Real, Real);
        Two("meshgrid", (x, y) => meshgrid([x, y])[0] * meshgrid([x, y])[1], () => Sample(2), () => Sample(3));
        Two("broadcast_tensors", (x, y) => broadcast_tensors(x, y)[0] * y, () => Sample(1, 3), () => Sample(4, 3));
    }

    private static void AddIndexing()
    {
        One("indexer number", x => x[1].square(), Real);
        One("indexer numbers", x => x[1, 2].square(), Real);
        One("indexer slice", x => x[TensorIndex.Slice(1, 4, 2), TensorIndex.Ellipsis].square(), Real);
        One("indexer tensor", x => x[tensor(new[] { 2L, 0L, 2L })].square(), Real);
        One("indexer new axis", x => x[TensorIndex.Null, TensorIndex.Colon, TensorIndex.Single(-1)].square(), Real);
        One("indexer mask", x => x[x.detach() > 0].square(), Real);
        One("index_select", x => x.index_select(0, tensor(new[] { 3L, 3L, 1L })).square(), Real);
        One("gather", x => x.gather(1, tensor(new[,] { { 0L, 2L }, { 1L, 1L }, { 2L, 0L }, { 2L, 2L } })).square(), Real);
        One("take", x => x.take(tensor(new[] { 0L, 11L, 5L, 5L })).square(), Real);
        One("take_along_dim", x => x.take_along_dim(x.detach().argsort(1), 1).square(), Real);
        Two("scatter", (x, y) => x.scatter(0, tensor(new[,] { { 3L, 0L, 1L } }), y).square(), Real, () => Sample(1, 3));
        Two("scatter_add", (x, y) => x.scatter_add(0, tensor(new[,] { { 3L, 0L, 1L }, { 3L, 0L, 0L } }), y).square(), Real, () => Sample(2, 3));
        Two("index_add", (x, y) => x.index_add(0, tensor(new[] { 1L, 1L }), y, 0.5).square(), Real, () => Sample(2, 3));
        Two("index_copy", (x, y) => x.index_copy(0, tensor(new[] { 2L, 0L }), y).square(), Real, () => Sample(2, 3));
        One("index_fill", x => x.index_fill(1, tensor(new[] { 1L }), 0.5).square(), Real);
        One("masked_fill", x => x.masked_fill(x.detach() > 0.2, 3).square(), Real);
        Two("masked_scatter", (x, y) => x.masked_scatter(x.detach() > 0, y).square(), Real, Real);
        One("masked_select", x => x.masked_select(x.detach() > 0).square(), Real);
        Two("where", (x, y) => where(x.detach() > 0, x * x, y * x), Real, Real);
    }

    private static void AddOrderings()
    {
        One("sort", x => x.sort(1, descending: true).Values.cumsum(1), Real);
        One("topk", x => x.topk(2).values.square(), Real);
        One("kthvalue", x => x.kthvalue(2, 0).values.square(), Real);
    }

    private static void AddLinearAlgebra()
    {
        Two("matmul", (x, y) => x.matmul(y), () => Sample(2, 3), () => Sample(3, 2));
        Two("batched matmul", (x, y) => x.matmul(y), () => Sample(2, 2, 3), () => Sample(3, 2));
        Two("mm", (x, y) => x.mm(y), () => Sample(2, 3), () => Sample(3, 2));
        Two("mv", (x, y) => x.mv(y), () => Sample(2, 3), () => Sample(3));
        Two("bmm", (x, y) => x.bmm(y), () => Sample(2, 2, 3), () => Sample(2, 3, 2));
        Two("dot", (x, y) => x.dot(y), () => Sample(4), () => Sample(4));
        Two("outer", (x, y) => x.outer(y), () => Sample(3), () => Sample(4));
        Two("inner", (x, y) => x.inner(y), () => Sample(2, 3), () => Sample(4, 3));
        Two("kron", (x, y) => x.kron(y), () => Sample(2, 2), () => Sample(1, 3));
        Three("addmm", (x, y, z) => x.addmm(y, z, 0.5f, 2), () => Sample(2, 2), () => Sample(2, 3), () => Sample(3, 2));
        Three("addmv", (x, y, z) => x.addmv(y, z, 0.5f, 2), () => Sample(2), () => Sample(2, 3), () => Sample(3));
        Three("addr", (x, y, z) => x.addr(y, z, 0.5f, 2), () => Sample(2, 3), () => Sample(2), () => Sample(3));
        Three("addbmm", (x, y, z) => x.addbmm(y, z, 0.5f, 2), () => Sample(2, 2), () => Sample(2, 2, 3), () => Sample(2, 3, 2));
        Two("einsum", (x, y) => einsum("bij,bjk->ik", x, y), () => Sample(2, 2, 3), () => Sample(2, 3, 2));
    }

    private static void AddInPlace()
    {
        Two("in-place chain", (x, y) => x.clone().mul_(y).add_(x, 0.5).sub_(0.1).div_(2).exp_(), Real, Real);
        Two("in-place assignment", (x, y) => Assigned(x, y), Real, () => Sample(3));
        Two("index_put_ accumulating", (x, y) => x.clone().index_put_(y, [tensor(new[] { 1L, 1L })], true).square(), Real, () => Sample(2, 3));
        Two("copy_", (x, y) => (x * 2).copy_(y) * x, Real, Real);
        Three("addcmul_", (x, y, z) => x.clone().addcmul_(y, z, 0.3), Real, Real, Real);
        Three("addcdiv_", (x, y, z) => x.clone().addcdiv_(y, z, 0.3), Real, Real, Positive);
        Three("lerp_", (x, y, z) => x.clone().lerp_(y, z), Real, Real, Unit);
        One("masked_fill_", x => x.clone().masked_fill_(x.detach() > 0, 2).square(), Real);
        One("zero_", x => x.clone().zero_() + x, Real);
    }

    private static Tensor Assigned(Tensor x, Tensor row)
    {
        var result = x * 2;
        result[2] = row;
        return result.square();
    }

    private static void One(string name, Func<Tensor, Tensor> apply, Func<Tensor> x) =>
        Table.Add(name, new(inputs => apply(inputs[0]), () => Seeded(name, x)));

    private static void Two(string name, Func<Tensor, Tensor, Tensor> apply, Func<Tensor> x, Func<Tensor> y) =>
        Table.Add(name, new(inputs => apply(inputs[0], inputs[1]), () => Seeded(name, x, y)));

    private static void Three(
        string name, Func<Tensor, Tensor, Tensor, Tensor> apply, Func<Tensor> x, Func<Tensor> y, Func<Tensor> z) =>
        Table.Add(name, new(inputs => apply(inputs[0], inputs[1], inputs[2]), () => Seeded(name, x, y, z)));

    private static Tensor[] Seeded(string name, params Func<Tensor>[] makers)
    {
        manual_seed(name.Length);
        return Array.ConvertAll(makers, make => make());
    }

    /// <summary>Values between -1.5 and 1.5 that differ from each other and from every kink by more than a difference's step.</summary>
    private static Tensor Sample(params long[] shape)
    {
        var count = shape.Aggregate(1L, (product, size) => product * size);
        var steps = randperm(count, ScalarType.Float64) + (0.1 + 0.8 * rand(1, ScalarType.Float64));
        return (steps / count * 3 - 1.5).reshape(shape);
    }

    private static Tensor Real() => Sample(4, 3);

    private static Tensor Positive() => Sample(4, 3).abs() + 0.15;

    private static Tensor Unit() => Sample(4, 3) * 0.6;

    private static Tensor Large() => Sample(4, 3).abs() + 2;

    private static Tensor Block(Tensor x) => x.unflatten(0, 2, 2);
}
