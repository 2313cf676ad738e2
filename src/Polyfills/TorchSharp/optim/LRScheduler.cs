namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>Sets the learning rates of an optimizer's groups, epoch by epoch, starting with epoch 0 on construction.</summary>
            public abstract class LRScheduler
            {
                private protected readonly Optimizer _optimizer;
                private protected readonly List<double> _base_lrs;
                private readonly List<double> _lastRates;
                private readonly bool _verbose;
                private protected int _last_epoch;

                private protected LRScheduler(Optimizer optimizer, int last_epoch, bool verbose)
                {
                    ArgumentNullException.ThrowIfNull(optimizer);
                    _optimizer = optimizer;
                    _last_epoch = last_epoch;
                    _verbose = verbose;
                    _base_lrs = [.. optimizer.ParamGroups.Select(group => group.InitialLearningRate)];
                    _lastRates = [.. optimizer.ParamGroups.Select(group => group.LearningRate)];
                }

                public virtual void step() => step(null);

                /// <summary>Goes to an epoch, or to the next one.</summary>
                public virtual void step(int? epoch)
                {
                    _last_epoch = epoch ?? _last_epoch + 1;
                    List<double> rates = [.. epoch.HasValue ? get_closed_form_lr() : get_lr()];
                    List<ILearningRateController> groups = [.. _optimizer.ParamGroups];
                    for (int i = 0; i < _base_lrs.Count; i++)
                    {
                        groups[i].LearningRate = rates[i];
                        if (_verbose && _lastRates[i] != rates[i]) Console.WriteLine($"Adjusting learning rate to {rates[i]}");
                        _lastRates[i] = rates[i];
                    }
                }

                /// <summary>The metric is ignored.</summary>
                public virtual void step(double current, int? epoch = null) => step(epoch);

                public IEnumerable<double> get_last_lr() => _lastRates;

                /// <summary>The rates of the epoch after those of the epoch before it, which are the optimizer's.</summary>
                protected virtual IEnumerable<double> get_lr() => Rates;

                /// <summary>The rates of the epoch after the initial ones.</summary>
                protected virtual IEnumerable<double> get_closed_form_lr() => get_lr();

                private protected IEnumerable<double> Rates => _optimizer.ParamGroups.Select(group => group.LearningRate);

                private protected IEnumerable<double> RatesTimes(double factor) => Rates.Select(rate => rate * factor);
            }

            public static LRScheduler StepLR(Optimizer optimizer, int step_size, double gamma = 0.1, int last_epoch = -1, bool verbose = false) =>
                new impl.StepLR(optimizer, step_size, gamma, last_epoch, verbose);

            public static LRScheduler MultiStepLR(
                Optimizer optimizer, IList<int> milestones, double gamma = 0.1, int last_epoch = -1, bool verbose = false) =>
                new impl.MultiStepLR(optimizer, milestones, gamma, last_epoch, verbose);

            public static LRScheduler LambdaLR(Optimizer optimizer, Func<int, double> lr_lambda, int last_epoch = -1, bool verbose = false) =>
                new impl.LambdaLR(optimizer, lr_lambda, last_epoch, verbose);

            public static LRScheduler ExponentialLR(Optimizer optimizer, double gamma = 0.1, int last_epoch = -1, bool verbose = false) =>
                new impl.ExponentialLR(optimizer, gamma, last_epoch, verbose);

            public static LRScheduler ConstantLR(
                Optimizer optimizer, double factor = 1.0 / 3, int total_iters = 5, int last_epoch = -1, bool verbose = false) =>
                new impl.ConstantLR(optimizer, factor, total_iters, last_epoch, verbose);

            public static LRScheduler LinearLR(
                Optimizer optimizer,
                double start_factor = 1.0 / 3,
                double end_factor = 1.0,
                int total_iters = 5,
                int last_epoch = -1,
                bool verbose = false) =>
                new impl.LinearLR(optimizer, start_factor, end_factor, total_iters, last_epoch, verbose);

            public static LRScheduler CosineAnnealingLR(
                Optimizer optimizer, double T_max, double eta_min = 0, int last_epoch = -1, bool verbose = false) =>
                new impl.CosineAnnealingLR(optimizer, T_max, eta_min, last_epoch, verbose);

            public static LRScheduler OneCycleLR(
                Optimizer optimizer,
                double max_lr,
                int total_steps = -1,
                int epochs = -1,
                int steps_per_epoch = -1,
                double pct_start = 0.3,
                impl.OneCycleLR.AnnealStrategy anneal_strategy = impl.OneCycleLR.AnnealStrategy.Cos,
                bool cycle_momentum = true,
                double base_momentum = 0.85,
                double max_momentum = 0.95,
                double div_factor = 25,
                double final_div_factor = 1e4,
                bool three_phase = false,
                int last_epoch = -1,
                bool verbose = false) =>
                new impl.OneCycleLR(
                    optimizer, max_lr, total_steps, epochs, steps_per_epoch, pct_start, anneal_strategy, cycle_momentum, base_momentum,
                    max_momentum, div_factor, final_div_factor, three_phase, last_epoch, verbose);
        }
    }
}
