using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Views share this tensor's memory and gradient; copies do not share memory.
    public partial class Tensor
    {
        public Tensor T => Dimensions == 2 ? t() : permute(Enumerable.Range(0, (int)Dimensions).Reverse().Select(i => (long)i));

        public Tensor mT => transpose(-2, -1);

        public Tensor view(params long[] shape) => Shim.at_view(this, shape, shape.Length);

        public Tensor view_as(Tensor other) => view(other.shape);

        public Tensor reshape(params long[] shape) => Shim.at_reshape(this, shape, shape.Length);

        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Shim.at_flatten(this, start_dim, end_dim);

        public Tensor unflatten(long dim, params long[] sizes) => Shim.at_unflatten(this, dim, sizes, sizes.Length);

        public Tensor unflatten(long dim, Size sizes) => unflatten(dim, sizes.Shape);

        public Tensor ravel() => reshape(-1);

        public Tensor squeeze(long? dim = null) => Shim.at_squeeze(this, dim ?? long.MinValue);

        public Tensor squeeze_(long? dim = null) => InPlace(Shim.at_squeeze_(this, dim ?? long.MinValue));

        public Tensor unsqueeze(long dim) => Shim.at_unsqueeze(this, dim);

        public Tensor unsqueeze_(long dim) => InPlace(Shim.at_unsqueeze_(this, dim));

        public Tensor t() => Shim.at_t(this);

        public Tensor transpose(long dim0, long dim1) => Shim.at_transpose(this, dim0, dim1);

        public Tensor transpose_(long dim0, long dim1) => InPlace(Shim.at_transpose_(this, dim0, dim1));

        public Tensor swapdims(long dim0, long dim1) => transpose(dim0, dim1);

        public Tensor swapaxes(long dim0, long dim1) => transpose(dim0, dim1);

        public Tensor permute(params long[] permutation) => Shim.at_permute(this, permutation, permutation.Length);

        public Tensor permute(IEnumerable<long> permutation) => permute(permutation.ToArray());

        public Tensor movedim(long[] source, long[] destination)
        {
            if (source.Length != destination.Length)
                throw new ArgumentException("source and destination must have the same number of dimensions", nameof(destination));
            return Shim.at_movedim(this, source, destination, source.Length);
        }

        public Tensor moveaxis(long[] source, long[] destination) => movedim(source, destination);

        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) => Shim.at_expand(this, sizes, sizes.Length, isImplicit);

        public Tensor expand(Size sizes, bool isImplicit = false) => expand((ReadOnlySpan<long>)sizes.Shape, isImplicit);

        public Tensor expand(long[] sizes, bool isImplicit = false) => expand((ReadOnlySpan<long>)sizes, isImplicit);

        public Tensor expand(params long[] sizes) => expand((ReadOnlySpan<long>)sizes);

        public Tensor expand_as(Tensor other) => expand(other.shape);

        public Tensor broadcast_to(params long[] shape) => Shim.at_broadcast_to(this, shape, shape.Length);

        public Tensor repeat(params long[] sizes) => Shim.at_repeat(this, sizes, sizes.Length);

        public Tensor tile(long[] reps) => Shim.at_tile(this, reps, reps.Length);

        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) =>
            Shim.at_repeat_interleave(this, repeats, dim ?? long.MinValue, output_size ?? long.MinValue);

        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) =>
            Shim.at_repeat_interleave_tensor(this, repeats, dim ?? long.MinValue, output_size ?? long.MinValue);

        public Tensor flip(params long[] dims) => Shim.at_flip(this, dims, dims.Length);

        /// <summary>Shifts along dimensions; what leaves at the end enters at the start.</summary>
        public Tensor roll(ReadOnlySpan<long> shifts, ReadOnlySpan<long> dims = default) =>
            Shim.at_roll(this, shifts, shifts.Length, dims, dims.Length);

        public Tensor roll(long[] shifts, long[] dims) => roll((ReadOnlySpan<long>)shifts, (ReadOnlySpan<long>)dims);

        public Tensor roll(long[] shifts) => roll((ReadOnlySpan<long>)shifts, [0]);

        public Tensor roll(long shifts, long? dims = null) => dims is { } dim ? roll([shifts], [dim]) : roll([shifts], []);

        public Tensor roll((long, long) shifts, (long, long) dims) =>
            roll([shifts.Item1, shifts.Item2], [dims.Item1, dims.Item2]);

        public Tensor roll((long, long, long) shifts, (long, long, long) dims) =>
            roll([shifts.Item1, shifts.Item2, shifts.Item3], [dims.Item1, dims.Item2, dims.Item3]);

        public Tensor tril(long diagonal = 0) => Shim.at_tril(this, diagonal);

        public Tensor tril_(long diagonal = 0) => InPlace(Shim.at_tril_(this, diagonal));

        public Tensor triu(long diagonal = 0) => Shim.at_triu(this, diagonal);

        public Tensor triu_(long diagonal = 0) => InPlace(Shim.at_triu_(this, diagonal));

        public Tensor diag(long diagonal = 0) => Shim.at_diag(this, diagonal);

        public Tensor diag_embed(long offset = 0L, long dim1 = -2L, long dim2 = -1L) => Shim.at_diag_embed(this, offset, dim1, dim2);

        public Tensor diagonal(long offset = 0L, long dim1 = 0L, long dim2 = 1L) => Shim.at_diagonal(this, offset, dim1, dim2);

        public Tensor narrow(long dim, long start, long length) => Shim.at_narrow(this, dim, start, length);

        public Tensor slice(long dim, long start, long finish, long step) => Shim.at_slice(this, dim, start, finish, step);

        public Tensor select(long dim, long index) => Shim.at_select(this, dim, index);

        public Tensor unfold(long dimension, long size, long step) => Shim.at_unfold(this, dimension, size, step);

        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0L)
        {
            if (size.Length != strides.Length)
                throw new ArgumentException("size and strides must have the same length", nameof(strides));
            return Shim.at_as_strided(this, size, strides, size.Length, storageOffset);
        }

        /// <summary>Pieces of <paramref name="size"/> along a dimension; the last may be smaller.</summary>
        public Tensor[] split(long size, int dim = 0) => Shim.TakeTensors(Shim.at_split(this, size, dim, out var count), count);

        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) =>
            Shim.TakeTensors(Shim.at_split_with_sizes(this, sizes, sizes.Length, dim, out var count), count);

        public Tensor[] split(long[] sizes, long dim = 0) => split((ReadOnlySpan<long>)sizes, dim);

        public Tensor[] split(params long[] sizes) => split((ReadOnlySpan<long>)sizes);

        public Tensor[] chunk(long chunks, long dim = 0L) => Shim.TakeTensors(Shim.at_chunk(this, chunks, dim, out var count), count);

        public Tensor[] unbind(long dimension = 0L) => Shim.TakeTensors(Shim.at_unbind(this, dimension, out var count), count);

        public Tensor clone() => Shim.at_clone(this);

        public Tensor contiguous() => Shim.at_contiguous(this);

        public Tensor alias() => Shim.at_alias(this);

        public Tensor copy_(Tensor source, bool nonBlocking = false) => InPlace(Shim.at_copy_(this, source));

        public Tensor set_(Tensor source) => InPlace(Shim.at_set_(this, source));
    }
}
