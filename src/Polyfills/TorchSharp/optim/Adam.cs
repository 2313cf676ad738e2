using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Kingma and Ba (2015), with AMSGrad (Reddi et al. 2018) if wanted; weight decay is added to the gradient.</summary>
public class Adam : OptimizerHelper, optim.IBetas
{
    private readonly Options _defaults;

    public Adam(
        IEnumerable<Parameter> parameters,
        double lr = 1e-3,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double eps = 1e-8,
        double weight_decay = 0,
        bool amsgrad = false,
        bool maximize = false)
        : this([new ParamGroup { Parameters = parameters }], lr, beta1, beta2, eps, weight_decay, amsgrad, maximize)
    {
    }

    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Adam(
        IEnumerable<ParamGroup> parameters,
        double lr = 1e-3,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double eps = 1e-8,
        double weight_decay = 0,
        bool amsgrad = false,
        bool maximize = false)
    {
        if (lr < 0) throw new ArgumentException($"Invalid learning rate: {lr}");
        if (eps < 0) throw new ArgumentException($"Invalid ε: {eps}");
        if (beta1 is < 0 or >= 1.0) throw new ArgumentException($"Invalid beta1: {beta1}");
        if (beta2 is < 0 or >= 1.0) throw new ArgumentException($"Invalid beta2: {beta2}");
        if (weight_decay < 0.0) throw new ArgumentException($"Invalid weight_decay value: {weight_decay}");
        _defaults = new Options
        {
            LearningRate = lr,
            InitialLearningRate = lr,
            beta1 = beta1,
            beta2 = beta2,
            eps = eps,
            weight_decay = weight_decay,
            amsgrad = amsgrad,
            maximize = maximize,
        };
        foreach (ParamGroup group in parameters) add_param_group(group);
    }

    public (double, double) Betas
    {
        get => (_defaults.beta1!.Value, _defaults.beta2!.Value);
        set => (_defaults.beta1, _defaults.beta2) = value;
    }

    public override void add_param_group(Modules.ParamGroup param_group)
    {
        Options options = (Options)(param_group.Options ??= new Options());
        options.LearningRate ??= _defaults.LearningRate;
        options.beta1 ??= _defaults.beta1;
        options.beta2 ??= _defaults.beta2;
        options.eps ??= _defaults.eps;
        options.weight_decay ??= _defaults.weight_decay;
        options.amsgrad ??= _defaults.amsgrad;
        options.maximize ??= _defaults.maximize;
        AddGroup(param_group, parameter => new State(parameter));
    }

    public override Tensor step(Func<Tensor>? closure = null) => Step(closure, Update);

    private void Update(Modules.ParamGroup group)
    {
        Options options = (Options)group.Options;
        (Parameter[] parameters, OptimizerState[] states) = MembersOf(group);
        Moments.Update(
            parameters, Array.ConvertAll(states, state => ((State)state).Moments), options.LearningRate!.Value, options.beta1!.Value,
            options.beta2!.Value, options.eps!.Value, options.weight_decay!.Value, decoupled: false, options.maximize!.Value);
    }

    public sealed class State : OptimizerState, IDisposable
    {
        public State(Parameter parameter)
            : base(parameter)
        {
        }

        internal Moments Moments { get; } = new();

        public void Dispose() => Moments.Dispose();

        public override void to(Device device) => Moments.MoveTo(device);

        public override void LoadStateDict(BinaryReader reader) => Moments.Load(reader);

        public override void SaveStateDict(BinaryWriter writer) => Moments.Save(writer);

        public override void LoadStateDict(OptimizerState source) => Moments.CopyFrom(((State)source).Moments);

        public override bool ApproximatelyEquals(OptimizerState other) => other is State state && Moments.Near(state.Moments);

        public override void Initialize(OptimizerOptions options) => Moments.Reset(_parameter, ((Options)options).amsgrad!.Value);
    }

    public class Options : OptimizerOptions
    {
        public double? beta1;
        public double? beta2;
        public double? weight_decay;
        public double? eps;
        public bool? amsgrad;
        public bool? maximize;

        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            Options other = (Options)source;
            beta1 = other.beta1;
            beta2 = other.beta2;
            eps = other.eps;
            weight_decay = other.weight_decay;
            amsgrad = other.amsgrad;
            maximize = other.maximize;
        }

        public override void LoadStateDict(BinaryReader reader)
        {
            base.LoadStateDict(reader);
            beta1 = reader.ReadDouble();
            beta2 = reader.ReadDouble();
            eps = reader.ReadDouble();
            weight_decay = reader.ReadDouble();
            amsgrad = reader.ReadBoolean();
            maximize = reader.ReadBoolean();
        }

        public override void SaveStateDict(BinaryWriter writer)
        {
            base.SaveStateDict(writer);
            writer.Write(beta1!.Value);
            writer.Write(beta2!.Value);
            writer.Write(eps!.Value);
            writer.Write(weight_decay!.Value);
            writer.Write(amsgrad!.Value);
            writer.Write(maximize!.Value);
        }
    }

    public class ParamGroup : ParamGroup<Options>, optim.IBetas
    {
        public ParamGroup()
        {
        }

        public ParamGroup(IEnumerable<Parameter> parameters, Options options)
            : base(parameters, options)
        {
        }

        public ParamGroup(
            IEnumerable<Parameter> parameters,
            double lr = 1e-3,
            double beta1 = 0.9,
            double beta2 = 0.999,
            double eps = 1e-8,
            double weight_decay = 0,
            bool amsgrad = false,
            bool maximize = false)
            : base(
                parameters,
                new Options
                {
                    LearningRate = lr,
                    beta1 = beta1,
                    beta2 = beta2,
                    eps = eps,
                    weight_decay = weight_decay,
                    amsgrad = amsgrad,
                    maximize = maximize,
                })
        {
        }

        public (double, double) Betas
        {
            get => (Options.beta1!.Value, Options.beta2!.Value);
            set => (Options.beta1, Options.beta2) = value;
        }
    }
}
