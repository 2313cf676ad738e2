using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>The layers' functions without their state.</summary>
        public static partial class functional
        {
            /// <summary>input Wᵀ + bias over the last dimension.</summary>
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => Shim.at_linear(input, weights, bias);

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                Shim.at_dropout(input, p, training, inplace);

            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) =>
                Shim.at_layer_norm(input, normalized_shape, normalized_shape.Length, weight, bias, eps);

            public static Tensor batch_norm(
                Tensor input,
                Tensor? running_mean,
                Tensor? running_var,
                Tensor? weight = null,
                Tensor? bias = null,
                bool training = false,
                double momentum = 0.1,
                double eps = 1e-5) =>
                Shim.at_batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps);

            /// <summary>Divides by the p-norm along a dimension, at least <paramref name="eps"/>.</summary>
            public static Tensor normalize(Tensor input, double p = 2.0, long dim = 1L, double eps = 1e-12) => Shim.at_normalize(input, p, dim, eps);

            public static Tensor cosine_similarity(Tensor x1, Tensor x2, long dim = 1, double eps = 1e-8) =>
                Shim.at_cosine_similarity(x1, x2, dim, eps);

            /// <param name="x">Class indices, Int64.</param>
            /// <param name="num_classes">-1: one more than the largest index.</param>
            /// <exception cref="ArgumentException">The indices are not Int64.</exception>
            public static Tensor one_hot(Tensor x, long num_classes = -1)
            {
                if (x.dtype != ScalarType.Int64) throw new ArgumentException("OneHot input tensor must have elements of type Int64");
                return Shim.at_one_hot(x, num_classes);
            }

            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_().alias() : x.relu();

            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false) =>
                inplace ? input.leaky_relu_(negative_slope).alias() : input.leaky_relu(negative_slope);

            public static Tensor elu(Tensor x, double alpha, bool inplace = false) => inplace ? x.elu_(alpha, 1.0, 1.0).alias() : x.elu(alpha);

            public static Tensor tanh(Tensor x, bool inplace = false) => inplace ? x.tanh_().alias() : x.tanh();

            public static Tensor sigmoid(Tensor x) => x.sigmoid();

            public static Tensor sigmoid(Tensor x, bool inplace) => inplace ? x.sigmoid_().alias() : x.sigmoid();

            public static Tensor gelu(Tensor x) => x.gelu();

            public static Tensor gelu(Tensor x, bool inplace) => inplace ? x.gelu_().alias() : x.gelu();

            public static Tensor gelu(Tensor x, GELU.Approximate approximate, bool inplace = false) =>
                inplace ? x.gelu_(approximate).alias() : x.gelu(approximate);

            public static Tensor silu(Tensor x, bool inplace = false) => inplace ? x.silu_().alias() : x.silu();

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

            public static Tensor log_softmax(Tensor x, long dim) => x.log_softmax(dim);

            public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) => x.softplus(beta, threshold);
        }
    }
}
