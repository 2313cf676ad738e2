using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Neural networks: modules and what builds them.</summary>
    public static partial class nn
    {
        public static Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);

        public static Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null) =>
            new(inputSize, outputSize, hasBias, device, dtype);

        public static Linear Linear(Parameter weight, Parameter? bias = null) => new(weight, bias);

        public static Embedding Embedding(
            long num_embeddings,
            long embedding_dims,
            long? padding_idx = null,
            double? max_norm = null,
            double norm_type = 2.0,
            bool scale_grad_by_freq = false,
            bool sparse = false,
            Device? device = null,
            ScalarType? dtype = null) =>
            Modules.Embedding.Create(num_embeddings, embedding_dims, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
                .MoveModule<Embedding>(device, dtype);

        /// <summary>An embedding over a given table <c>[rows, width]</c>, fixed if <paramref name="freeze"/>.</summary>
        public static Embedding Embedding_from_pretrained(
            Tensor embeddings,
            bool freeze = true,
            long? padding_idx = null,
            double? max_norm = null,
            double norm_type = 2.0,
            bool scale_grad_by_freq = false,
            bool sparse = false,
            Device? device = null,
            ScalarType? dtype = null)
        {
            if (embeddings.dim() != 2) throw new ArgumentException("Embeddings parameter is expected to be 2-dimensional");
            return new Embedding(embeddings.alias(), freeze, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
                .MoveModule<Embedding>(device, dtype);
        }

        public static GRU GRU(
            long inputSize,
            long hiddenSize,
            long numLayers = 1,
            bool bias = true,
            bool batchFirst = false,
            double dropout = 0.0,
            bool bidirectional = false,
            Device? device = null,
            ScalarType? dtype = null) =>
            new GRU(inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional).MoveModule<GRU>(device, dtype);

        public static LayerNorm LayerNorm(
            long[] normalized_shape,
            double eps = 1e-05,
            bool elementwise_affine = true,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null) =>
            new(normalized_shape, eps, elementwise_affine, bias, device, dtype);

        public static LayerNorm LayerNorm(
            long normalized_shape,
            double eps = 1e-05,
            bool elementwise_affine = true,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null) =>
            new([normalized_shape], eps, elementwise_affine, bias, device, dtype);

        public static BatchNorm1d BatchNorm1d(
            long num_features,
            double eps = 1e-05,
            double momentum = 0.1,
            bool affine = true,
            bool track_running_stats = true,
            Device? device = null,
            ScalarType? dtype = null) =>
            new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

        public static Dropout Dropout(double p = 0.5, bool inplace = false) => new(p, inplace);

        public static Identity Identity() => new();

        public static Flatten Flatten(long start_dim = 1, long end_dim = -1) => new(start_dim, end_dim);

        public static CosineSimilarity CosineSimilarity(long dim = 1, double eps = 1e-8) => new(dim, eps);

        public static ReLU ReLU(bool inplace = false) => new(inplace);

        public static LeakyReLU LeakyReLU(double negative_slope = 0.01, bool inplace = false) => new(negative_slope, inplace);

        public static ELU ELU(double alpha = 1.0, bool inplace = false) => new(alpha, inplace);

        public static Tanh Tanh() => new(false);

        public static Tanh Tanh(bool inplace = false) => new(inplace);

        public static Sigmoid Sigmoid() => new(false);

        public static Sigmoid Sigmoid(bool inplace) => new(inplace);

        public static GELU GELU() => new(false);

        public static GELU GELU(bool inplace) => new(inplace);

        public static GELU GELU(GELU.Approximate approximate, bool inplace = false) => new(inplace, approximate);

        public static SiLU SiLU() => new(false);

        public static SiLU SiLU(bool inplace) => new(inplace);

        public static Softmax Softmax(long dim) => new(dim);

        public static LogSoftmax LogSoftmax(long dim) => new(dim);

        public static Softplus Softplus(double beta = 1, double threshold = 20) => new(beta, threshold);
    }
}
