// The kernels behind torch.nn.functional.
#include "shim.h"

#include <ATen/core/grad_mode.h>

using namespace shim;

namespace {

void require_same_size(const Tensor& input, const Tensor& target)
{
    TORCH_CHECK(
        target.sizes() == input.sizes(), "Target size (", target.sizes(), ") must be the same as input size (", input.sizes(), ")");
}

} // namespace

// ---- layers ---------------------------------------------------------------------------------------------------

/// A second handle to the same tensor: storage, gradient and graph are shared.
SHIM Handle at_share(Handle self) { return guarded([&] { return *self; }); }

SHIM Handle at_linear(Handle input, Handle weight, OptionalHandle bias)
{
    return guarded([&] { return at::linear(*input, *weight, optional(bias)); });
}

SHIM Handle at_embedding(Handle weight, Handle indices, int64_t padding_index, bool scale_grad_by_freq, bool sparse)
{
    return guarded([&] { return at::embedding(*weight, *indices, padding_index, scale_grad_by_freq, sparse); });
}

/// The rows of weight named by indices are renormalised in place where their p-norm exceeds max_norm.
SHIM bool at_embedding_renorm_(Handle weight, Handle indices, double max_norm, double norm_type)
{
    return attempted([&] {
        at::NoGradGuard no_grad;
        at::embedding_renorm_(*weight, indices->contiguous(), max_norm, norm_type);
    });
}

SHIM Handle at_dropout(Handle input, double p, bool training, bool inplace)
{
    return guarded([&] {
        TORCH_CHECK(p >= 0 && p <= 1, "dropout probability has to be between 0 and 1, but got ", p);
        return inplace ? at::dropout_(*input, p, training) : at::dropout(*input, p, training);
    });
}

SHIM Handle at_layer_norm(Handle input, const int64_t* shape, int64_t rank, OptionalHandle weight, OptionalHandle bias, double eps)
{
    return guarded([&] { return at::layer_norm(*input, ints(shape, rank), optional(weight), optional(bias), eps); });
}

SHIM Handle at_batch_norm(
    Handle input, OptionalHandle running_mean, OptionalHandle running_var, OptionalHandle weight, OptionalHandle bias, bool training,
    double momentum, double eps)
{
    return guarded([&] {
        return at::batch_norm(
            *input, optional(weight), optional(bias), optional(running_mean), optional(running_var), training, momentum, eps,
            /*cudnn_enabled=*/false);
    });
}

SHIM Handle at_normalize(Handle input, double p, int64_t dim, double eps)
{
    return guarded([&] {
        auto norm = at::norm(*input, at::Scalar(p), {dim}, /*keepdim=*/true);
        return *input / norm.clamp_min(eps).expand_as(*input);
    });
}

SHIM Handle at_one_hot(Handle self, int64_t classes) { return guarded([&] { return at::one_hot(*self, classes); }); }

SHIM Handle at_cosine_similarity(Handle left, Handle right, int64_t dim, double eps)
{
    return guarded([&] { return at::cosine_similarity(*left, *right, dim, eps); });
}

/// Weights in PyTorch's order, layer by layer and direction by direction: w_ih, w_hh and, with biases, b_ih, b_hh.
/// hidden: [layers * directions, batch, hidden]. Returns the outputs; the last states go to last_hidden.
SHIM Handle at_gru(
    Handle input, Handle hidden, const Handle* weights, int64_t weight_count, bool biases, int64_t layers, double dropout, bool training,
    bool bidirectional, bool batch_first, Handle* last_hidden)
{
    *last_hidden = nullptr;
    return guarded([&] {
        auto [output, last] = at::gru(
            *input, *hidden, tensors(weights, weight_count), biases, layers, dropout, training, bidirectional, batch_first);
        *last_hidden = give(last);
        return output;
    });
}

// ---- losses; reduction: 0 none, 1 mean, 2 sum -----------------------------------------------------------------

SHIM Handle at_binary_cross_entropy(Handle input, Handle target, OptionalHandle weight, int64_t reduction)
{
    return guarded([&] {
        require_same_size(*input, *target);
        auto scale = optional(weight);
        if (scale)
            scale = scale->expand_as(*target);
        return at::binary_cross_entropy(*input, *target, scale, reduction);
    });
}

SHIM Handle at_binary_cross_entropy_with_logits(
    Handle input, Handle target, OptionalHandle weight, OptionalHandle pos_weight, int64_t reduction)
{
    return guarded([&] {
        require_same_size(*input, *target);
        return at::binary_cross_entropy_with_logits(*input, *target, optional(weight), optional(pos_weight), reduction);
    });
}

SHIM Handle at_cross_entropy(
    Handle input, Handle target, OptionalHandle weight, int64_t reduction, int64_t ignore_index, double label_smoothing)
{
    return guarded([&] {
        return at::cross_entropy_loss(*input, *target, optional(weight), reduction, ignore_index, label_smoothing);
    });
}

SHIM Handle at_nll_loss(Handle input, Handle target, OptionalHandle weight, int64_t reduction, int64_t ignore_index)
{
    return guarded([&] { return at::nll_loss_nd(*input, *target, optional(weight), reduction, ignore_index); });
}

SHIM Handle at_mse_loss(Handle input, Handle target, int64_t reduction)
{
    return guarded([&] { return at::mse_loss(*input, *target, reduction); });
}

SHIM Handle at_l1_loss(Handle input, Handle target, int64_t reduction)
{
    return guarded([&] { return at::l1_loss(*input, *target, reduction); });
}

SHIM Handle at_smooth_l1_loss(Handle input, Handle target, int64_t reduction, double beta)
{
    return guarded([&] { return at::smooth_l1_loss(*input, *target, reduction, beta); });
}

SHIM Handle at_huber_loss(Handle input, Handle target, int64_t reduction, double delta)
{
    return guarded([&] { return at::huber_loss(*input, *target, reduction, delta); });
}

SHIM Handle at_kl_div(Handle input, Handle target, int64_t reduction, bool log_target)
{
    return guarded([&] { return at::kl_div(*input, *target, reduction, log_target); });
}

SHIM Handle at_poisson_nll_loss(Handle input, Handle target, bool log_input, bool full, double eps, int64_t reduction)
{
    return guarded([&] { return at::poisson_nll_loss(*input, *target, log_input, full, eps, reduction); });
}

SHIM Handle at_margin_ranking_loss(Handle input1, Handle input2, Handle target, double margin, int64_t reduction)
{
    return guarded([&] { return at::margin_ranking_loss(*input1, *input2, *target, margin, reduction); });
}

SHIM Handle at_cosine_embedding_loss(Handle input1, Handle input2, Handle target, double margin, int64_t reduction)
{
    return guarded([&] { return at::cosine_embedding_loss(*input1, *input2, *target, margin, reduction); });
}

SHIM Handle at_hinge_embedding_loss(Handle input, Handle target, double margin, int64_t reduction)
{
    return guarded([&] { return at::hinge_embedding_loss(*input, *target, margin, reduction); });
}

SHIM Handle at_soft_margin_loss(Handle input, Handle target, int64_t reduction)
{
    return guarded([&] { return at::soft_margin_loss(*input, *target, reduction); });
}
