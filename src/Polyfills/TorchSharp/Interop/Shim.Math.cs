using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

// The C ABI of native/math.cpp: arithmetic, reductions, ordering and linear algebra.
internal static unsafe partial class Shim
{
    [LibraryImport(Library)]
    internal static partial Tensor at_abs(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_abs_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_neg(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_neg_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_sign(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_exp(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_exp_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_exp2(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_exp2_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_expm1(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_expm1_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_log(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_log_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_log2(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_log2_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_log10(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_log10_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_log1p(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_log1p_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_sqrt(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_sqrt_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_rsqrt(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_rsqrt_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_reciprocal(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_reciprocal_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_sin(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_sin_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_cos(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_cos_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_tan(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_tan_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_asin(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_asin_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_acos(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_acos_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_atan(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_atan_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_sinh(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_sinh_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_cosh(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_cosh_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_tanh(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_tanh_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_erf(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_erf_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_erfc(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_erfc_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_ceil(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_ceil_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_floor(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_floor_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_trunc(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_trunc_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_frac(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_frac_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_sigmoid(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_sigmoid_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_relu(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_relu_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_relu6(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_relu6_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_selu(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_selu_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_silu(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_silu_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_logical_not(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_bitwise_not(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_log_sigmoid(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_isnan(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_isinf(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_isfinite(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_isposinf(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_isneginf(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_erfinv(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_erfinv_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_lgamma(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_lgamma_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_digamma(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_digamma_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_sign_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_logical_not_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_bitwise_not_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_round(Tensor self, long decimals);

    [LibraryImport(Library)]
    internal static partial Bool8 at_round_(Tensor self, long decimals);

    [LibraryImport(Library)]
    internal static partial Tensor at_gelu(Tensor self, Bool8 tanh);

    [LibraryImport(Library)]
    internal static partial Bool8 at_gelu_(Tensor self, Bool8 tanh);

    [LibraryImport(Library)]
    internal static partial Tensor at_leaky_relu(Tensor self, Scalar slope);

    [LibraryImport(Library)]
    internal static partial Bool8 at_leaky_relu_(Tensor self, Scalar slope);

    [LibraryImport(Library)]
    internal static partial Tensor at_elu(Tensor self, Scalar alpha, Scalar scale, Scalar inputScale);

    [LibraryImport(Library)]
    internal static partial Bool8 at_elu_(Tensor self, Scalar alpha, Scalar scale, Scalar inputScale);

    [LibraryImport(Library)]
    internal static partial Tensor at_softplus(Tensor self, Scalar beta, Scalar threshold);

    [LibraryImport(Library)]
    internal static partial Tensor at_hardtanh(Tensor self, Scalar min, Scalar max);

    [LibraryImport(Library)]
    internal static partial Bool8 at_hardtanh_(Tensor self, Scalar min, Scalar max);

    [LibraryImport(Library)]
    internal static partial Tensor at_nan_to_num(Tensor self, double nan, double* posinf, double* neginf);

    [LibraryImport(Library)]
    internal static partial Bool8 at_nan_to_num_(Tensor self, double nan, double* posinf, double* neginf);

    [LibraryImport(Library)]
    internal static partial Tensor at_clamp(Tensor self, Scalar? min, Scalar? max);

    [LibraryImport(Library)]
    internal static partial Bool8 at_clamp_(Tensor self, Scalar? min, Scalar? max);

    [LibraryImport(Library)]
    internal static partial Tensor at_clamp_tensor(
        Tensor self,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? min,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? max);

    [LibraryImport(Library)]
    internal static partial Bool8 at_clamp_tensor_(
        Tensor self,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? min,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? max);

    [LibraryImport(Library)]
    internal static partial Tensor at_mul(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_mul_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_mul_scalar(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_mul_scalar_(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Tensor at_pow(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_pow_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_pow_scalar(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_pow_scalar_(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Tensor at_remainder(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_remainder_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_remainder_scalar(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_remainder_scalar_(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Tensor at_fmod(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_fmod_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_fmod_scalar(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_fmod_scalar_(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Tensor at_floor_divide(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_floor_divide_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_floor_divide_scalar(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_floor_divide_scalar_(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Tensor at_eq(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_eq_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_eq_scalar(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_eq_scalar_(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Tensor at_ne(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_ne_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_ne_scalar(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_ne_scalar_(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Tensor at_lt(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_lt_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_lt_scalar(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_lt_scalar_(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Tensor at_le(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_le_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_le_scalar(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_le_scalar_(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Tensor at_gt(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_gt_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_gt_scalar(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_gt_scalar_(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Tensor at_ge(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_ge_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_ge_scalar(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_ge_scalar_(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Tensor at_logical_and(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_logical_and_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_logical_or(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_logical_or_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_logical_xor(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_logical_xor_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_bitwise_and(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_bitwise_and_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_bitwise_or(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_bitwise_or_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_bitwise_xor(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_bitwise_xor_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_atan2(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_atan2_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_maximum(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_minimum(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_fmax(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_fmin(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_logaddexp(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_xlogy(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_isin(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_matmul(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_mm(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_mv(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_bmm(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_dot(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_outer(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_inner(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_kron(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_xlogy_scalar(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Tensor at_add(Tensor self, Tensor other, Scalar alpha);

    [LibraryImport(Library)]
    internal static partial Bool8 at_add_(Tensor self, Tensor other, Scalar alpha);

    [LibraryImport(Library)]
    internal static partial Tensor at_add_scalar(Tensor self, Scalar other, Scalar alpha);

    [LibraryImport(Library)]
    internal static partial Bool8 at_add_scalar_(Tensor self, Scalar other, Scalar alpha);

    [LibraryImport(Library)]
    internal static partial Tensor at_sub(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_sub_(Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial Tensor at_sub_scalar(Tensor self, Scalar other);

    [LibraryImport(Library)]
    internal static partial Bool8 at_sub_scalar_(Tensor self, Scalar other);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial Tensor at_div(Tensor self, Tensor other, string? rounding);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial Bool8 at_div_(Tensor self, Tensor other, string? rounding);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial Tensor at_div_scalar(Tensor self, Scalar other, string? rounding);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial Bool8 at_div_scalar_(Tensor self, Scalar other, string? rounding);

    [LibraryImport(Library)]
    internal static partial Tensor at_addcmul(Tensor self, Tensor tensor1, Tensor tensor2, Scalar value);

    [LibraryImport(Library)]
    internal static partial Bool8 at_addcmul_(Tensor self, Tensor tensor1, Tensor tensor2, Scalar value);

    [LibraryImport(Library)]
    internal static partial Tensor at_addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, Scalar value);

    [LibraryImport(Library)]
    internal static partial Bool8 at_addcdiv_(Tensor self, Tensor tensor1, Tensor tensor2, Scalar value);

    [LibraryImport(Library)]
    internal static partial Tensor at_lerp(Tensor self, Tensor end, Tensor weight);

    [LibraryImport(Library)]
    internal static partial Bool8 at_lerp_(Tensor self, Tensor end, Tensor weight);

    [LibraryImport(Library)]
    internal static partial Tensor at_isclose(Tensor self, Tensor other, double rtol, double atol, Bool8 equalNan);

    [LibraryImport(Library)]
    internal static partial Bool8 at_allclose(Tensor self, Tensor other, double rtol, double atol, Bool8 equalNan, out Bool8 close);

    [LibraryImport(Library)]
    internal static partial Bool8 at_equal(Tensor self, Tensor other, out Bool8 equal);

    [LibraryImport(Library)]
    internal static partial Tensor at_all(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_any(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_max(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_min(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_median(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_trace(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_all_dim(Tensor self, long dim, Bool8 keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor at_any_dim(Tensor self, long dim, Bool8 keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor at_sum(Tensor self, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_sum_dims(Tensor self, ReadOnlySpan<long> dims, long count, Bool8 keepdim, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_nansum(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_mean(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_mean_dims(Tensor self, ReadOnlySpan<long> dims, long count, Bool8 keepdim, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_prod(Tensor self, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_prod_dim(Tensor self, long dim, Bool8 keepdim, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_std(Tensor self, Bool8 unbiased);

    [LibraryImport(Library)]
    internal static partial Tensor at_var(Tensor self, Bool8 unbiased);

    [LibraryImport(Library)]
    internal static partial Tensor at_std_dims(Tensor self, ReadOnlySpan<long> dims, long count, Bool8 unbiased, Bool8 keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor at_var_dims(Tensor self, ReadOnlySpan<long> dims, long count, Bool8 unbiased, Bool8 keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor at_amax(Tensor self, ReadOnlySpan<long> dims, long count, Bool8 keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor at_amin(Tensor self, ReadOnlySpan<long> dims, long count, Bool8 keepdim);

    [LibraryImport(Library)]
    internal static partial void at_max_dim(Tensor self, long dim, Bool8 keepdim, out Tensor values, out Tensor indices);

    [LibraryImport(Library)]
    internal static partial void at_min_dim(Tensor self, long dim, Bool8 keepdim, out Tensor values, out Tensor indices);

    [LibraryImport(Library)]
    internal static partial Tensor at_argmax(Tensor self, long dim, Bool8 keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor at_argmin(Tensor self, long dim, Bool8 keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor at_cumsum(Tensor self, long dim, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_cumprod(Tensor self, long dim, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_logsumexp(Tensor self, long dim, Bool8 keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor at_logcumsumexp(Tensor self, long dim);

    [LibraryImport(Library)]
    internal static partial Tensor at_softmax(Tensor self, long dim, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_log_softmax(Tensor self, long dim, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_norm(Tensor self, double p);

    [LibraryImport(Library)]
    internal static partial Tensor at_norm_dim(Tensor self, long dim, Bool8 keepdim, double p);

    [LibraryImport(Library)]
    internal static partial Tensor at_dist(Tensor self, Tensor other, double p);

    [LibraryImport(Library)]
    internal static partial Tensor at_quantile(Tensor self, Tensor q, long dim, Bool8 keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor at_nanquantile(Tensor self, Tensor q, long dim, Bool8 keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor at_count_nonzero(Tensor self, ReadOnlySpan<long> dims, long count);

    [LibraryImport(Library)]
    internal static partial Tensor at_bincount(
        Tensor self, [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? weights, long minlength);

    [LibraryImport(Library)]
    internal static partial Tensor at_diff(
        Tensor self,
        long n,
        long dim,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? prepend,
        [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? append);

    [LibraryImport(Library)]
    internal static partial void at_sort(Tensor self, long dim, Bool8 descending, Bool8 stable, out Tensor values, out Tensor indices);

    [LibraryImport(Library)]
    internal static partial Tensor at_argsort(Tensor self, long dim, Bool8 descending);

    [LibraryImport(Library)]
    internal static partial void at_topk(
        Tensor self, long k, long dim, Bool8 largest, Bool8 sorted, out Tensor values, out Tensor indices);

    [LibraryImport(Library)]
    internal static partial void at_kthvalue(Tensor self, long k, long dim, Bool8 keepdim, out Tensor values, out Tensor indices);

    [LibraryImport(Library)]
    internal static partial Bool8 at_unique(
        Tensor self, long dim, Bool8 sorted, Bool8 returnInverse, Bool8 returnCounts, out nint output, out nint inverse, out nint counts);

    [LibraryImport(Library)]
    internal static partial Tensor at_searchsorted(
        Tensor sequence, Tensor values, Bool8 outInt32, Bool8 right, [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? sorter);

    [LibraryImport(Library)]
    internal static partial Tensor at_searchsorted_scalar(
        Tensor sequence, Scalar value, Bool8 outInt32, Bool8 right, [MarshalUsing(typeof(OptionalTensorMarshaller))] Tensor? sorter);

    [LibraryImport(Library)]
    internal static partial Tensor at_bucketize(Tensor self, Tensor boundaries, Bool8 outInt32, Bool8 right);

    [LibraryImport(Library)]
    internal static partial Tensor at_addmm(Tensor self, Tensor left, Tensor right, double beta, double alpha);

    [LibraryImport(Library)]
    internal static partial Tensor at_addmv(Tensor self, Tensor left, Tensor right, double beta, double alpha);

    [LibraryImport(Library)]
    internal static partial Tensor at_addr(Tensor self, Tensor left, Tensor right, double beta, double alpha);

    [LibraryImport(Library)]
    internal static partial Tensor at_addbmm(Tensor self, Tensor left, Tensor right, double beta, double alpha);

    [LibraryImport(Library)]
    internal static partial Bool8 at_addmm_(Tensor self, Tensor left, Tensor right, double beta, double alpha);

    [LibraryImport(Library)]
    internal static partial Bool8 at_addmv_(Tensor self, Tensor left, Tensor right, double beta, double alpha);

    [LibraryImport(Library)]
    internal static partial Bool8 at_addr_(Tensor self, Tensor left, Tensor right, double beta, double alpha);

    [LibraryImport(Library)]
    internal static partial Bool8 at_addbmm_(Tensor self, Tensor left, Tensor right, double beta, double alpha);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial Tensor at_einsum(string? equation, Tensor[] handles, long count);
}
