using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Tests.NN;

/// <summary>Gradients of modules and losses in double precision against central differences.</summary>
public class FiniteDifferenceTests
{
    private const double Step = 1e-6;

    public static TheoryData<string> Modules =>
    [
        "linear", "linear.nobias", "layernorm", "batchnorm", "batchnorm.eval", "gru", "relu", "leakyrelu", "elu", "tanh", "sigmoid", "gelu",
        "gelu.tanh", "silu", "softmax", "logsoftmax", "softplus", "identity", "sequential", "normalize",
    ];

    public static TheoryData<string> Losses =>
    [
        "mse", "l1", "smooth_l1", "huber", "bce", "bce_logits", "cross_entropy", "nll", "kl_div", "poisson", "soft_margin", "margin_ranking",
        "cosine_embedding", "hinge_embedding",
    ];

    [Theory]
    [MemberData(nameof(Modules))]
    public void Module_gradients_are_the_slopes(string name)
    {
        manual_seed(3);
        using Module<Tensor, Tensor> module = Build(name);
        using var scope = NewDisposeScope();
        Tensor input = name == "gru" ? randn(3, 2, 4, dtype: ScalarType.Float64) : randn(5, 4, dtype: ScalarType.Float64);
        Tensor weights = randn(module.call(input).shape, dtype: ScalarType.Float64);
        AssertSlopes(() => (module.call(input) * weights).sum(), [input, .. module.parameters()]);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Loss_gradients_are_the_slopes(string name)
    {
        manual_seed(4);
        using var scope = NewDisposeScope();
        Tensor x = randn(6, 3, dtype: ScalarType.Float64), y = randn(6, 3, dtype: ScalarType.Float64);
        Tensor labels = y.gt(0).to(ScalarType.Float64), signs = (labels * 2) - 1, classes = tensor(new[] { 0L, 2L, 1L, 1L, 0L, 2L });
        AssertSlopes(
            () => name switch
            {
                "mse" => functional.mse_loss(x, y),
                "l1" => functional.l1_loss(x, y),
                "smooth_l1" => functional.smooth_l1_loss(x, y, beta: 0.7),
                "huber" => functional.huber_loss(x, y, 0.7),
                "bce" => functional.binary_cross_entropy(x.sigmoid(), labels),
                "bce_logits" => functional.binary_cross_entropy_with_logits(x, labels, pos_weights: y.exp()),
                "cross_entropy" => functional.cross_entropy(x, classes, label_smoothing: 0.2),
                "nll" => functional.nll_loss(functional.log_softmax(x, 1), classes),
                "kl_div" => functional.kl_div(functional.log_softmax(x, 1), functional.log_softmax(y, 1)),
                "poisson" => functional.poisson_nll_loss(x, labels),
                "soft_margin" => functional.soft_margin_loss(x, signs),
                "margin_ranking" => functional.margin_ranking_loss(x, y, signs, 0.3),
                "cosine_embedding" => functional.cosine_embedding_loss(x, y, tensor(new[] { 1.0, -1, 1, -1, 1, -1 })),
                _ => functional.hinge_embedding_loss(x, signs, 1.0),
            },
            [x]);
    }

    [Fact]
    public void Embedding_gradients_gather_at_the_rows_looked_up()
    {
        using Embedding layer = Embedding(5, 2, padding_idx: 3);
        using var scope = NewDisposeScope();
        layer.call(tensor(new[] { 1L, 1L, 3L, 4L })).sum().backward();
        Assert.Equal([0f, 0, 2, 2, 0, 0, 0, 0, 1, 1], layer.weight!.grad!.data<float>().ToArray());
    }

    private static Module<Tensor, Tensor> Build(string name) => name switch
    {
        "linear" => Linear(4, 3, dtype: ScalarType.Float64),
        "linear.nobias" => Linear(4, 3, false, dtype: ScalarType.Float64),
        "layernorm" => LayerNorm(4, dtype: ScalarType.Float64),
        "batchnorm" => BatchNorm1d(4, dtype: ScalarType.Float64),
        "batchnorm.eval" => Evaluated(BatchNorm1d(4, dtype: ScalarType.Float64)),
        "gru" => new Recurrent(GRU(4, 3, 2, bidirectional: true, dtype: ScalarType.Float64)),
        "relu" => ReLU(),
        "leakyrelu" => LeakyReLU(0.2),
        "elu" => ELU(0.7),
        "tanh" => Tanh(),
        "sigmoid" => Sigmoid(),
        "gelu" => GELU(),
        "gelu.tanh" => GELU(TorchSharp.Modules.GELU.Approximate.tanh),
        "silu" => SiLU(),
        "softmax" => Softmax(1),
        "logsoftmax" => LogSoftmax(-1),
        "softplus" => Softplus(2, 5),
        "identity" => Identity(),
        "sequential" => Sequential(("first", Linear(4, 3, dtype: ScalarType.Float64)), ("then", Tanh())),
        _ => new Normalized(),
    };

    private static Module<Tensor, Tensor> Evaluated(Module<Tensor, Tensor> module)
    {
        module.eval();
        return module;
    }

    private static void AssertSlopes(Func<Tensor> function, IReadOnlyList<Tensor> inputs)
    {
        foreach (Tensor input in inputs) input.requires_grad = true;
        function().backward();
        foreach (Tensor input in inputs)
        {
            double[] gradient = input.grad!.contiguous().data<double>().ToArray();
            for (int i = 0; i < gradient.Length; i++)
            {
                double slope = (Moved(function, input, i, Step) - Moved(function, input, i, -Step)) / (2 * Step);
                Assert.True(Math.Abs(slope - gradient[i]) < 1e-5 * Math.Max(1, Math.Abs(slope)), $"element {i}: {gradient[i]}, slope {slope}");
            }
        }
    }

    private static double Moved(Func<Tensor> function, Tensor input, int element, double by)
    {
        using (no_grad())
        {
            Tensor flat = input.view(-1);
            double before = flat[element].item<double>();
            flat[element] = tensor(before + by);
            double value = function().item<double>();
            flat[element] = tensor(before);
            return value;
        }
    }

    private sealed class Recurrent : Module<Tensor, Tensor>
    {
        private readonly GRU _gru;

        public Recurrent(GRU gru)
            : base(nameof(Recurrent))
        {
            _gru = gru;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            (Tensor output, Tensor state) = _gru.call(input);
            return output.sum(0L) * state.sum();
        }
    }

    private sealed class Normalized : Module<Tensor, Tensor>
    {
        public Normalized()
            : base(nameof(Normalized)) => RegisterComponents();

        public override Tensor forward(Tensor input) => functional.normalize(input);
    }
}
