// Arithmetic, reductions, ordering and linear algebra.
#include "shim.h"

using namespace shim;

// ---- one tensor in, one of the same shape out -----------------------------------------------------------------

#define UNARY(name)                                                                                                    \
    SHIM Handle at_##name(Handle self) { return guarded([&] { return at::name(*self); }); }

#define UNARY_AND_INPLACE(name)                                                                                        \
    UNARY(name)                                                                                                        \
    SHIM bool at_##name##_(Handle self) { return attempted([&] { at::name##_(*self); }); }

UNARY_AND_INPLACE(abs)
UNARY_AND_INPLACE(neg)
UNARY(sign)
UNARY_AND_INPLACE(exp)
UNARY_AND_INPLACE(exp2)
UNARY_AND_INPLACE(expm1)
UNARY_AND_INPLACE(log)
UNARY_AND_INPLACE(log2)
UNARY_AND_INPLACE(log10)
UNARY_AND_INPLACE(log1p)
UNARY_AND_INPLACE(sqrt)
UNARY_AND_INPLACE(rsqrt)
UNARY_AND_INPLACE(reciprocal)
UNARY_AND_INPLACE(sin)
UNARY_AND_INPLACE(cos)
UNARY_AND_INPLACE(tan)
UNARY_AND_INPLACE(asin)
UNARY_AND_INPLACE(acos)
UNARY_AND_INPLACE(atan)
UNARY_AND_INPLACE(sinh)
UNARY_AND_INPLACE(cosh)
UNARY_AND_INPLACE(tanh)
UNARY_AND_INPLACE(erf)
UNARY_AND_INPLACE(erfc)
UNARY_AND_INPLACE(ceil)
UNARY_AND_INPLACE(floor)
UNARY_AND_INPLACE(trunc)
UNARY_AND_INPLACE(frac)
UNARY_AND_INPLACE(sigmoid)
UNARY_AND_INPLACE(relu)
UNARY_AND_INPLACE(relu6)
UNARY_AND_INPLACE(selu)
UNARY_AND_INPLACE(silu)
UNARY(logical_not)
UNARY(bitwise_not)
UNARY(log_sigmoid)
UNARY(isnan)
UNARY(isinf)
UNARY(isfinite)
UNARY(isposinf)
UNARY(isneginf)

SHIM Handle at_erfinv(Handle self) { return guarded([&] { return self->erfinv(); }); }
SHIM bool at_erfinv_(Handle self) { return attempted([&] { self->erfinv_(); }); }
SHIM Handle at_lgamma(Handle self) { return guarded([&] { return self->lgamma(); }); }
SHIM bool at_lgamma_(Handle self) { return attempted([&] { self->lgamma_(); }); }
SHIM Handle at_digamma(Handle self) { return guarded([&] { return self->digamma(); }); }
SHIM bool at_digamma_(Handle self) { return attempted([&] { self->digamma_(); }); }
SHIM bool at_sign_(Handle self) { return attempted([&] { self->sign_(); }); }
SHIM bool at_logical_not_(Handle self) { return attempted([&] { self->logical_not_(); }); }
SHIM bool at_bitwise_not_(Handle self) { return attempted([&] { self->bitwise_not_(); }); }
SHIM Handle at_round(Handle self, int64_t decimals) { return guarded([&] { return at::round(*self, decimals); }); }
SHIM bool at_round_(Handle self, int64_t decimals) { return attempted([&] { at::round_(*self, decimals); }); }

SHIM Handle at_gelu(Handle self, bool tanh) { return guarded([&] { return at::gelu(*self, tanh ? "tanh" : "none"); }); }
SHIM bool at_gelu_(Handle self, bool tanh) { return attempted([&] { at::gelu_(*self, tanh ? "tanh" : "none"); }); }

SHIM Handle at_leaky_relu(Handle self, ScalarValue slope)
{
    return guarded([&] { return at::leaky_relu(*self, scalar(slope)); });
}

SHIM bool at_leaky_relu_(Handle self, ScalarValue slope) { return attempted([&] { at::leaky_relu_(*self, scalar(slope)); }); }

SHIM Handle at_elu(Handle self, ScalarValue alpha, ScalarValue scale, ScalarValue input_scale)
{
    return guarded([&] { return at::elu(*self, scalar(alpha), scalar(scale), scalar(input_scale)); });
}

SHIM bool at_elu_(Handle self, ScalarValue alpha, ScalarValue scale, ScalarValue input_scale)
{
    return attempted([&] { at::elu_(*self, scalar(alpha), scalar(scale), scalar(input_scale)); });
}

SHIM Handle at_softplus(Handle self, ScalarValue beta, ScalarValue threshold)
{
    return guarded([&] { return at::softplus(*self, scalar(beta), scalar(threshold)); });
}

SHIM Handle at_hardtanh(Handle self, ScalarValue min, ScalarValue max)
{
    return guarded([&] { return at::hardtanh(*self, scalar(min), scalar(max)); });
}

SHIM bool at_hardtanh_(Handle self, ScalarValue min, ScalarValue max)
{
    return attempted([&] { at::hardtanh_(*self, scalar(min), scalar(max)); });
}

SHIM Handle at_nan_to_num(Handle self, double nan, const double* posinf, const double* neginf)
{
    return guarded([&] { return at::nan_to_num(*self, nan, optional(posinf), optional(neginf)); });
}

SHIM bool at_nan_to_num_(Handle self, double nan, const double* posinf, const double* neginf)
{
    return attempted([&] { at::nan_to_num_(*self, nan, optional(posinf), optional(neginf)); });
}

SHIM Handle at_clamp(Handle self, OptionalScalar min, OptionalScalar max)
{
    return guarded([&] { return at::clamp(*self, optional_scalar(min), optional_scalar(max)); });
}

SHIM bool at_clamp_(Handle self, OptionalScalar min, OptionalScalar max)
{
    return attempted([&] { at::clamp_(*self, optional_scalar(min), optional_scalar(max)); });
}

SHIM Handle at_clamp_tensor(Handle self, OptionalHandle min, OptionalHandle max)
{
    return guarded([&] { return at::clamp(*self, optional(min), optional(max)); });
}

SHIM bool at_clamp_tensor_(Handle self, OptionalHandle min, OptionalHandle max)
{
    return attempted([&] { at::clamp_(*self, optional(min), optional(max)); });
}

// ---- two tensors ----------------------------------------------------------------------------------------------

#define BINARY(name)                                                                                                   \
    SHIM Handle at_##name(Handle self, Handle other) { return guarded([&] { return at::name(*self, *other); }); }

#define BINARY_AND_INPLACE(name)                                                                                       \
    BINARY(name)                                                                                                       \
    SHIM bool at_##name##_(Handle self, Handle other) { return attempted([&] { self->name##_(*other); }); }

#define BINARY_WITH_SCALAR(name)                                                                                       \
    BINARY_AND_INPLACE(name)                                                                                           \
    SHIM Handle at_##name##_scalar(Handle self, ScalarValue other)                                                     \
    {                                                                                                                  \
        return guarded([&] { return at::name(*self, scalar(other)); });                                                \
    }                                                                                                                  \
    SHIM bool at_##name##_scalar_(Handle self, ScalarValue other) { return attempted([&] { self->name##_(scalar(other)); }); }

BINARY_WITH_SCALAR(mul)
BINARY_WITH_SCALAR(pow)
BINARY_WITH_SCALAR(remainder)
BINARY_WITH_SCALAR(fmod)
BINARY_WITH_SCALAR(floor_divide)
BINARY_WITH_SCALAR(eq)
BINARY_WITH_SCALAR(ne)
BINARY_WITH_SCALAR(lt)
BINARY_WITH_SCALAR(le)
BINARY_WITH_SCALAR(gt)
BINARY_WITH_SCALAR(ge)
BINARY_AND_INPLACE(logical_and)
BINARY_AND_INPLACE(logical_or)
BINARY_AND_INPLACE(logical_xor)
BINARY_AND_INPLACE(bitwise_and)
BINARY_AND_INPLACE(bitwise_or)
BINARY_AND_INPLACE(bitwise_xor)
BINARY_AND_INPLACE(atan2)
BINARY(maximum)
BINARY(minimum)
BINARY(fmax)
BINARY(fmin)
BINARY(logaddexp)
BINARY(xlogy)
BINARY(isin)
BINARY(matmul)
BINARY(mm)
BINARY(mv)
BINARY(bmm)
BINARY(dot)
BINARY(outer)
BINARY(inner)
BINARY(kron)

SHIM Handle at_xlogy_scalar(Handle self, ScalarValue other) { return guarded([&] { return at::xlogy(*self, scalar(other)); }); }

SHIM Handle at_add(Handle self, Handle other, ScalarValue alpha)
{
    return guarded([&] { return at::add(*self, *other, scalar(alpha)); });
}

SHIM bool at_add_(Handle self, Handle other, ScalarValue alpha) { return attempted([&] { self->add_(*other, scalar(alpha)); }); }

SHIM Handle at_add_scalar(Handle self, ScalarValue other, ScalarValue alpha)
{
    return guarded([&] { return at::add(*self, scalar(other), scalar(alpha)); });
}

SHIM bool at_add_scalar_(Handle self, ScalarValue other, ScalarValue alpha)
{
    return attempted([&] { self->add_(scalar(other), scalar(alpha)); });
}

SHIM Handle at_sub(Handle self, Handle other) { return guarded([&] { return at::sub(*self, *other); }); }
SHIM bool at_sub_(Handle self, Handle other) { return attempted([&] { self->sub_(*other); }); }
SHIM Handle at_sub_scalar(Handle self, ScalarValue other) { return guarded([&] { return at::sub(*self, scalar(other)); }); }
SHIM bool at_sub_scalar_(Handle self, ScalarValue other) { return attempted([&] { self->sub_(scalar(other)); }); }

/// rounding: null for true division, "trunc" or "floor".
static c10::optional<c10::string_view> rounding_mode(const char* rounding)
{
    return rounding ? c10::make_optional(c10::string_view(rounding)) : c10::nullopt;
}

SHIM Handle at_div(Handle self, Handle other, const char* rounding)
{
    return guarded([&] { return at::div(*self, *other, rounding_mode(rounding)); });
}

SHIM bool at_div_(Handle self, Handle other, const char* rounding)
{
    return attempted([&] { self->div_(*other, rounding_mode(rounding)); });
}

SHIM Handle at_div_scalar(Handle self, ScalarValue other, const char* rounding)
{
    return guarded([&] { return at::div(*self, scalar(other), rounding_mode(rounding)); });
}

SHIM bool at_div_scalar_(Handle self, ScalarValue other, const char* rounding)
{
    return attempted([&] { self->div_(scalar(other), rounding_mode(rounding)); });
}

SHIM Handle at_addcmul(Handle self, Handle tensor1, Handle tensor2, ScalarValue value)
{
    return guarded([&] { return at::addcmul(*self, *tensor1, *tensor2, scalar(value)); });
}

SHIM bool at_addcmul_(Handle self, Handle tensor1, Handle tensor2, ScalarValue value)
{
    return attempted([&] { self->addcmul_(*tensor1, *tensor2, scalar(value)); });
}

SHIM Handle at_addcdiv(Handle self, Handle tensor1, Handle tensor2, ScalarValue value)
{
    return guarded([&] { return at::addcdiv(*self, *tensor1, *tensor2, scalar(value)); });
}

SHIM bool at_addcdiv_(Handle self, Handle tensor1, Handle tensor2, ScalarValue value)
{
    return attempted([&] { self->addcdiv_(*tensor1, *tensor2, scalar(value)); });
}

SHIM Handle at_lerp(Handle self, Handle end, Handle weight) { return guarded([&] { return at::lerp(*self, *end, *weight); }); }
SHIM bool at_lerp_(Handle self, Handle end, Handle weight) { return attempted([&] { self->lerp_(*end, *weight); }); }

SHIM Handle at_isclose(Handle self, Handle other, double rtol, double atol, bool equal_nan)
{
    return guarded([&] { return at::isclose(*self, *other, rtol, atol, equal_nan); });
}

SHIM bool at_allclose(Handle self, Handle other, double rtol, double atol, bool equal_nan, bool* close)
{
    return attempted([&] { *close = at::allclose(*self, *other, rtol, atol, equal_nan); });
}

SHIM bool at_equal(Handle self, Handle other, bool* equal) { return attempted([&] { *equal = at::equal(*self, *other); }); }

// ---- reductions -----------------------------------------------------------------------------------------------

UNARY(all)
UNARY(any)
UNARY(max)
UNARY(min)
UNARY(median)
UNARY(trace)

SHIM Handle at_all_dim(Handle self, int64_t dim, bool keepdim) { return guarded([&] { return at::all(*self, dim, keepdim); }); }
SHIM Handle at_any_dim(Handle self, int64_t dim, bool keepdim) { return guarded([&] { return at::any(*self, dim, keepdim); }); }

SHIM Handle at_sum(Handle self, int8_t dtype) { return guarded([&] { return at::sum(*self, optional_type(dtype)); }); }

SHIM Handle at_sum_dims(Handle self, const int64_t* dims, int64_t count, bool keepdim, int8_t dtype)
{
    return guarded([&] { return at::sum(*self, ints(dims, count), keepdim, optional_type(dtype)); });
}

SHIM Handle at_nansum(Handle self) { return guarded([&] { return at::nansum(*self); }); }
SHIM Handle at_mean(Handle self) { return guarded([&] { return at::mean(*self); }); }

SHIM Handle at_mean_dims(Handle self, const int64_t* dims, int64_t count, bool keepdim, int8_t dtype)
{
    return guarded([&] { return at::mean(*self, ints(dims, count), keepdim, optional_type(dtype)); });
}

SHIM Handle at_prod(Handle self, int8_t dtype) { return guarded([&] { return at::prod(*self, optional_type(dtype)); }); }

SHIM Handle at_prod_dim(Handle self, int64_t dim, bool keepdim, int8_t dtype)
{
    return guarded([&] { return at::prod(*self, dim, keepdim, optional_type(dtype)); });
}

SHIM Handle at_std(Handle self, bool unbiased) { return guarded([&] { return at::std(*self, unbiased); }); }
SHIM Handle at_var(Handle self, bool unbiased) { return guarded([&] { return at::var(*self, unbiased); }); }

SHIM Handle at_std_dims(Handle self, const int64_t* dims, int64_t count, bool unbiased, bool keepdim)
{
    return guarded([&] { return at::std(*self, ints(dims, count), unbiased, keepdim); });
}

SHIM Handle at_var_dims(Handle self, const int64_t* dims, int64_t count, bool unbiased, bool keepdim)
{
    return guarded([&] { return at::var(*self, ints(dims, count), unbiased, keepdim); });
}

SHIM Handle at_amax(Handle self, const int64_t* dims, int64_t count, bool keepdim)
{
    return guarded([&] { return at::amax(*self, ints(dims, count), keepdim); });
}

SHIM Handle at_amin(Handle self, const int64_t* dims, int64_t count, bool keepdim)
{
    return guarded([&] { return at::amin(*self, ints(dims, count), keepdim); });
}

SHIM void at_max_dim(Handle self, int64_t dim, bool keepdim, Handle* values, Handle* indices)
{
    results(values, indices, [&] { return at::max(*self, dim, keepdim); });
}

SHIM void at_min_dim(Handle self, int64_t dim, bool keepdim, Handle* values, Handle* indices)
{
    results(values, indices, [&] { return at::min(*self, dim, keepdim); });
}

SHIM Handle at_argmax(Handle self, int64_t dim, bool keepdim)
{
    return guarded([&] { return at::argmax(*self, optional(dim), keepdim); });
}

SHIM Handle at_argmin(Handle self, int64_t dim, bool keepdim)
{
    return guarded([&] { return at::argmin(*self, optional(dim), keepdim); });
}

SHIM Handle at_cumsum(Handle self, int64_t dim, int8_t dtype)
{
    return guarded([&] { return at::cumsum(*self, dim, optional_type(dtype)); });
}

SHIM Handle at_cumprod(Handle self, int64_t dim, int8_t dtype)
{
    return guarded([&] { return at::cumprod(*self, dim, optional_type(dtype)); });
}

SHIM Handle at_logsumexp(Handle self, int64_t dim, bool keepdim)
{
    return guarded([&] { return at::logsumexp(*self, dim, keepdim); });
}

SHIM Handle at_logcumsumexp(Handle self, int64_t dim) { return guarded([&] { return at::logcumsumexp(*self, dim); }); }

SHIM Handle at_softmax(Handle self, int64_t dim, int8_t dtype)
{
    return guarded([&] { return at::softmax(*self, dim, optional_type(dtype)); });
}

SHIM Handle at_log_softmax(Handle self, int64_t dim, int8_t dtype)
{
    return guarded([&] { return at::log_softmax(*self, dim, optional_type(dtype)); });
}

SHIM Handle at_norm(Handle self, double p) { return guarded([&] { return at::norm(*self, p); }); }

SHIM Handle at_norm_dim(Handle self, int64_t dim, bool keepdim, double p)
{
    return guarded([&] { return at::norm(*self, at::Scalar(p), {dim}, keepdim); });
}

SHIM Handle at_dist(Handle self, Handle other, double p) { return guarded([&] { return at::dist(*self, *other, p); }); }

SHIM Handle at_quantile(Handle self, Handle q, int64_t dim, bool keepdim)
{
    return guarded([&] { return at::quantile(*self, *q, optional(dim), keepdim); });
}

SHIM Handle at_nanquantile(Handle self, Handle q, int64_t dim, bool keepdim)
{
    return guarded([&] { return at::nanquantile(*self, *q, optional(dim), keepdim); });
}

SHIM Handle at_count_nonzero(Handle self, const int64_t* dims, int64_t count)
{
    return guarded([&] { return count == 0 ? at::count_nonzero(*self) : at::count_nonzero(*self, ints(dims, count)); });
}

SHIM Handle at_bincount(Handle self, OptionalHandle weights, int64_t minlength)
{
    return guarded([&] { return at::bincount(*self, optional(weights), minlength); });
}

SHIM Handle at_diff(Handle self, int64_t n, int64_t dim, OptionalHandle prepend, OptionalHandle append)
{
    return guarded([&] { return at::diff(*self, n, dim, optional(prepend), optional(append)); });
}

// ---- ordering -------------------------------------------------------------------------------------------------

SHIM void at_sort(Handle self, int64_t dim, bool descending, bool stable, Handle* values, Handle* indices)
{
    results(values, indices, [&] { return at::sort(*self, stable, dim, descending); });
}

SHIM Handle at_argsort(Handle self, int64_t dim, bool descending)
{
    return guarded([&] { return at::argsort(*self, dim, descending); });
}

SHIM void at_topk(Handle self, int64_t k, int64_t dim, bool largest, bool sorted, Handle* values, Handle* indices)
{
    results(values, indices, [&] { return at::topk(*self, k, dim, largest, sorted); });
}

SHIM void at_kthvalue(Handle self, int64_t k, int64_t dim, bool keepdim, Handle* values, Handle* indices)
{
    results(values, indices, [&] { return at::kthvalue(*self, k, dim, keepdim); });
}

/// dim may be no_value. The inverse and the counts are null where they were not asked for.
SHIM bool at_unique(
    Handle self, int64_t dim, bool sorted, bool return_inverse, bool return_counts, Handle* output, Handle* inverse, Handle* counts)
{
    *output = *inverse = *counts = nullptr;
    return attempted([&] {
        auto unique = dim == no_value ? at::_unique2(*self, sorted, return_inverse, return_counts)
                                      : at::unique_dim(*self, dim, sorted, return_inverse, return_counts);
        *output = give(std::get<0>(unique));
        *inverse = return_inverse ? give(std::get<1>(unique)) : nullptr;
        *counts = return_counts ? give(std::get<2>(unique)) : nullptr;
    });
}

SHIM Handle at_searchsorted(Handle sequence, Handle values, bool out_int32, bool right, OptionalHandle sorter)
{
    return guarded([&] { return at::searchsorted(*sequence, *values, out_int32, right, c10::nullopt, optional(sorter)); });
}

SHIM Handle at_searchsorted_scalar(Handle sequence, ScalarValue value, bool out_int32, bool right, OptionalHandle sorter)
{
    return guarded([&] { return at::searchsorted(*sequence, scalar(value), out_int32, right, c10::nullopt, optional(sorter)); });
}

SHIM Handle at_bucketize(Handle self, Handle boundaries, bool out_int32, bool right)
{
    return guarded([&] { return at::bucketize(*self, *boundaries, out_int32, right); });
}

// ---- linear algebra -------------------------------------------------------------------------------------------

#define MATRIX_ADDING(name)                                                                                            \
    SHIM Handle at_##name(Handle self, Handle left, Handle right, double beta, double alpha)                           \
    {                                                                                                                  \
        return guarded([&] { return at::name(*self, *left, *right, beta, alpha); });                                    \
    }
MATRIX_ADDING(addmm)
MATRIX_ADDING(addmv)
MATRIX_ADDING(addr)
MATRIX_ADDING(addbmm)

SHIM bool at_addmm_(Handle self, Handle left, Handle right, double beta, double alpha)
{
    return attempted([&] { self->addmm_(*left, *right, beta, alpha); });
}

SHIM bool at_addmv_(Handle self, Handle left, Handle right, double beta, double alpha)
{
    return attempted([&] { self->addmv_(*left, *right, beta, alpha); });
}

SHIM bool at_addr_(Handle self, Handle left, Handle right, double beta, double alpha)
{
    return attempted([&] { self->addr_(*left, *right, beta, alpha); });
}

SHIM bool at_addbmm_(Handle self, Handle left, Handle right, double beta, double alpha)
{
    return attempted([&] { self->addbmm_(*left, *right, beta, alpha); });
}

SHIM Handle at_einsum(const char* equation, const Handle* handles, int64_t count)
{
    return guarded([&] { return at::einsum(equation, tensors(handles, count)); });
}
