using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

/// <summary>A parameter that a module holds for itself, as TorchSharp's native modules do, and hands out under further handles.</summary>
/// <remarks>
/// A handle given out, the registered one included, belongs to the dispose scope it was made in, as in TorchSharp: a module of this kind that is
/// built inside a scope keeps computing after the scope, but lists no parameters.
/// </remarks>
internal sealed class SharedParameter : IDisposable
{
    private Parameter _own;

    /// <param name="parameter">Taken over.</param>
    public SharedParameter(Parameter parameter) => _own = Detached(parameter);

    public Parameter Own => _own;

    public Parameter Share() => Share(_own);

    /// <param name="parameter">Shared, not taken over.</param>
    public void Replace(Parameter parameter)
    {
        Parameter shared = Detached(Share(parameter));
        _own.Dispose();
        _own = shared;
    }

    public void Dispose() => _own.Dispose();

    private static Parameter Share(Parameter parameter) =>
        Shim.at_share(parameter) is not 0 and nint handle ? new Parameter(handle) : throw Shim.LastError();

    private static Parameter Detached(Parameter parameter) => (Parameter)parameter.DetachFromDisposeScope();
}
