using static TorchSharp.torch;

namespace TorchSharp.Modules;

public interface IParameterLessModule
{
}

/// <summary>A module without parameters and buffers; only its like can be its submodules.</summary>
public abstract class ParameterLessModule<T1, TResult> : nn.Module<T1, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name)
        : base(name)
    {
    }

    public override void register_buffer(string name, Tensor tensor, bool persistent = true) => throw NoComponent("buffer");

    public override void register_parameter(string name, Parameter param) => throw NoComponent("parameter");

    public override void register_module(string name, nn.Module submodule)
    {
        if (submodule is not IParameterLessModule)
            throw new InvalidOperationException("Submodules of a parameter-less module must also be parameter-less.");
        base.register_module(name, submodule);
    }

    private static InvalidOperationException NoComponent(string kind) =>
        new($"Cannot register a {kind} on a module that is declared 'parameter-less.'");
}

/// <inheritdoc cref="ParameterLessModule{T1, TResult}"/>
public abstract class ParameterLessModule<T1, T2, TResult> : nn.Module<T1, T2, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name)
        : base(name)
    {
    }

    public override void register_buffer(string name, Tensor tensor, bool persistent = true) => throw NoComponent("buffer");

    public override void register_parameter(string name, Parameter param) => throw NoComponent("parameter");

    public override void register_module(string name, nn.Module submodule)
    {
        if (submodule is not IParameterLessModule)
            throw new InvalidOperationException("Submodules of a parameter-less module must also be parameter-less.");
        base.register_module(name, submodule);
    }

    private static InvalidOperationException NoComponent(string kind) =>
        new($"Cannot register a {kind} on a module that is declared 'parameter-less.'");
}
