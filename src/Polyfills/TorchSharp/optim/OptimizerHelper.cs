using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>What the optimizers have in common: groups, states, saving.</summary>
public abstract class OptimizerHelper : optim.Optimizer
{
    private protected readonly OrderedDict<IntPtr, OptimizerState> _state = [];
    private readonly Dictionary<ParamGroup, (IEnumerable<Parameter> Source, Parameter[] Parameters, OptimizerState[] States)> _members = [];

    private protected OptimizerHelper()
    {
    }

    public void save_state_dict(string location)
    {
        using FileStream stream = File.Create(location);
        using BinaryWriter writer = new(stream);
        save_state_dict(writer);
    }

    public void save_state_dict(BinaryWriter writer)
    {
        StateDictionary state = state_dict();
        writer.Write(GetType().Name);
        writer.Encode(state.Options.Count);
        writer.Encode(state.State.Count);
        state.Options.ForEach(options => options.SaveStateDict(writer));
        state.State.ForEach(entry => entry.SaveStateDict(writer));
    }

    public void load_state_dict(string location)
    {
        using FileStream stream = File.OpenRead(location);
        using BinaryReader reader = new(stream);
        load_state_dict(reader);
    }

    /// <exception cref="InvalidDataException">The file is of another kind of optimizer.</exception>
    /// <exception cref="ArgumentException">The file has other groups or parameters.</exception>
    public void load_state_dict(BinaryReader reader)
    {
        string kind = reader.ReadString();
        if (kind != GetType().Name)
            throw new InvalidDataException($"Mismatched optimizer type: expected '{GetType().Name}', but found '{kind}' in the loaded stream.");
        long groups = reader.Decode(), states = reader.Decode();
        StateDictionary own = state_dict();
        RequireSameSize(own, groups, states);
        own.Options.ForEach(options => options.LoadStateDict(reader));
        own.State.ForEach(state => state.LoadStateDict(reader));
    }

    /// <exception cref="ArgumentException">The dictionary has other groups or parameters.</exception>
    public virtual void load_state_dict(StateDictionary state_dict)
    {
        StateDictionary own = this.state_dict();
        RequireSameSize(own, state_dict.Options.Count, state_dict.State.Count);
        foreach ((OptimizerOptions target, OptimizerOptions source) in own.Options.Zip(state_dict.Options))
        {
            if (target != source) target.LoadStateDict(source);
        }
        foreach ((OptimizerState target, OptimizerState source) in own.State.Zip(state_dict.State))
        {
            if (target != source) target.LoadStateDict(source);
        }
    }

    /// <summary>The optimizer's own options and states, not copies.</summary>
    public virtual StateDictionary state_dict()
    {
        StateDictionary dictionary = new();
        foreach (ParamGroup group in _parameter_groups)
        {
            dictionary.Options.Add(group.Options);
            List<int> places = [];
            dictionary.StateIndexRef.Add(places);
            foreach (Parameter parameter in group.Parameters)
            {
                places.Add(dictionary.State.Count);
                dictionary.State.Add(_state[parameter.Handle]);
            }
        }
        return dictionary;
    }

    public void to(Device device)
    {
        foreach ((_, OptimizerState state) in _state) state.to(device);
    }

    public override void add_param_group(ParamGroup param_group) => _parameter_groups.Add(param_group);

    /// <summary>Runs the closure with gradients, then one update for each group.</summary>
    private protected Tensor Step(Func<Tensor>? closure, Action<ParamGroup> update)
    {
        Tensor? loss = null;
        if (closure is not null)
        {
            using (enable_grad()) loss = closure();
        }
        foreach (ParamGroup group in _parameter_groups) update(group);
        return loss!;
    }

    /// <summary>A group's parameters and their states side by side, looked up again only when the group was given others.</summary>
    private protected (Parameter[] Parameters, OptimizerState[] States) MembersOf(ParamGroup group)
    {
        if (_members.TryGetValue(group, out var known) && ReferenceEquals(known.Source, group.Parameters)) return (known.Parameters, known.States);
        Parameter[] parameters = [.. group.Parameters];
        OptimizerState[] states = Array.ConvertAll(parameters, parameter => _state[parameter.Handle]);
        _members[group] = (group.Parameters, parameters, states);
        return (parameters, states);
    }

    /// <summary>Adds a group whose options are complete, with fresh states.</summary>
    private protected void AddGroup(ParamGroup group, Func<Parameter, OptimizerState> stateOf)
    {
        // Listed once: module.parameters() would walk the module again at every step.
        group.Parameters = group.Parameters.ToArray();
        group.Options.InitialLearningRate = group.LearningRate;
        _parameter_groups.Add(group);
        foreach (Parameter parameter in group.Parameters)
        {
            OptimizerState state = stateOf(parameter);
            _state[parameter.Handle] = state;
            state.Initialize(group.Options);
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        foreach ((_, OptimizerState state) in _state) (state as IDisposable)?.Dispose();
        _state.Clear();
        _members.Clear();
    }

    private static void RequireSameSize(StateDictionary own, long groups, long states)
    {
        if (groups != own.Options.Count) throw new ArgumentException("Invalid optimizer state -- different number of parameter groups.");
        if (states != own.State.Count) throw new ArgumentException("Invalid optimizer state -- different number of states.");
    }
}
