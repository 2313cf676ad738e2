using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor sigmoid() => Shim.at_sigmoid(this);

        public Tensor sigmoid_() => InPlace(Shim.at_sigmoid_(this));

        public Tensor relu() => Shim.at_relu(this);

        public Tensor relu_() => InPlace(Shim.at_relu_(this));

        public Tensor relu6() => Shim.at_relu6(this);

        public Tensor relu6_() => InPlace(Shim.at_relu6_(this));

        public Tensor selu() => Shim.at_selu(this);

        public Tensor selu_() => InPlace(Shim.at_selu_(this));

        public Tensor silu() => Shim.at_silu(this);

        public Tensor silu_() => InPlace(Shim.at_silu_(this));

        public Tensor log_sigmoid() => Shim.at_log_sigmoid(this);

        public Tensor leaky_relu(Scalar negative_slope) => Shim.at_leaky_relu(this, negative_slope);

        public Tensor leaky_relu_(Scalar negative_slope) => InPlace(Shim.at_leaky_relu_(this, negative_slope));

        public Tensor elu(double alpha = 1) => elu(alpha, 1.0, 1.0);

        public Tensor elu(Scalar alpha, Scalar scale, Scalar input_scale) => Shim.at_elu(this, alpha, scale, input_scale);

        public Tensor elu_(Scalar alpha, Scalar scale, Scalar input_scale) => InPlace(Shim.at_elu_(this, alpha, scale, input_scale));

        public Tensor gelu() => Shim.at_gelu(this, tanh: false);

        public Tensor gelu_() => InPlace(Shim.at_gelu_(this, tanh: false));

        public Tensor softplus(double beta = 1, double threshold = 20) => Shim.at_softplus(this, beta, threshold);

        public Tensor hardtanh(Scalar min, Scalar max) => Shim.at_hardtanh(this, min, max);

        public Tensor hardtanh_(Scalar min, Scalar max) => InPlace(Shim.at_hardtanh_(this, min, max));

        public Tensor softmax(long dim, ScalarType? dtype = null) => Shim.at_softmax(this, dim, Code(dtype));

        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Shim.at_log_softmax(this, dim, Code(dtype));
    }
}
