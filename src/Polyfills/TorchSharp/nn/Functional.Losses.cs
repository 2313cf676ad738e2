using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>What a loss does with the values of its elements.</summary>
        public enum Reduction : long
        {
            None = 0,
            Mean = 1,
            Sum = 2,
        }

        public static partial class functional
        {
            /// <summary>-w [y log p + (1 - y) log(1 - p)] of probabilities; logarithms are cut off at -100.</summary>
            public static Tensor binary_cross_entropy(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
                Shim.at_binary_cross_entropy(input, target, weight, (long)reduction);

            /// <summary>Binary cross entropy of logits, the positive part scaled by <paramref name="pos_weights"/>.</summary>
            public static Tensor binary_cross_entropy_with_logits(
                Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean, Tensor? pos_weights = null) =>
                Shim.at_binary_cross_entropy_with_logits(input, target, weight, pos_weights, (long)reduction);

            /// <param name="input">Logits <c>[batch, classes, ...]</c>.</param>
            /// <param name="target">Class indices <c>[batch, ...]</c> or probabilities of the input's shape.</param>
            /// <param name="weight">One factor a class.</param>
            /// <param name="ignore_index">A class index without loss.</param>
            /// <param name="reduction">The mean is over weights.</param>
            /// <param name="label_smoothing">The share, 0 to 1, given to all classes alike.</param>
            public static Tensor cross_entropy(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                long ignore_index = -100,
                Reduction reduction = Reduction.Mean,
                double label_smoothing = 0.0) =>
                Shim.at_cross_entropy(input, target, weight, (long)reduction, ignore_index, label_smoothing);

            /// <summary>Minus the target classes' log probabilities.</summary>
            public static Tensor nll_loss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
                Shim.at_nll_loss(input, target, weight, (long)reduction, -100);

            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Shim.at_mse_loss(input, target, (long)reduction);

            public static Tensor l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Shim.at_l1_loss(input, target, (long)reduction);

            /// <summary>Quadratic within <paramref name="beta"/> of zero, linear with slope one beyond.</summary>
            public static Tensor smooth_l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean, double beta = 1.0) =>
                Shim.at_smooth_l1_loss(input, target, (long)reduction, beta);

            /// <summary>Half the square within <paramref name="delta"/> of zero, linear with slope delta beyond.</summary>
            public static Tensor huber_loss(Tensor input, Tensor target, double delta = 1.0, Reduction reduction = Reduction.Mean) =>
                Shim.at_huber_loss(input, target, (long)reduction, delta);

            /// <summary>Kullback-Leibler divergence of the input's log probabilities from the target's, which are logarithms by default.</summary>
            public static Tensor kl_div(Tensor input, Tensor target, bool log_target = true, Reduction reduction = Reduction.Mean) =>
                Shim.at_kl_div(input, target, (long)reduction, log_target);

            public static Tensor poisson_nll_loss(
                Tensor input, Tensor target, bool log_input = true, bool full = false, float eps = 1e-8f, Reduction reduction = Reduction.Mean) =>
                Shim.at_poisson_nll_loss(input, target, log_input, full, eps, (long)reduction);

            /// <summary>max(0, margin - target (input1 - input2)), target 1 or -1.</summary>
            public static Tensor margin_ranking_loss(
                Tensor input1, Tensor input2, Tensor target, double margin = 0.0, Reduction reduction = Reduction.Mean) =>
                Shim.at_margin_ranking_loss(input1, input2, target, margin, (long)reduction);

            public static Tensor cosine_embedding_loss(
                Tensor input1, Tensor input2, Tensor target, double margin = 0.0, Reduction reduction = Reduction.Mean) =>
                Shim.at_cosine_embedding_loss(input1, input2, target, margin, (long)reduction);

            public static Tensor hinge_embedding_loss(Tensor input, Tensor target, double margin = 0.0, Reduction reduction = Reduction.Mean) =>
                Shim.at_hinge_embedding_loss(input, target, margin, (long)reduction);

            /// <summary>log(1 + e^(-target input)), target 1 or -1.</summary>
            public static Tensor soft_margin_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Shim.at_soft_margin_loss(input, target, (long)reduction);
        }
    }
}
