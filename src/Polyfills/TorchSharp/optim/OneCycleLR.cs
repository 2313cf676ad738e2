namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>Smith and Topin (2018): the rate rises to max_lr and falls far below its start; the momentum moves the other way.</summary>
                public class OneCycleLR : LRScheduler
                {
                    private readonly List<(double Initial, double Peak, double Final)> _rates;
                    private readonly List<(double Base, double Max)> _momenta;
                    private readonly List<(double End, Func<int, (double Start, double End)> Rate, Func<int, (double Start, double End)> Momentum)> _phases;
                    private readonly AnnealStrategy _strategy;
                    private readonly bool _cycleMomentum;
                    private readonly int _totalSteps;

                    public OneCycleLR(
                        Optimizer optimizer,
                        double max_lr,
                        int total_steps = -1,
                        int epochs = -1,
                        int steps_per_epoch = -1,
                        double pct_start = 0.3,
                        AnnealStrategy anneal_strategy = AnnealStrategy.Cos,
                        bool cycle_momentum = true,
                        double base_momentum = 0.85,
                        double max_momentum = 0.95,
                        double div_factor = 25,
                        double final_div_factor = 1e4,
                        bool three_phase = false,
                        int last_epoch = -1,
                        bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        if (cycle_momentum && optimizer is not (IMomentum or IBetas))
                            throw new ArgumentException("optimizer must support momentum with `cycle_momentum` option enabled");
                        if (pct_start is not (>= 0 and <= 1))
                            throw new ArgumentException($"Expected float between 0 and 1 for pct_start, but got {pct_start}");
                        _totalSteps = TotalSteps(total_steps, epochs, steps_per_epoch);
                        _strategy = anneal_strategy;
                        _cycleMomentum = cycle_momentum;
                        double initial = max_lr / div_factor;
                        _rates = [.. _base_lrs.Select(_ => (initial, max_lr, initial / final_div_factor))];
                        _momenta = [.. _base_lrs.Select(_ => (base_momentum, max_momentum))];
                        double top = (pct_start * _totalSteps) - 1;
                        _phases =
                        [
                            (top, i => (_rates[i].Initial, _rates[i].Peak), i => (_momenta[i].Max, _momenta[i].Base)),
                            .. three_phase
                                ? [
                                    ((2 * pct_start * _totalSteps) - 2, i => (_rates[i].Peak, _rates[i].Initial), i => (_momenta[i].Base, _momenta[i].Max)),
                                    (_totalSteps - 1, i => (_rates[i].Initial, _rates[i].Final), i => (_momenta[i].Max, _momenta[i].Max)),
                                ]
                                : (IEnumerable<(double, Func<int, (double, double)>, Func<int, (double, double)>)>)
                                [(_totalSteps - 1, i => (_rates[i].Peak, _rates[i].Final), i => (_momenta[i].Base, _momenta[i].Max))],
                        ];
                        step();
                    }

                    public enum AnnealStrategy
                    {
                        Cos,
                        Linear,
                    }

                    /// <exception cref="InvalidOperationException">The cycle is over.</exception>
                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch > _totalSteps)
                            throw new InvalidOperationException(
                                $"Tried to step {_last_epoch + 1} times. The specified number of total steps is {_totalSteps}");
                        (int phase, double share) = Position();
                        List<ILearningRateController> groups = [.. _optimizer.ParamGroups];
                        for (int i = 0; _cycleMomentum && i < groups.Count; i++) SetMomentum(groups[i], Annealed(_phases[phase].Momentum(i), share));
                        return Enumerable.Range(0, groups.Count).Select(i => Annealed(_phases[phase].Rate(i), share));
                    }

                    private static int TotalSteps(int totalSteps, int epochs, int stepsPerEpoch)
                    {
                        if (totalSteps == -1 && epochs == -1 && stepsPerEpoch == -1)
                            throw new ArgumentException("You must define either total_steps OR (epochs AND steps_per_epoch)");
                        if (totalSteps == -1 && epochs <= 0) throw new ArgumentException($"Expected positive integer epochs, but got {epochs}");
                        if (totalSteps == -1 && stepsPerEpoch <= 0)
                            throw new ArgumentException($"Expected positive integer steps_per_epoch, but got {stepsPerEpoch}");
                        if (totalSteps != -1 && totalSteps <= 0)
                            throw new ArgumentException($"Expected positive integer total_steps, but got {totalSteps}");
                        return totalSteps == -1 ? epochs * stepsPerEpoch : totalSteps;
                    }

                    private static void SetMomentum(ILearningRateController group, double momentum)
                    {
                        if (group is IBetas betas) betas.Betas = (momentum, betas.Betas.Item2);
                        else if (group is IMomentum plain) plain.Momentum = momentum;
                    }

                    private (int Phase, double Share) Position()
                    {
                        double start = 0;
                        for (int phase = 0; ; phase++)
                        {
                            double end = _phases[phase].End;
                            if (_last_epoch <= end || phase == _phases.Count - 1) return (phase, (_last_epoch - start) / (end - start));
                            start = end;
                        }
                    }

                    private double Annealed((double Start, double End) span, double share) => _strategy == AnnealStrategy.Cos
                        ? span.End + ((span.Start - span.End) / 2.0 * (Math.Cos(Math.PI * share) + 1))
                        : ((span.End - span.Start) * share) + span.Start;
                }
            }
        }
    }
}
