using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Gradient descent, with momentum (Sutskever et al. 2013, Nesterov's too) and weight decay if wanted.</summary>
public class SGD : OptimizerHelper, optim.IMomentum
{
    private readonly Options _defaults;

    public SGD(
        IEnumerable<Parameter> parameters,
        double lr,
        double momentum = 0.0,
        double dampening = 0,
        double weight_decay = 0,
        bool nesterov = false,
        bool maximize = false)
        : this([new ParamGroup { Parameters = parameters }], lr, momentum, dampening, weight_decay, nesterov, maximize)
    {
    }

    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public SGD(
        IEnumerable<ParamGroup> parameters,
        double lr,
        double momentum = 0.0,
        double dampening = 0,
        double weight_decay = 0,
        bool nesterov = false,
        bool maximize = false)
    {
        if (lr < 0.0) throw new ArgumentException($"Invalid learning rate: {lr}");
        if (momentum < 0.0) throw new ArgumentException($"Invalid momentum value: {momentum}");
        if (weight_decay < 0.0) throw new ArgumentException($"Invalid weight_decay value: {weight_decay}");
        if (nesterov && (momentum <= 0 || dampening != 0))
            throw new ArgumentException("Nesterov momentum requires a momentum and zero dampening");
        _defaults = new Options
        {
            LearningRate = lr,
            InitialLearningRate = lr,
            momentum = momentum,
            dampening = dampening,
            weight_decay = weight_decay,
            nesterov = nesterov,
            maximize = maximize,
        };
        foreach (ParamGroup group in parameters) add_param_group(group);
    }

    public double Momentum
    {
        get => _defaults.momentum!.Value;
        set => _defaults.momentum = value;
    }

    public override void add_param_group(Modules.ParamGroup param_group)
    {
        Options options = (Options)(param_group.Options ??= new Options());
        options.LearningRate ??= _defaults.LearningRate;
        options.momentum ??= _defaults.momentum;
        options.dampening ??= _defaults.dampening;
        options.weight_decay ??= _defaults.weight_decay;
        options.nesterov ??= _defaults.nesterov;
        options.maximize ??= _defaults.maximize;
        AddGroup(param_group, parameter => new State(parameter));
    }

    public override Tensor step(Func<Tensor>? closure = null) => Step(closure, Update);

    private void Update(Modules.ParamGroup group)
    {
        Options options = (Options)group.Options;
        (Parameter[] parameters, OptimizerState[] states) = MembersOf(group);
        IntPtr[] buffers = Array.ConvertAll(states, state => ((State)state).momentum_buffer?.Handle ?? IntPtr.Zero);
        Shim.Check(Shim.sgd_step(
            Gradients.HandlesOf(parameters), buffers, parameters.Length, options.LearningRate!.Value, options.momentum!.Value,
            options.dampening!.Value, options.weight_decay!.Value, options.nesterov!.Value, options.maximize!.Value));
        for (int i = 0; i < states.Length; i++) ((State)states[i]).Take(buffers[i]);
        GC.KeepAlive(parameters);
    }

    public sealed class State : OptimizerState, IDisposable
    {
        public Tensor? momentum_buffer;

        public State(Parameter parameter)
            : base(parameter)
        {
        }

        public void Dispose() => momentum_buffer?.Dispose();

        public override void to(Device device)
        {
            if (momentum_buffer is { } old) momentum_buffer = old.to(device).DetachFromDisposeScope();
        }

        public override void LoadStateDict(BinaryReader reader) => LoadConditionalStateTensor(reader, ref momentum_buffer, _parameter.device);

        public override void SaveStateDict(BinaryWriter writer) => SaveConditionalStateTensor(writer, momentum_buffer);

        public override void LoadStateDict(OptimizerState source)
        {
            Tensor? other = ((State)source).momentum_buffer;
            momentum_buffer?.Dispose();
            momentum_buffer = other is null ? null : Copied(other);
        }

        public override bool ApproximatelyEquals(OptimizerState other) =>
            other is State state && (momentum_buffer is null || (state.momentum_buffer is { } rhs && momentum_buffer.allclose(rhs)));

        public override void Initialize(OptimizerOptions options)
        {
            momentum_buffer?.Dispose();
            momentum_buffer = null;
        }

        /// <summary>Takes over the buffer that the first step made.</summary>
        internal void Take(IntPtr buffer)
        {
            if (momentum_buffer is null && buffer != IntPtr.Zero) momentum_buffer = new Tensor(buffer).DetachFromDisposeScope();
        }
    }

    public class Options : OptimizerOptions
    {
        public double? momentum;
        public double? dampening;
        public double? weight_decay;
        public bool? nesterov;
        public bool? maximize;

        public override void LoadStateDict(BinaryReader reader)
        {
            base.LoadStateDict(reader);
            momentum = reader.ReadDouble();
            dampening = reader.ReadDouble();
            weight_decay = reader.ReadDouble();
            nesterov = reader.ReadBoolean();
            maximize = reader.ReadBoolean();
        }

        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            Options other = (Options)source;
            momentum = other.momentum;
            dampening = other.dampening;
            weight_decay = other.weight_decay;
            nesterov = other.nesterov;
            maximize = other.maximize;
        }

        public override void SaveStateDict(BinaryWriter writer)
        {
            base.SaveStateDict(writer);
            writer.Write(momentum!.Value);
            writer.Write(dampening!.Value);
            writer.Write(weight_decay!.Value);
            writer.Write(nesterov!.Value);
            writer.Write(maximize!.Value);
        }
    }

    public class ParamGroup : ParamGroup<Options>, optim.IMomentum
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
            double momentum = 0.0,
            double dampening = 0,
            double weight_decay = 0,
            bool nesterov = false,
            bool maximize = false)
            : base(
                parameters,
                new Options
                {
                    LearningRate = lr,
                    momentum = momentum,
                    dampening = dampening,
                    weight_decay = weight_decay,
                    nesterov = nesterov,
                    maximize = maximize,
                })
        {
        }

        public double Momentum
        {
            get => Options.momentum!.Value;
            set => Options.momentum = value;
        }
    }
}
