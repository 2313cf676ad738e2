using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

// The C ABI of native/nn.cpp: layers and losses.
internal static unsafe partial class Shim
{
    [LibraryImport(Library)]
    internal static partial nint at_share(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_linear(Tensor input, Tensor weight, [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? bias);

    [LibraryImport(Library)]
    internal static partial Tensor at_embedding(Tensor weight, Tensor indices, long paddingIndex, Bool8 scaleGradByFreq, Bool8 sparse);

    [LibraryImport(Library)]
    internal static partial Bool8 at_embedding_renorm_(Tensor weight, Tensor indices, double maxNorm, double normType);

    [LibraryImport(Library)]
    internal static partial Tensor at_dropout(Tensor input, double p, Bool8 training, Bool8 inplace);

    [LibraryImport(Library)]
    internal static partial Tensor at_layer_norm(
        Tensor input,
        long[] shape,
        long rank,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? weight,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? bias,
        double eps);

    [LibraryImport(Library)]
    internal static partial Tensor at_batch_norm(
        Tensor input,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? runningMean,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? runningVar,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? weight,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? bias,
        Bool8 training,
        double momentum,
        double eps);

    [LibraryImport(Library)]
    internal static partial Tensor at_normalize(Tensor input, double p, long dim, double eps);

    [LibraryImport(Library)]
    internal static partial Tensor at_one_hot(Tensor self, long classes);

    [LibraryImport(Library)]
    internal static partial Tensor at_cosine_similarity(Tensor left, Tensor right, long dim, double eps);

    [LibraryImport(Library)]
    internal static partial Tensor at_gru(
        Tensor input,
        Tensor hidden,
        nint[] weights,
        long weightCount,
        Bool8 biases,
        long layers,
        double dropout,
        Bool8 training,
        Bool8 bidirectional,
        Bool8 batchFirst,
        out nint lastHidden);

    [LibraryImport(Library)]
    internal static partial Tensor at_binary_cross_entropy(
        Tensor input, Tensor target, [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? weight, long reduction);

    [LibraryImport(Library)]
    internal static partial Tensor at_binary_cross_entropy_with_logits(
        Tensor input,
        Tensor target,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? weight,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? posWeight,
        long reduction);

    [LibraryImport(Library)]
    internal static partial Tensor at_cross_entropy(
        Tensor input,
        Tensor target,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? weight,
        long reduction,
        long ignoreIndex,
        double labelSmoothing);

    [LibraryImport(Library)]
    internal static partial Tensor at_nll_loss(
        Tensor input, Tensor target, [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? weight, long reduction, long ignoreIndex);

    [LibraryImport(Library)]
    internal static partial Tensor at_mse_loss(Tensor input, Tensor target, long reduction);

    [LibraryImport(Library)]
    internal static partial Tensor at_l1_loss(Tensor input, Tensor target, long reduction);

    [LibraryImport(Library)]
    internal static partial Tensor at_smooth_l1_loss(Tensor input, Tensor target, long reduction, double beta);

    [LibraryImport(Library)]
    internal static partial Tensor at_huber_loss(Tensor input, Tensor target, long reduction, double delta);

    [LibraryImport(Library)]
    internal static partial Tensor at_kl_div(Tensor input, Tensor target, long reduction, Bool8 logTarget);

    [LibraryImport(Library)]
    internal static partial Tensor at_poisson_nll_loss(Tensor input, Tensor target, Bool8 logInput, Bool8 full, double eps, long reduction);

    [LibraryImport(Library)]
    internal static partial Tensor at_margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, double margin, long reduction);

    [LibraryImport(Library)]
    internal static partial Tensor at_cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, double margin, long reduction);

    [LibraryImport(Library)]
    internal static partial Tensor at_hinge_embedding_loss(Tensor input, Tensor target, double margin, long reduction);

    [LibraryImport(Library)]
    internal static partial Tensor at_soft_margin_loss(Tensor input, Tensor target, long reduction);
}
