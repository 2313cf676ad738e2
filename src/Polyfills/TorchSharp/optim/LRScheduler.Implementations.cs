namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>The initial rate times a function of the epoch.</summary>
                public class LambdaLR : LRScheduler
                {
                    private readonly List<Func<int, double>> _factors;

                    public LambdaLR(Optimizer optimizer, Func<int, double> lr_lambda, int last_epoch = -1, bool verbose = false)
                        : this(optimizer, Enumerable.Repeat(lr_lambda, optimizer.ParamGroups.Count()), last_epoch, verbose)
                    {
                    }

                    public LambdaLR(Optimizer optimizer, IEnumerable<Func<int, double>> lr_lambdas, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        _factors = [.. lr_lambdas];
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => _base_lrs.Zip(_factors, (rate, factor) => rate * factor(_last_epoch));
                }

                /// <summary>Times gamma every step_size epochs.</summary>
                public class StepLR : LRScheduler
                {
                    private readonly int _stepSize;
                    private readonly double _gamma;

                    public StepLR(Optimizer optimizer, int step_size, double gamma = 0.1, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        _stepSize = step_size;
                        _gamma = gamma;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => RatesTimes(_last_epoch > 0 && _last_epoch % _stepSize == 0 ? _gamma : 1);

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        _base_lrs.Select(rate => rate * Math.Pow(_gamma, _last_epoch / _stepSize));
                }

                /// <summary>Times gamma at each milestone.</summary>
                public class MultiStepLR : LRScheduler
                {
                    private readonly HashSet<int> _milestones;
                    private readonly double _gamma;

                    public MultiStepLR(Optimizer optimizer, IList<int> milestones, double gamma = 0.1, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        _milestones = [.. milestones];
                        _gamma = gamma;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => RatesTimes(_milestones.Contains(_last_epoch) ? _gamma : 1);

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        _base_lrs.Select(rate => rate * Math.Pow(_gamma, _milestones.Count(milestone => milestone <= _last_epoch)));
                }

                /// <summary>Times gamma every epoch.</summary>
                public class ExponentialLR : LRScheduler
                {
                    private readonly double _gamma;

                    public ExponentialLR(Optimizer optimizer, double gamma = 0.1, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        _gamma = gamma;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => RatesTimes(_last_epoch == 0 ? 1 : _gamma);

                    protected override IEnumerable<double> get_closed_form_lr() => _base_lrs.Select(rate => rate * Math.Pow(_gamma, _last_epoch));
                }

                /// <summary>A factor for the first epochs, then the initial rate.</summary>
                public class ConstantLR : LRScheduler
                {
                    private readonly double _factor;
                    private readonly int _epochs;

                    public ConstantLR(Optimizer optimizer, double factor = 1.0 / 3, int total_iters = 5, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        _factor = factor;
                        _epochs = total_iters;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() =>
                        RatesTimes(_last_epoch == 0 ? _factor : _last_epoch == _epochs ? 1.0 / _factor : 1);

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        _base_lrs.Select(rate => rate * (_last_epoch >= _epochs ? 1 : _factor));
                }

                /// <summary>A factor that moves linearly from start to end over the first epochs.</summary>
                public class LinearLR : LRScheduler
                {
                    private readonly double _start;
                    private readonly double _end;
                    private readonly int _epochs;

                    public LinearLR(
                        Optimizer optimizer,
                        double start_factor = 1.0 / 3,
                        double end_factor = 1.0,
                        int total_iters = 5,
                        int last_epoch = -1,
                        bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        _start = start_factor;
                        _end = end_factor;
                        _epochs = total_iters;
                        step();
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch == 0) return RatesTimes(_start);
                        if (_last_epoch > _epochs) return Rates;
                        return RatesTimes(1 + ((_end - _start) / ((_epochs * _start) + ((_last_epoch - 1) * (_end - _start)))));
                    }

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        _base_lrs.Select(rate => rate * (_start + ((_end - _start) * Math.Min(_epochs, _last_epoch) / _epochs)));
                }

                /// <summary>Loshchilov and Hutter (2017), equation 5, without restarts: half a cosine down to eta_min in T_max epochs.</summary>
                public class CosineAnnealingLR : LRScheduler
                {
                    private readonly double _period;
                    private readonly double _floor;

                    public CosineAnnealingLR(Optimizer optimizer, double T_max, double eta_min = 0, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        _period = T_max;
                        _floor = eta_min;
                        step();
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch == 0) return Rates;
                        // Out of the cosine's trough the quotient below would be 0 / 0.
                        if ((_last_epoch - 1 - _period) % (2 * _period) == 0)
                            return Rates.Zip(_base_lrs, (rate, initial) => rate + ((initial - _floor) * (1 - Math.Cos(Math.PI / _period)) / 2));
                        double quotient = (1 + Math.Cos(Math.PI * _last_epoch / _period)) / (1 + Math.Cos(Math.PI * (_last_epoch - 1) / _period));
                        return Rates.Select(rate => (quotient * (rate - _floor)) + _floor);
                    }

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        _base_lrs.Select(rate => _floor + ((rate - _floor) * (1 + Math.Cos(Math.PI * _last_epoch / _period)) / 2));
                }
            }
        }
    }
}
