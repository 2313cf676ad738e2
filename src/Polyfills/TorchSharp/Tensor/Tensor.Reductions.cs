using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor all() => Shim.at_all(this);

        public Tensor all(long dim, bool keepdim = false) => Shim.at_all_dim(this, dim, keepdim);

        public Tensor any() => Shim.at_any(this);

        public Tensor any(long dim, bool keepdim = false) => Shim.at_any_dim(this, dim, keepdim);

        /// <remarks>A literal 0 is also a <see cref="ScalarType"/>: sum(0) sums all, as bytes. Write sum(dim: 0) or sum(0L).</remarks>
        public Tensor sum(ScalarType? type = null) => Shim.at_sum(this, Code(type));

        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) =>
            Shim.at_sum_dims(this, dim, dim.Length, keepdim, Code(type));

        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => sum((ReadOnlySpan<long>)dim, keepdim, type);

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => sum([dim], keepdim, type);

        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) => sum([dim0, dim1], keepdim, type);

        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) =>
            sum([dim0, dim1, dim2], keepdim, type);

        public Tensor nansum() => Shim.at_nansum(this);

        public Tensor mean() => Shim.at_mean(this);

        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) =>
            Shim.at_mean_dims(this, dimensions, dimensions.Length, keepdim, Code(type));

        public Tensor prod(ScalarType? type = null) => Shim.at_prod(this, Code(type));

        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) => Shim.at_prod_dim(this, dim, keepdim, Code(type));

        public Tensor amax(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) =>
            Into(@out, Shim.at_amax(this, dims, dims.Length, keepdim));

        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) => amax((ReadOnlySpan<long>)dims, keepdim, @out);

        public Tensor amax(params long[] dims) => amax((ReadOnlySpan<long>)dims);

        public Tensor amin(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) =>
            Into(@out, Shim.at_amin(this, dims, dims.Length, keepdim));

        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) => amin((ReadOnlySpan<long>)dims, keepdim, @out);

        public Tensor amin(params long[] dims) => amin((ReadOnlySpan<long>)dims);

        public Tensor max() => Shim.at_max(this);

        public Tensor max(Tensor other) => maximum(other);

        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false)
        {
            Shim.at_max_dim(this, dim, keepdim, out var values, out var indices);
            return (values, indices);
        }

        public Tensor min() => Shim.at_min(this);

        public Tensor min(Tensor other) => minimum(other);

        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false)
        {
            Shim.at_min_dim(this, dim, keepdim, out var values, out var indices);
            return (values, indices);
        }

        public Tensor argmax() => Shim.at_argmax(this, long.MinValue, keepdim: false);

        public Tensor argmax(long dim, bool keepdim = false) => Shim.at_argmax(this, dim, keepdim);

        public Tensor argmin() => Shim.at_argmin(this, long.MinValue, keepdim: false);

        public Tensor argmin(long dim, bool keepdim = false) => Shim.at_argmin(this, dim, keepdim);

        public Tensor cumsum(long dim, ScalarType? type = null) => Shim.at_cumsum(this, dim, Code(type));

        public Tensor cumprod(long dim, ScalarType? type = null) => Shim.at_cumprod(this, dim, Code(type));

        public Tensor logsumexp(long dim, bool keepdim = false) => Shim.at_logsumexp(this, dim, keepdim);

        public Tensor logcumsumexp(long dim) => Shim.at_logcumsumexp(this, dim);

        public Tensor norm(float p = 2.0f) => Shim.at_norm(this, p);

        public Tensor norm(int dim, bool keepdim = false, float p = 2.0f) => Shim.at_norm_dim(this, dim, keepdim, p);

        public Tensor dist(Tensor other, float p = 2.0f) => Shim.at_dist(this, other, p);

        public Tensor median() => Shim.at_median(this);

        public Tensor quantile(Tensor q, long dim = -1, bool keepdim = false) => Shim.at_quantile(this, q, dim, keepdim);

        public Tensor nanquantile(Tensor q, long dim = -1, bool keepdim = false) => Shim.at_nanquantile(this, q, dim, keepdim);

        public Tensor count_nonzero(long[]? dims = null) => Shim.at_count_nonzero(this, dims, dims?.Length ?? 0);

        public Tensor bincount(Tensor? weights, long minlength = 0) => Shim.at_bincount(this, weights, minlength);

        public Tensor diff(long n = 1, long dim = -1, Tensor? prepend = null, Tensor? append = null) =>
            Shim.at_diff(this, n, dim, prepend, append);

        public Tensor std(bool unbiased = true) => Shim.at_std(this, unbiased);

        public Tensor std(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
        {
            var result = Shim.at_std_dims(this, dimensions, dimensions.Length, unbiased, keepdim);
            return type is { } wanted ? result.to_type(wanted, disposeAfter: true) : result;
        }

        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            std((ReadOnlySpan<long>)dimensions, unbiased, keepdim, type);

        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            std([dim], unbiased, keepdim, type);

        public Tensor std((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            std([dim.Item1, dim.Item2], unbiased, keepdim, type);

        public Tensor std((long, long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            std([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        public Tensor var(bool unbiased = true) => Shim.at_var(this, unbiased);

        public Tensor var(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
        {
            var result = Shim.at_var_dims(this, dimensions, dimensions.Length, unbiased, keepdim);
            return type is { } wanted ? result.to_type(wanted, disposeAfter: true) : result;
        }

        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            var((ReadOnlySpan<long>)dimensions, unbiased, keepdim, type);

        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            var([dim], unbiased, keepdim, type);

        public Tensor var((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            var([dim.Item1, dim.Item2], unbiased, keepdim, type);

        public Tensor var((long, long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            var([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        private static Tensor Into(Tensor? @out, Tensor computed)
        {
            if (@out is null)
                return computed;
            @out.copy_(computed);
            computed.Dispose();
            return @out;
        }
    }
}
