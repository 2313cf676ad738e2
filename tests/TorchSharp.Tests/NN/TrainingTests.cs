using System.Globalization;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Tests.NN;

public class TrainingTests
{
    [Fact]
    public void A_network_learns_the_product_of_two_numbers()
    {
        manual_seed(1);
        using Sequential model = Sequential(Linear(2, 32), GELU(), Linear(32, 32), SiLU(), Linear(32, 1));
        using Adam optimizer = optim.Adam(model.parameters(), 0.01);
        optim.lr_scheduler.LRScheduler schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, 300);
        using Tensor x = (rand(512, 2) * 2) - 1;
        using Tensor y = x.prod(1, keepdim: true);
        double first = Loss(model, x, y);
        for (int epoch = 0; epoch < 300; epoch++)
        {
            Step(model, optimizer, x, y);
            schedule.step();
        }
        Assert.True(Loss(model, x, y) < first / 200, $"from {first} to {Loss(model, x, y)}");
    }

    [Fact]
    public void Ten_thousand_steps_leak_no_tensor_and_no_memory()
    {
        using Trained model = new();
        using AdamW optimizer = optim.AdamW(model.parameters(), 1e-3, weight_decay: 0.01);
        using Tensor ids = randint(0, 50, [16, 5]), labels = rand(16, 1);
        Train(1_500);
        double before = ResidentMegabytes();
        long tensors = Tensor.TotalCount;
        Train(10_000);
        Assert.Equal(tensors, Tensor.TotalCount);
        Assert.InRange(ResidentMegabytes() - before, double.NegativeInfinity, 12);

        void Train(int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                Step(model, optimizer, ids, labels);
                // Keeps the managed heap's first generation, tens of megabytes, out of the measurement.
                if (i % 250 == 0) GC.Collect();
            }
        }
    }

    private static double Loss(Sequential model, Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        using (no_grad()) return functional.mse_loss(model.call(x), y).item<float>();
    }

    private static void Step(Module<Tensor, Tensor> model, optim.Optimizer optimizer, Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        functional.mse_loss(model.call(x), y).backward();
        nn.utils.clip_grad_norm_(model.parameters(), 1);
        optimizer.step();
    }

    private static double ResidentMegabytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        string line = File.ReadLines("/proc/self/status").First(entry => entry.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    private sealed class Trained : Module<Tensor, Tensor>
    {
        private readonly Embedding _table = Embedding(50, 8);
        private readonly GRU _gru = GRU(8, 8, batchFirst: true);
        private readonly LayerNorm _norm = LayerNorm(8);
        private readonly Dropout _dropout = Dropout(0.1);
        private readonly Linear _head = Linear(8, 1);

        public Trained()
            : base(nameof(Trained)) => RegisterComponents();

        public override Tensor forward(Tensor ids)
        {
            (_, Tensor state) = _gru.call(_table.call(ids));
            return _head.call(_dropout.call(_norm.call(state[0]))).sigmoid();
        }
    }
}
