using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A tensor that a module learns: assigned to a module's field, it is listed among the module's parameters.</summary>
public class Parameter : Tensor
{
    /// <param name="data">Becomes empty: the parameter takes over its values and its place in a dispose scope.</param>
    /// <param name="requires_grad">Whether gradients are recorded.</param>
    public Parameter(Tensor data, bool requires_grad = true)
        : base(Taken(data, requires_grad))
    {
        if (data.OwningDisposeScope is null) DetachFromDisposeScope();
        else DisposeScope.ReplaceWith(data, this);
    }

    /// <summary>Takes over a native handle and joins the current dispose scope.</summary>
    internal Parameter(IntPtr handle)
        : base(handle)
    {
    }

    private static IntPtr Taken(Tensor data, bool requiresGrad)
    {
        data.requires_grad = requiresGrad;
        return data.DecoupleFromNativeHandle();
    }
}
