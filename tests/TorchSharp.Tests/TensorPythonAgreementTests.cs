using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>Every operation gives what the same expression gives in Python.</summary>
public class TensorPythonAgreementTests
{
    private static readonly Dictionary<string, Func<Tensor>> Table = new()
    {
        ["a + b"] = () => A + B,
        ["torch.add(a, b, alpha=0.3)"] = () => A.add(B, 0.3),
        ["a - b"] = () => A - B,
        ["2 - a"] = () => 2 - A,
        ["a * row"] = () => A * Row,
        ["a / b"] = () => A / B,
        ["1 / a"] = () => 1 / A,
        ["torch.div(a, 0.3, rounding_mode='floor')"] = () => A.div(0.3, RoundingMode.floor),
        ["torch.div(a, 0.3, rounding_mode='trunc')"] = () => A.div(0.3, RoundingMode.trunc),
        ["a % 0.7"] = () => A % 0.7,
        ["torch.fmod(a, b)"] = () => A.fmod(B),
        ["torch.floor_divide(a, b)"] = () => A.floor_divide(B),
        ["p.pow(b)"] = () => P.pow(B),
        ["a.pow(3)"] = () => A.pow(3),
        ["a.abs()"] = () => A.abs(),
        ["a.exp()"] = () => A.exp(),
        ["a.expm1()"] = () => A.expm1(),
        ["a.log()"] = () => A.log(),
        ["p.log1p()"] = () => P.log1p(),
        ["p.log2()"] = () => P.log2(),
        ["a.sqrt()"] = () => A.sqrt(),
        ["p.rsqrt()"] = () => P.rsqrt(),
        ["a.sign()"] = () => A.sign(),
        ["a.round()"] = () => A.round(),
        ["a.round(decimals=1)"] = () => A.round(1),
        ["a.floor()"] = () => A.floor(),
        ["a.ceil()"] = () => A.ceil(),
        ["a.trunc()"] = () => A.trunc(),
        ["a.sigmoid()"] = () => A.sigmoid(),
        ["a.tanh()"] = () => A.tanh(),
        ["a.erf()"] = () => A.erf(),
        ["p.lgamma()"] = () => P.lgamma(),
        ["p.digamma()"] = () => P.digamma(),
        ["torch.atan2(a, b)"] = () => A.atan2(B),
        ["torch.nn.functional.relu(a)"] = () => A.relu(),
        ["torch.nn.functional.leaky_relu(a, 0.1)"] = () => A.leaky_relu(0.1),
        ["torch.nn.functional.elu(a, 0.7)"] = () => A.elu(0.7),
        ["torch.nn.functional.selu(a)"] = () => A.selu(),
        ["torch.nn.functional.silu(a)"] = () => A.silu(),
        ["torch.nn.functional.gelu(a)"] = () => A.gelu(),
        ["torch.nn.functional.softplus(a, 2, 1)"] = () => A.softplus(2, 1),
        ["torch.nn.functional.logsigmoid(a)"] = () => A.log_sigmoid(),
        ["a.softmax(1)"] = () => A.softmax(1),
        ["a.log_softmax(0)"] = () => A.log_softmax(0),
        ["a.clamp(-0.5, 0.5)"] = () => A.clamp(-0.5, 0.5),
        ["torch.clamp(a, max=0)"] = () => torch.clamp(A, max: 0),
        ["torch.maximum(a, b)"] = () => A.maximum(B),
        ["torch.minimum(a, row)"] = () => A.minimum(Row),
        ["special.nan_to_num(1, 2, -3)"] = () => Special.nan_to_num(1, 2, -3),
        ["special.nan_to_num()"] = () => Special.nan_to_num(),
        ["special.isnan()"] = () => Special.isnan(),
        ["special.isfinite()"] = () => Special.isfinite(),
        ["special.max()"] = () => Special.max(),
        ["a < b"] = () => A < B,
        ["a >= 0.1"] = () => A >= 0.1,
        ["0.1 > a"] = () => (Scalar)0.1 > A,
        ["(a > 0) & (b > 0)"] = () => (A > 0) & (B > 0),
        ["torch.logical_xor(a > 0, b > 0)"] = () => (A > 0).logical_xor(B > 0),
        ["~(a > 0)"] = () => ~(A > 0),
        ["torch.lerp(a, b, p)"] = () => A.lerp(B, P),
        ["torch.addcmul(a, b, p, value=0.3)"] = () => A.addcmul(B, P, 0.3),
        ["torch.addcdiv(a, b, p, value=0.3)"] = () => A.addcdiv(B, P, 0.3),
        ["torch.logaddexp(a, b)"] = () => A.logaddexp(B),
        ["torch.xlogy(p, p)"] = () => P.xlogy(P),
        ["a.sum()"] = () => A.sum(),
        ["c.sum((0, 2), keepdim=True)"] = () => C.sum([0, 2], keepdim: true),
        ["a.mean(1)"] = () => A.mean([1]),
        ["a.var()"] = () => A.var(),
        ["a.var(0, unbiased=False)"] = () => A.var(0, unbiased: false),
        ["a.std(1, keepdim=True)"] = () => A.std(1, keepdim: true),
        ["a.prod(1)"] = () => A.prod(1),
        ["a.max(1)[0]"] = () => A.max(1).values,
        ["a.max(1)[1]"] = () => A.max(1).indexes,
        ["a.min(0, keepdim=True)[1]"] = () => A.min(0, keepdim: true).indexes,
        ["c.amax((0, 1))"] = () => C.amax([0, 1]),
        ["a.amin(1)"] = () => A.amin(1),
        ["a.argmax()"] = () => A.argmax(),
        ["a.argmin(1, keepdim=True)"] = () => A.argmin(1, keepdim: true),
        ["(a > 0).any(1)"] = () => (A > 0).any(1),
        ["(a > -9).all()"] = () => (A > -9).all(),
        ["a.median()"] = () => A.median(),
        ["a.quantile(torch.tensor([0.1, 0.5], dtype=torch.float64), 1)"] = () => A.quantile(tensor(new[] { 0.1, 0.5 }), 1),
        ["a.cumsum(1)"] = () => A.cumsum(1),
        ["a.cumprod(0)"] = () => A.cumprod(0),
        ["a.logsumexp(1)"] = () => A.logsumexp(1),
        ["a.logcumsumexp(1)"] = () => A.logcumsumexp(1),
        ["a.norm()"] = () => A.norm(),
        ["a.norm(p=1, dim=1)"] = () => A.norm(1, p: 1),
        ["a.count_nonzero(0)"] = () => A.count_nonzero([0]),
        ["a.diff(dim=0)"] = () => A.diff(dim: 0),
        ["torch.bincount(i.long(), row, 7)"] = () => I.bincount(Row, 7),
        ["a.sort(1, descending=True)[0]"] = () => A.sort(1, descending: true).Values,
        ["a.sort(0)[1]"] = () => A.sort(0).Indices,
        ["a.argsort(1)"] = () => A.argsort(1),
        ["a.topk(2, 1)[1]"] = () => A.topk(2, 1).indexes,
        ["a.topk(2, 0, largest=False)[0]"] = () => A.topk(2, 0, largest: false).values,
        ["a.kthvalue(2, 1)[0]"] = () => A.kthvalue(2, 1).values,
        ["i.unique()"] = () => I.unique().output,
        ["i.unique(return_counts=True)[1]"] = () => I.unique(return_counts: true).counts!,
        ["torch.searchsorted(row.sort()[0], a)"] = () => searchsorted(Row.sort().Values, A),
        ["torch.bucketize(a, torch.tensor([-1., 0, 1], dtype=torch.float64), right=True)"] =
            () => A.bucketize(tensor(new[] { -1.0, 0, 1 }), right: true),
        ["torch.isin(i, torch.tensor([2., 4], dtype=torch.float64))"] = () => I.isin(tensor(new[] { 2L, 4L })),
        ["a.reshape(-1, 2)"] = () => A.reshape(-1, 2),
        ["c.permute(2, 0, 1)"] = () => C.permute(2, 0, 1),
        ["c.flatten(1)"] = () => C.flatten(1),
        ["a.t().contiguous()"] = () => A.t().contiguous(),
        ["row.expand(3, 5)"] = () => Row.expand(3, 5),
        ["row.repeat(2, 2)"] = () => Row.repeat(2, 2),
        ["a.repeat_interleave(2, 0)"] = () => A.repeat_interleave(2, 0),
        ["a.flip(0, 1)"] = () => A.flip(0, 1),
        ["a.roll(2)"] = () => A.roll(2),
        ["c.roll((1, 2), (0, 2))"] = () => C.roll((1, 2), (0, 2)),
        ["a.tril(-1)"] = () => A.tril(-1),
        ["a.triu()"] = () => A.triu(),
        ["a.diagonal(1)"] = () => A.diagonal(1),
        ["row.diag()"] = () => Row.diag(),
        ["a.unfold(1, 3, 1)"] = () => A.unfold(1, 3, 1),
        ["a.split(2)[1]"] = () => A.split(2)[1],
        ["a.chunk(3, 1)[2]"] = () => A.chunk(3, 1)[2],
        ["torch.cat([a, b], 1)"] = () => cat([A, B], 1),
        ["torch.stack([a, b], 1)"] = () => stack([A, B], 1),
        ["torch.meshgrid(row, row, indexing='xy')[0]"] = () => meshgrid([Row, Row], "xy")[0],
        ["a[1:3, ::2]"] = () => A[TensorIndex.Slice(1, 3), TensorIndex.Slice(step: 2)],
        ["a[-1]"] = () => A[-1],
        ["a[..., None, 2]"] = () => A[TensorIndex.Ellipsis, TensorIndex.None, 2],
        ["a[:, i.long()]"] = () => A[TensorIndex.Colon, TensorIndex.Tensor(I)],
        ["a[a > 0]"] = () => A[A > 0],
        ["a.index_select(1, i.long())"] = () => A.index_select(1, I),
        ["a.gather(1, i.long().expand(4, 5))"] = () => A.gather(1, I.expand(4, 5)),
        ["a.scatter(1, i.long().expand(4, 5) * 0, b)"] = () => A.scatter(1, I.expand(4, 5) * 0, B),
        ["a.scatter_add(1, i.long().expand(4, 5), b)"] = () => A.scatter_add(1, I.expand(4, 5), B),
        ["a.index_add(1, i.long(), b, alpha=2)"] = () => A.index_add(1, I, B, 2),
        ["a.index_fill(1, i.long(), 3)"] = () => A.index_fill(1, I, 3),
        ["a.masked_fill(b > 0, -1)"] = () => A.masked_fill(B > 0, -1),
        ["a.masked_select(b > 0)"] = () => A.masked_select(B > 0),
        ["torch.where(b > 0, a, b)"] = () => where(B > 0, A, B),
        ["torch.where(b > 0)[1]"] = () => where(B > 0)[1],
        ["a.take(i.long())"] = () => A.take(I),
        ["a.take_along_dim(a.argsort(1), 1)"] = () => A.take_along_dim(A.argsort(1), 1),
        ["(b > 0).nonzero()"] = () => (B > 0).nonzero(),
        ["a @ b.t()"] = () => A.matmul(B.t()),
        ["c @ c.transpose(1, 2)"] = () => C.matmul(C.transpose(1, 2)),
        ["torch.bmm(c, c.transpose(1, 2))"] = () => C.bmm(C.transpose(1, 2)),
        ["torch.addmm(a, a, b.t() @ b, beta=0.5, alpha=2)"] = () => A.addmm(A, B.t().mm(B), 0.5f, 2),
        ["torch.einsum('bij,bkj->bik', c, c)"] = () => einsum("bij,bkj->bik", C, C),
        ["row.dot(row)"] = () => Row.dot(Row),
        ["torch.outer(row, row)"] = () => Row.outer(Row),
        ["torch.linspace(-1, 2, 7)"] = () => linspace(-1, 2, 7),
        ["torch.arange(1, 4, 0.5)"] = () => arange(1, 4, 0.5),
        ["torch.eye(2, 3)"] = () => eye(2, 3),
        ["(torch.manual_seed(42), torch.randn(5))[1]"] = () => Seeded(42, () => randn(5)),
        ["(torch.manual_seed(7), torch.rand(20))[1]"] = () => Seeded(7, () => rand(20)),
        ["(torch.manual_seed(7), torch.randint(3, 90, (6,)))[1]"] = () => Seeded(7, () => randint(3, 90, [6])),
        ["(torch.manual_seed(7), torch.randperm(9))[1]"] = () => Seeded(7, () => randperm(9)),
        ["(torch.manual_seed(7), torch.bernoulli(p / 4))[1]"] = () => Seeded(7, () => bernoulli(P / 4)),
        ["(torch.manual_seed(7), torch.multinomial(p, 3))[1]"] = () => Seeded(7, () => multinomial(P, 3)),
    };

    private static readonly Lazy<Dictionary<string, PythonTensor>> Expected =
        new(() => PythonTorch.Evaluate(Inputs(), Table.Keys));

    public static TheoryData<string> Operations => [.. Table.Keys];

    private static Tensor A => Drawn(1, 4, 5);

    private static Tensor B => Drawn(2, 4, 5);

    private static Tensor C => Drawn(3, 2, 3, 4);

    private static Tensor P => Drawn(4, 4, 5).abs() + 0.01;

    private static Tensor Row => Drawn(5, 5);

    private static Tensor I => tensor(new[] { 3L, 0L, 3L, 2L, 1L });

    private static Tensor Special => tensor(new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0.5 });

    [PythonTorchTheory]
    [MemberData(nameof(Operations))]
    public void Result_equals_pythons(string expression)
    {
        using var scope = NewDisposeScope();
        var expected = Expected.Value[expression];
        var actual = PythonTensor.From(Table[expression]());

        Assert.Equal(expected.Shape, actual.Shape);
        for (var i = 0; i < expected.Data.Length; i++)
        {
            var (want, got) = (expected.Data[i], actual.Data[i]);
            var close = want.Equals(got) || Math.Abs(want - got) <= 1e-6 * (1 + Math.Abs(want));
            Assert.True(close, $"{expression}[{i}]: {got}, in Python {want}");
        }
    }

    private static Dictionary<string, PythonTensor> Inputs()
    {
        using var scope = NewDisposeScope();
        return new()
        {
            ["a"] = PythonTensor.From(A),
            ["b"] = PythonTensor.From(B),
            ["c"] = PythonTensor.From(C),
            ["p"] = PythonTensor.From(P),
            ["row"] = PythonTensor.From(Row),
            ["i"] = PythonTensor.From(I),
            ["special"] = PythonTensor.From(Special),
        };
    }

    private static Tensor Drawn(int seed, params long[] shape)
    {
        var random = new Random(seed);
        var values = new double[shape.Aggregate(1L, (product, size) => product * size)];
        for (var i = 0; i < values.Length; i++)
            values[i] = 3 * random.NextDouble() - 1.5;
        return tensor(values, shape);
    }

    private static Tensor Seeded(long seed, Func<Tensor> draw)
    {
        manual_seed(seed);
        return draw();
    }
}
