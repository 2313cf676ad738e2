// Initialisers, operations on the gradients of many parameters, and fused optimiser steps.
#include "shim.h"

#include <ATen/Parallel.h>
#include <cmath>
#include <vector>

// The update loops below are the whole work of an optimiser step: vectorise them.
#pragma GCC optimize("O3")

using namespace shim;

namespace {

inline float root(float x) { return __builtin_sqrtf(x); }
inline double root(double x) { return __builtin_sqrt(x); }

// Below this many elements the cost of waking the thread pool exceeds that of the update itself.
constexpr int64_t kUpdateGrain = 16384;

bool is_plain(const Tensor& tensor, at::ScalarType type) {
    return tensor.layout() == at::kStrided && tensor.device().is_cpu() && tensor.scalar_type() == type && tensor.is_contiguous();
}

// ---- Adam -------------------------------------------------------------------------------------------------------------

struct AdamOptions {
    double lr, beta1, beta2, eps, weight_decay;
    bool decoupled, maximize;
};

// One pass over parameter, gradient and both moments, with the operations and rounding points of PyTorch's loop over tensors.
template <typename T, bool Amsgrad>
void adam_span(T* __restrict param, const T* __restrict grad, T* __restrict m, T* __restrict v, T* __restrict v_max,
               int64_t count, const AdamOptions& o, double step) {
    const double correction1 = 1 - std::pow(o.beta1, step);
    const T root_correction2 = static_cast<T>(std::sqrt(1 - std::pow(o.beta2, step)));
    const T beta1 = static_cast<T>(o.beta1), beta2 = static_cast<T>(o.beta2);
    const T rest1 = static_cast<T>(1 - o.beta1), rest2 = static_cast<T>(1 - o.beta2);
    const T eps = static_cast<T>(o.eps), step_size = static_cast<T>(-o.lr / correction1);
    const T sign = o.maximize ? T(-1) : T(1);
    const T coupled = o.decoupled ? T(0) : static_cast<T>(o.weight_decay);
    const T shrink = o.decoupled ? static_cast<T>(1 - o.lr * o.weight_decay) : T(1);
    for (int64_t i = 0; i < count; ++i) {
        const T p = param[i] * shrink;
        const T g = sign * grad[i] + coupled * p;
        const T mi = m[i] * beta1 + rest1 * g;
        const T vi = v[i] * beta2 + rest2 * g * g;
        m[i] = mi;
        v[i] = vi;
        T second = vi;
        if constexpr (Amsgrad) {
            second = vi > v_max[i] ? vi : v_max[i];
            v_max[i] = second;
        }
        param[i] = p + step_size * mi / (root(second) / root_correction2 + eps);
    }
}

template <typename T>
void adam_plain(Tensor& param, const Tensor& grad, Tensor& m, Tensor& v, Tensor* v_max,
                const AdamOptions& o, double step) {
    T* p = param.data_ptr<T>();
    const T* g = grad.data_ptr<T>();
    T* mp = m.data_ptr<T>();
    T* vp = v.data_ptr<T>();
    T* xp = v_max == nullptr ? nullptr : v_max->data_ptr<T>();
    at::parallel_for(0, param.numel(), kUpdateGrain, [&](int64_t begin, int64_t end) {
        const int64_t count = end - begin;
        if (xp == nullptr) adam_span<T, false>(p + begin, g + begin, mp + begin, vp + begin, nullptr, count, o, step);
        else adam_span<T, true>(p + begin, g + begin, mp + begin, vp + begin, xp + begin, count, o, step);
    });
    param.unsafeGetTensorImpl()->bump_version();
}

void adam_any(Tensor& param, Tensor grad, Tensor& m, Tensor& v, Tensor* v_max, const AdamOptions& o, double step) {
    if (o.maximize) grad = grad.neg();
    if (o.decoupled) param.mul_(1 - o.lr * o.weight_decay);
    else if (o.weight_decay != 0) grad = grad.add(param, o.weight_decay);
    m.mul_(o.beta1).add_(grad, 1 - o.beta1);
    v.mul_(o.beta2).addcmul_(grad, grad.conj(), 1 - o.beta2);
    if (v_max != nullptr) v_max->copy_(at::maximum(*v_max, v));
    const Tensor& second = v_max == nullptr ? v : *v_max;
    Tensor denominator = (second.sqrt() / std::sqrt(1 - std::pow(o.beta2, step))).add_(o.eps);
    param.addcdiv_(m, denominator, -o.lr / (1 - std::pow(o.beta1, step)));
}

void adam_one(Tensor& param, Tensor& m, Tensor& v, Tensor* v_max, const AdamOptions& o, double step) {
    const Tensor& grad = param.grad();
    for (at::ScalarType type : {at::kFloat, at::kDouble}) {
        const bool plain = is_plain(param, type) && is_plain(grad, type) && is_plain(m, type) && is_plain(v, type)
            && (v_max == nullptr || is_plain(*v_max, type));
        if (!plain) continue;
        if (type == at::kFloat) adam_plain<float>(param, grad, m, v, v_max, o, step);
        else adam_plain<double>(param, grad, m, v, v_max, o, step);
        return;
    }
    adam_any(param, grad, m, v, v_max, o, step);
}

// ---- SGD --------------------------------------------------------------------------------------------------------------

struct SgdOptions {
    double lr, momentum, dampening, weight_decay;
    bool nesterov, maximize;
};

template <typename T>
void sgd_plain(Tensor& param, const Tensor& grad, Tensor* buffer, const SgdOptions& o) {
    T* p = param.data_ptr<T>();
    const T* g = grad.data_ptr<T>();
    T* b = buffer == nullptr ? nullptr : buffer->data_ptr<T>();
    const T momentum = static_cast<T>(o.momentum), fresh = static_cast<T>(1 - o.dampening), decay = static_cast<T>(o.weight_decay);
    const T rate = static_cast<T>(o.maximize ? o.lr : -o.lr);
    at::parallel_for(0, param.numel(), kUpdateGrain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            T direction = g[i] + decay * p[i];
            if (b != nullptr) {
                b[i] = momentum * b[i] + fresh * direction;
                direction = o.nesterov ? direction + momentum * b[i] : b[i];
            }
            p[i] += rate * direction;
        }
    });
    param.unsafeGetTensorImpl()->bump_version();
}

void sgd_any(Tensor& param, Tensor grad, Tensor* buffer, const SgdOptions& o) {
    if (o.weight_decay != 0) grad = grad.add(param, o.weight_decay);
    if (buffer != nullptr) {
        buffer->mul_(o.momentum).add_(grad, 1 - o.dampening);
        grad = o.nesterov ? grad.add(*buffer, o.momentum) : *buffer;
    }
    param.add_(grad, o.maximize ? o.lr : -o.lr);
}

void sgd_one(Tensor& param, Tensor* buffer, const SgdOptions& o) {
    const Tensor& grad = param.grad();
    for (at::ScalarType type : {at::kFloat, at::kDouble}) {
        if (!is_plain(param, type) || !is_plain(grad, type) || (buffer != nullptr && !is_plain(*buffer, type))) continue;
        if (type == at::kFloat) sgd_plain<float>(param, grad, buffer, o);
        else sgd_plain<double>(param, grad, buffer, o);
        return;
    }
    sgd_any(param, grad, buffer, o);
}

// The first step copies the decayed gradient into the buffer, undamped.
Tensor first_buffer(const Tensor& param, const SgdOptions& o) {
    const Tensor& grad = param.grad();
    return o.weight_decay != 0 ? grad.add(param, o.weight_decay) : grad.detach().clone();
}

}  // namespace

// ---- Initialisation ---------------------------------------------------------------------------------------------------

SHIM bool init_uniform(Handle tensor, double low, double high) {
    return attempted([&] {
        at::NoGradGuard no_grad;
        tensor->uniform_(low, high);
    });
}

SHIM bool init_normal(Handle tensor, double mean, double std) {
    return attempted([&] {
        at::NoGradGuard no_grad;
        tensor->normal_(mean, std);
    });
}

SHIM bool init_constant(Handle tensor, double value) {
    return attempted([&] {
        at::NoGradGuard no_grad;
        tensor->fill_(value);
    });
}

SHIM bool init_eye(Handle tensor) {
    return attempted([&] {
        TORCH_CHECK(tensor->dim() == 2, "Only tensors with 2 dimensions are supported");
        at::NoGradGuard no_grad;
        tensor->copy_(at::eye(tensor->size(0), tensor->size(1), tensor->options().requires_grad(c10::nullopt)));
    });
}

/// Saxe et al. (2013): the orthogonal factor of a Gaussian matrix, signs fixed by the triangular factor's diagonal.
SHIM bool init_orthogonal(Handle tensor, double gain) {
    return attempted([&] {
        TORCH_CHECK(tensor->dim() >= 2, "Only tensors with 2 or more dimensions are supported");
        at::NoGradGuard no_grad;
        const int64_t rows = tensor->size(0), columns = tensor->numel() / rows;
        Tensor flat = at::randn({rows, columns}, tensor->options().requires_grad(c10::nullopt));
        if (rows < columns) flat.t_();
        auto [q, r] = at::linalg_qr(flat);
        q.mul_(r.diag().sign());
        if (rows < columns) q.t_();
        tensor->view_as(q).copy_(q);
        tensor->mul_(gain);
    });
}

/// Values outside [a, b] are drawn away by inverting the normal distribution function between its bounds.
SHIM bool init_trunc_normal(Handle tensor, double mean, double std, double a, double b) {
    return attempted([&] {
        at::NoGradGuard no_grad;
        const auto cdf = [](double x) { return (1 + std::erf(x / std::sqrt(2.0))) / 2; };
        const double low = cdf((a - mean) / std), high = cdf((b - mean) / std);
        tensor->uniform_(2 * low - 1, 2 * high - 1);
        tensor->erfinv_();
        tensor->mul_(std * std::sqrt(2.0)).add_(mean).clamp_(a, b);
    });
}

// ---- Gradients --------------------------------------------------------------------------------------------------------

SHIM bool grads_clear(const Handle* parameters, int64_t count, bool set_to_none) {
    return attempted([&] {
        at::NoGradGuard no_grad;
        for (int64_t i = 0; i < count; ++i) {
            Tensor& grad = parameters[i]->mutable_grad();
            if (!grad.defined()) continue;
            if (set_to_none) grad = Tensor();
            else grad.zero_();
        }
    });
}

/// The norm of all gradients as one vector before clipping.
SHIM bool grads_clip_norm(const Handle* parameters, int64_t count, double max_norm, double norm_type, double* total) {
    return attempted([&] {
        at::NoGradGuard no_grad;
        std::vector<Tensor> grads, norms;
        for (int64_t i = 0; i < count; ++i) {
            if (parameters[i]->grad().defined()) grads.push_back(parameters[i]->grad());
        }
        *total = 0;
        if (grads.empty()) return;
        for (const Tensor& grad : grads) {
            norms.push_back(std::isinf(norm_type) ? grad.detach().abs().max() : grad.detach().norm(norm_type));
        }
        const Tensor stacked = at::stack(norms);
        *total = (std::isinf(norm_type) ? stacked.max() : stacked.norm(norm_type)).item().toDouble();
        // A norm that is not a number makes every gradient so: the caller must see it in the loss, not miss it here.
        const double scale = max_norm / (*total + 1e-6);
        if (scale >= 1) return;
        for (Tensor& grad : grads) grad.mul_(scale);
    });
}

SHIM bool grads_clip_value(const Handle* parameters, int64_t count, double bound) {
    return attempted([&] {
        at::NoGradGuard no_grad;
        for (int64_t i = 0; i < count; ++i) {
            Tensor& grad = parameters[i]->mutable_grad();
            if (grad.defined()) grad.clamp_(-bound, bound);
        }
    });
}

// ---- Optimiser steps --------------------------------------------------------------------------------------------------

/// One Adam (Kingma & Ba 2015, algorithm 1) or AdamW (Loshchilov & Hutter 2019, algorithm 2) step for every parameter with a gradient,
/// whose entry of `steps` is advanced.
SHIM bool adam_step(const Handle* parameters, const Handle* m, const Handle* v, const Handle* v_max, int64_t* steps,
                     int64_t count, double lr, double beta1, double beta2, double eps, double weight_decay, bool decoupled, bool maximize) {
    return attempted([&] {
        at::NoGradGuard no_grad;
        const AdamOptions options{lr, beta1, beta2, eps, weight_decay, decoupled, maximize};
        for (int64_t i = 0; i < count; ++i) {
            if (!parameters[i]->grad().defined()) continue;
            steps[i] += 1;
            adam_one(*parameters[i], *m[i], *v[i], v_max[i], options, static_cast<double>(steps[i]));
        }
    });
}

/// One step of gradient descent with momentum; a null entry of `buffers` is filled with a new tensor that the caller owns.
SHIM bool sgd_step(const Handle* parameters, Handle* buffers, int64_t count, double lr, double momentum, double dampening,
                    double weight_decay, bool nesterov, bool maximize) {
    return attempted([&] {
        at::NoGradGuard no_grad;
        const SgdOptions options{lr, momentum, dampening, weight_decay, nesterov, maximize};
        for (int64_t i = 0; i < count; ++i) {
            if (!parameters[i]->grad().defined()) continue;
            if (momentum != 0 && buffers[i] == nullptr) {
                buffers[i] = give(first_buffer(*parameters[i], options));
                Tensor direction = *buffers[i];
                if (options.nesterov) direction = direction.add(direction, momentum);
                parameters[i]->add_(direction, options.maximize ? lr : -lr);
                continue;
            }
            sgd_one(*parameters[i], momentum != 0 ? buffers[i] : nullptr, options);
        }
    });
}

