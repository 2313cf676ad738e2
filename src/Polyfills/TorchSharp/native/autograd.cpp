// Automatic differentiation.
#include "shim.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

using namespace shim;

SHIM bool at_requires_grad(Handle self) { return self->requires_grad(); }
SHIM bool at_set_requires_grad(Handle self, bool requires_grad) { return attempted([&] { self->set_requires_grad(requires_grad); }); }
SHIM bool at_is_leaf(Handle self) { return self->is_leaf(); }
SHIM bool at_retain_grad(Handle self) { return attempted([&] { self->retain_grad(); }); }
SHIM Handle at_detach(Handle self) { return guarded([&] { return self->detach(); }); }
SHIM bool at_detach_(Handle self) { return attempted([&] { self->detach_(); }); }

/// Null without an error where there is no gradient.
SHIM Handle at_grad(Handle self) { return guarded([&] { return self->grad(); }); }

SHIM bool at_set_grad(Handle self, OptionalHandle grad)
{
    return attempted([&] { self->mutable_grad() = grad ? *grad : Tensor(); });
}

SHIM bool at_backward(Handle self) { return attempted([&] { self->backward(); }); }

/// One entry for each input, null where allow_unused lets an input have no gradient.
SHIM Handle* autograd_grad(
    const Handle* outputs, int64_t output_count, const Handle* inputs, int64_t input_count, const Handle* grad_outputs,
    int64_t grad_output_count, bool retain_graph, bool create_graph, bool allow_unused, int64_t* count)
{
    return list(count, [&] {
        return torch::autograd::grad(
            tensors(outputs, output_count), tensors(inputs, input_count), tensors(grad_outputs, grad_output_count),
            retain_graph, create_graph, allow_unused);
    });
}

SHIM bool autograd_backward(
    const Handle* outputs, int64_t output_count, const Handle* grad_outputs, int64_t grad_output_count, bool retain_graph,
    bool create_graph, const Handle* inputs, int64_t input_count)
{
    return attempted([&] {
        torch::autograd::backward(
            tensors(outputs, output_count), tensors(grad_outputs, grad_output_count), retain_graph, create_graph,
            tensors(inputs, input_count));
    });
}
