using TorchSharp.Modules;
using Xunit;
using static TorchSharp.Tests.PyTorchReference;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Tests.NN;

/// <summary>Same seeds and inputs as PyTorch, same weights, losses and steps.</summary>
public class PyTorchAgreementTests
{
    public static TheoryData<string> Optimisers =>
    [
        "sgd", "sgd.momentum", "sgd.nesterov", "adam", "adam.decay", "adam.amsgrad", "adam.maximize", "adamw", "adamw.amsgrad",
    ];

    public static TheoryData<string> Schedules =>
        ["step", "multistep", "exponential", "cosine", "lambda", "linear", "constant", "onecycle", "onecycle.linear"];

    public static TheoryData<string> Initialisers =>
        ["xavier_uniform_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "normal_", "uniform_"];

    [PythonTorchFact]
    public void Linear_starts_with_the_same_weights()
    {
        manual_seed(11);
        using Linear layer = Linear(7, 5);
        PyTorchReference.Equals("linear.weight", layer.weight, 0);
        PyTorchReference.Equals("linear.bias", layer.bias!, 0);
    }

    [PythonTorchFact]
    public void Embedding_starts_with_the_same_table()
    {
        manual_seed(12);
        using Embedding layer = Embedding(9, 4, padding_idx: 2);
        using Tensor table = layer.weight!;
        PyTorchReference.Equals("embedding.weight", table, 0);
    }

    [PythonTorchFact]
    public void Gru_has_the_same_weights_outputs_and_gradients()
    {
        manual_seed(13);
        using GRU layer = GRU(3, 4, 2, batchFirst: true, bidirectional: true);
        foreach ((string name, Parameter parameter) in layer.named_parameters()) PyTorchReference.Equals($"gru.{name}", parameter, 0);
        Assert.Equal(16, layer.named_parameters().Count());

        using var scope = NewDisposeScope();
        (Tensor output, Tensor state) = layer.call(Grid(2, 5, 3));
        PyTorchReference.Equals("gru.output", output);
        PyTorchReference.Equals("gru.state", state);
        (output.sum() + state.square().sum()).backward();
        foreach ((string name, Parameter parameter) in layer.named_parameters()) PyTorchReference.Equals($"gru.grad.{name}", parameter.grad!, 1e-5);
    }

    [PythonTorchFact]
    public void Dropout_draws_the_same_mask()
    {
        using var scope = NewDisposeScope();
        manual_seed(15);
        PyTorchReference.Equals("dropout", functional.dropout(ones(50), 0.3));
    }

    [PythonTorchFact]
    public void Dropout_between_the_layers_of_a_gru_is_the_same()
    {
        manual_seed(16);
        using GRU layer = GRU(3, 4, 2, dropout: 0.5);
        using var scope = NewDisposeScope();
        PyTorchReference.Equals("gru.dropout", layer.call(Grid(5, 2, 3)).Item1);
    }

    [PythonTorchTheory]
    [MemberData(nameof(Initialisers))]
    public void Initialisers_draw_the_same_values(string name)
    {
        using var scope = NewDisposeScope();
        Tensor values = empty(6, 4);
        manual_seed(14);
        Tensor filled = name switch
        {
            "xavier_uniform_" => init.xavier_uniform_(values),
            "kaiming_uniform_" => init.kaiming_uniform_(values),
            "kaiming_normal_" => init.kaiming_normal_(values),
            "orthogonal_" => init.orthogonal_(values),
            "normal_" => init.normal_(values),
            _ => init.uniform_(values),
        };
        PyTorchReference.Equals($"init.{name}", filled);
    }

    [PythonTorchTheory]
    [InlineData(Reduction.None)]
    [InlineData(Reduction.Mean)]
    [InlineData(Reduction.Sum)]
    public void Losses_are_the_same(Reduction reduction)
    {
        using var scope = NewDisposeScope();
        Tensor x = Grid(6, 4), y = Grid(4, 6).t(), p = x.sigmoid(), weights = tensor(new[] { 1f, 2f, 3f, 4f });
        Tensor labels = y.gt(0).to(ScalarType.Float32), classes = tensor(new[] { 0L, 3L, 1L, 2L, -100L, 1L });
        Tensor signs = (labels * 2) - 1;
        Dictionary<string, Tensor> losses = new()
        {
            ["mse"] = MSELoss(reduction).call(x, y),
            ["l1"] = L1Loss(reduction).call(x, y),
            ["smooth_l1"] = SmoothL1Loss(reduction, 0.5).call(x, y),
            ["huber"] = HuberLoss(0.4, reduction).call(x, y),
            ["bce"] = BCELoss(null, reduction).call(p, labels),
            ["bce_logits"] = BCEWithLogitsLoss(p, reduction, weights).call(x, labels),
            ["cross_entropy"] = functional.cross_entropy(x, classes, weights, reduction: reduction, label_smoothing: 0.1),
            ["nll"] = NLLLoss(null, reduction).call(functional.log_softmax(x, 1), classes),
            ["kl_div"] = KLDivLoss(true, reduction).call(functional.log_softmax(x, 1), functional.log_softmax(y, 1)),
            ["margin_ranking"] = MarginRankingLoss(0.2, reduction).call(x, y, signs),
            ["poisson"] = PoissonNLLLoss(reduction: reduction).call(x, labels),
            ["soft_margin"] = SoftMarginLoss(reduction).call(x, signs),
        };
        string suffix = reduction switch { Reduction.None => "none", Reduction.Mean => "mean", _ => "sum" };
        foreach ((string name, Tensor loss) in losses) PyTorchReference.Equals($"loss.{name}.{suffix}", loss, 1e-5);
    }

    [PythonTorchTheory]
    [MemberData(nameof(Optimisers))]
    public void Ten_steps_end_at_the_same_weights(string name)
    {
        manual_seed(17);
        using Sequential net = Sequential(Linear(4, 8), Tanh(), Linear(8, 4));
        using optim.Optimizer optimiser = name switch
        {
            "sgd" => optim.SGD(net.parameters(), 0.1),
            "sgd.momentum" => optim.SGD(net.parameters(), 0.1, 0.9, 0.2, 0.01),
            "sgd.nesterov" => optim.SGD(net.parameters(), 0.1, 0.9, nesterov: true),
            "adam" => optim.Adam(net.parameters(), 0.02),
            "adam.decay" => optim.Adam(net.named_parameters(), 0.02, 0.8, 0.99, weight_decay: 0.1),
            "adam.amsgrad" => optim.Adam(net.parameters(), 0.02, amsgrad: true),
            "adam.maximize" => optim.Adam(net.parameters(), 0.02, maximize: true),
            "adamw" => optim.AdamW(net.parameters(), 0.02, weight_decay: 0.1),
            _ => optim.AdamW(net.parameters(), 0.02, weight_decay: 0.1, amsgrad: true),
        };
        using var scope = NewDisposeScope();
        Tensor x = Grid(6, 4), y = Grid(4, 6).t();
        for (int step = 0; step < 10; step++)
        {
            optimiser.zero_grad();
            functional.mse_loss(net.call(x), y).backward();
            optimiser.step();
        }
        int i = 0;
        foreach (Parameter parameter in net.parameters()) PyTorchReference.Equals($"optim.{name}.{i++}", parameter, 2e-5);
    }

    [PythonTorchTheory]
    [InlineData(1.0, "1.0")]
    [InlineData(2.0, "2.0")]
    [InlineData(double.PositiveInfinity, "inf")]
    public void Clipping_scales_to_the_same_gradients(double norm, string name)
    {
        manual_seed(17);
        using Linear net = Linear(4, 4);
        using var scope = NewDisposeScope();
        functional.mse_loss(net.call(Grid(6, 4)), Grid(4, 6).t(), Reduction.Sum).backward();
        PyTorchReference.Equals($"clip.{name}.total", [nn.utils.clip_grad_norm_(net.parameters(), 0.5, norm)], 1e-5);
        PyTorchReference.Equals($"clip.{name}.weight", net.weight.grad!, 1e-5);
    }

    [PythonTorchTheory]
    [MemberData(nameof(Schedules))]
    public void Schedules_give_the_same_rates(string name)
    {
        using Parameter parameter = new(zeros(1));
        using optim.Optimizer optimiser = optim.Adam([parameter], 0.1);
        optim.lr_scheduler.LRScheduler schedule = name switch
        {
            "step" => optim.lr_scheduler.StepLR(optimiser, 3, 0.5),
            "multistep" => optim.lr_scheduler.MultiStepLR(optimiser, [2, 7], 0.3),
            "exponential" => optim.lr_scheduler.ExponentialLR(optimiser, 0.9),
            "cosine" => optim.lr_scheduler.CosineAnnealingLR(optimiser, 8, 0.01),
            "lambda" => optim.lr_scheduler.LambdaLR(optimiser, epoch => 1.0 / (1 + epoch)),
            "linear" => optim.lr_scheduler.LinearLR(optimiser, 0.25, 1.0, 6),
            "constant" => optim.lr_scheduler.ConstantLR(optimiser, 0.5, 4),
            "onecycle" => optim.lr_scheduler.OneCycleLR(optimiser, 1.0, 20),
            _ => optim.lr_scheduler.OneCycleLR(
                optimiser, 1.0, 20, anneal_strategy: optim.lr_scheduler.impl.OneCycleLR.AnnealStrategy.Linear, three_phase: true),
        };
        List<double> rates = [];
        for (int epoch = 0; epoch < 18; epoch++)
        {
            rates.Add(optimiser.ParamGroups.Single().LearningRate);
            schedule.step();
        }
        PyTorchReference.Equals($"schedule.{name}", [.. rates], 1e-12);
    }
}
