using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>x Φ(x), exact or by the tanh formula.</summary>
        public Tensor gelu(GELU.Approximate approximate) => Shim.at_gelu(this, approximate == GELU.Approximate.tanh);

        public Tensor gelu_(GELU.Approximate approximate)
        {
            Shim.Check(Shim.at_gelu_(this, approximate == GELU.Approximate.tanh));
            return this;
        }
    }
}
