using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

/// <summary>Operations over the gradients of many parameters, one native call each.</summary>
internal static class Gradients
{
    public static void Clear(IEnumerable<Parameter> parameters, bool setToNone)
    {
        Parameter[] list = [.. parameters];
        Shim.Check(Shim.grads_clear(HandlesOf(list), list.Length, setToNone));
        GC.KeepAlive(list);
    }

    public static double ClipNorm(IEnumerable<Parameter> parameters, double maxNorm, double normType)
    {
        Parameter[] list = [.. parameters];
        Shim.Check(Shim.grads_clip_norm(HandlesOf(list), list.Length, maxNorm, normType, out double total));
        GC.KeepAlive(list);
        return total;
    }

    public static void ClipValue(IEnumerable<Parameter> parameters, double bound)
    {
        Parameter[] list = [.. parameters];
        Shim.Check(Shim.grads_clip_value(HandlesOf(list), list.Length, bound));
        GC.KeepAlive(list);
    }

    public static IntPtr[] HandlesOf(Parameter[] parameters) => Array.ConvertAll(parameters, p => p.Handle);
}
