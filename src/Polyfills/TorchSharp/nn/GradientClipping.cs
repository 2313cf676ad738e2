using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            /// <summary>Scales all gradients down together, in place, where their norm as one vector exceeds a bound.</summary>
            /// <returns>The norm before clipping.</returns>
            public static double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm, double norm_type = 2.0) =>
                Gradients.ClipNorm(tensors, max_norm, norm_type);

            /// <summary>Clamps every gradient to [-<paramref name="clip_value"/>, <paramref name="clip_value"/>] in place.</summary>
            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value) => Gradients.ClipValue(tensors, clip_value);
        }
    }
}
