using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

// The C ABI of native/tensors.cpp: creation, properties, views, joining and indexing.
internal static unsafe partial class Shim
{
    [LibraryImport(Library)]
    internal static partial Tensor at_from_data(void* data, ReadOnlySpan<long> sizes, long rank, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_from_blob(
        nint data, ReadOnlySpan<long> sizes, long rank, sbyte dtype, delegate* unmanaged<nint, void> release, nint context);

    [LibraryImport(Library)]
    internal static partial Tensor at_scalar_tensor(Scalar value, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_empty(ReadOnlySpan<long> sizes, long rank, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_full(ReadOnlySpan<long> sizes, long rank, Scalar value, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_arange(Scalar start, Scalar stop, Scalar step, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_linspace(double start, double end, long steps, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_eye(long rows, long columns, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_rand(ReadOnlySpan<long> sizes, long rank, sbyte dtype, nint generator);

    [LibraryImport(Library)]
    internal static partial Tensor at_randn(ReadOnlySpan<long> sizes, long rank, sbyte dtype, nint generator);

    [LibraryImport(Library)]
    internal static partial Tensor at_randint(long low, long high, ReadOnlySpan<long> sizes, long rank, sbyte dtype, nint generator);

    [LibraryImport(Library)]
    internal static partial Tensor at_randperm(long n, sbyte dtype, nint generator);

    [LibraryImport(Library)]
    internal static partial Tensor at_bernoulli(Tensor self, nint generator);

    [LibraryImport(Library)]
    internal static partial Tensor at_multinomial(Tensor self, long count, Bool8 replacement, nint generator);

    [LibraryImport(Library)]
    internal static partial Bool8 at_bernoulli_(Tensor self, double p, nint generator);

    [LibraryImport(Library)]
    internal static partial Bool8 at_bernoulli_tensor_(Tensor self, Tensor p, nint generator);

    [LibraryImport(Library)]
    internal static partial Bool8 at_normal_(Tensor self, double mean, double std, nint generator);

    [LibraryImport(Library)]
    internal static partial Bool8 at_uniform_(Tensor self, double from, double to, nint generator);

    [LibraryImport(Library)]
    internal static partial Bool8 at_exponential_(Tensor self, double lambda, nint generator);

    [LibraryImport(Library)]
    internal static partial Tensor at_empty_like(Tensor self, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_full_like(Tensor self, Scalar value, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_rand_like(Tensor self, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_randn_like(Tensor self, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial Tensor at_randint_like(Tensor self, long low, long high, sbyte dtype);

    [LibraryImport(Library)]
    internal static partial long at_dim(Tensor self);

    [LibraryImport(Library)]
    internal static partial long at_numel(Tensor self);

    [LibraryImport(Library)]
    internal static partial long at_element_size(Tensor self);

    [LibraryImport(Library)]
    internal static partial sbyte at_dtype(Tensor self);

    [LibraryImport(Library)]
    internal static partial long at_storage_offset(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_is_contiguous(Tensor self);

    [LibraryImport(Library)]
    internal static partial void at_sizes(Tensor self, Span<long> sizes);

    [LibraryImport(Library)]
    internal static partial void at_strides(Tensor self, Span<long> strides);

    [LibraryImport(Library)]
    internal static partial long at_size(Tensor self, long dim);

    [LibraryImport(Library)]
    internal static partial long at_stride(Tensor self, long dim);

    [LibraryImport(Library)]
    internal static partial nint at_data_ptr(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_item(Tensor self, out double real, out long integer, out Bool8 isReal);

    [LibraryImport(Library)]
    internal static partial Tensor at_clone(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_contiguous(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_alias(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_to(Tensor self, sbyte dtype, Bool8 copy);

    [LibraryImport(Library)]
    internal static partial Bool8 at_copy_(Tensor self, Tensor source);

    [LibraryImport(Library)]
    internal static partial Bool8 at_zero_(Tensor self);

    [LibraryImport(Library)]
    internal static partial Bool8 at_fill_(Tensor self, Scalar value);

    [LibraryImport(Library)]
    internal static partial Bool8 at_set_(Tensor self, Tensor source);

    [LibraryImport(Library)]
    internal static partial Tensor at_view(Tensor self, ReadOnlySpan<long> sizes, long count);

    [LibraryImport(Library)]
    internal static partial Tensor at_reshape(Tensor self, ReadOnlySpan<long> sizes, long count);

    [LibraryImport(Library)]
    internal static partial Tensor at_permute(Tensor self, ReadOnlySpan<long> sizes, long count);

    [LibraryImport(Library)]
    internal static partial Tensor at_repeat(Tensor self, ReadOnlySpan<long> sizes, long count);

    [LibraryImport(Library)]
    internal static partial Tensor at_flip(Tensor self, ReadOnlySpan<long> sizes, long count);

    [LibraryImport(Library)]
    internal static partial Tensor at_tile(Tensor self, ReadOnlySpan<long> sizes, long count);

    [LibraryImport(Library)]
    internal static partial Tensor at_broadcast_to(Tensor self, ReadOnlySpan<long> sizes, long count);

    [LibraryImport(Library)]
    internal static partial Tensor at_as_strided(
        Tensor self, ReadOnlySpan<long> sizes, ReadOnlySpan<long> strides, long rank, long offset);

    [LibraryImport(Library)]
    internal static partial Tensor at_expand(Tensor self, ReadOnlySpan<long> sizes, long count, Bool8 @implicit);

    [LibraryImport(Library)]
    internal static partial Tensor at_squeeze(Tensor self, long dim);

    [LibraryImport(Library)]
    internal static partial Bool8 at_squeeze_(Tensor self, long dim);

    [LibraryImport(Library)]
    internal static partial Tensor at_unsqueeze(Tensor self, long dim);

    [LibraryImport(Library)]
    internal static partial Bool8 at_unsqueeze_(Tensor self, long dim);

    [LibraryImport(Library)]
    internal static partial Tensor at_transpose(Tensor self, long dim0, long dim1);

    [LibraryImport(Library)]
    internal static partial Bool8 at_transpose_(Tensor self, long dim0, long dim1);

    [LibraryImport(Library)]
    internal static partial Tensor at_t(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_flatten(Tensor self, long start, long end);

    [LibraryImport(Library)]
    internal static partial Tensor at_unflatten(Tensor self, long dim, ReadOnlySpan<long> sizes, long count);

    [LibraryImport(Library)]
    internal static partial Tensor at_narrow(Tensor self, long dim, long start, long length);

    [LibraryImport(Library)]
    internal static partial Tensor at_slice(Tensor self, long dim, long start, long end, long step);

    [LibraryImport(Library)]
    internal static partial Tensor at_select(Tensor self, long dim, long index);

    [LibraryImport(Library)]
    internal static partial Tensor at_diagonal(Tensor self, long offset, long dim1, long dim2);

    [LibraryImport(Library)]
    internal static partial Tensor at_diag(Tensor self, long diagonal);

    [LibraryImport(Library)]
    internal static partial Tensor at_diag_embed(Tensor self, long offset, long dim1, long dim2);

    [LibraryImport(Library)]
    internal static partial Tensor at_tril(Tensor self, long diagonal);

    [LibraryImport(Library)]
    internal static partial Tensor at_triu(Tensor self, long diagonal);

    [LibraryImport(Library)]
    internal static partial Bool8 at_tril_(Tensor self, long diagonal);

    [LibraryImport(Library)]
    internal static partial Bool8 at_triu_(Tensor self, long diagonal);

    [LibraryImport(Library)]
    internal static partial Tensor at_movedim(Tensor self, ReadOnlySpan<long> source, ReadOnlySpan<long> destination, long count);

    [LibraryImport(Library)]
    internal static partial Tensor at_roll(
        Tensor self, ReadOnlySpan<long> shifts, long shiftCount, ReadOnlySpan<long> dims, long dimCount);

    [LibraryImport(Library)]
    internal static partial Tensor at_unfold(Tensor self, long dim, long size, long step);

    [LibraryImport(Library)]
    internal static partial Tensor at_repeat_interleave(Tensor self, long repeats, long dim, long outputSize);

    [LibraryImport(Library)]
    internal static partial Tensor at_repeat_interleave_tensor(Tensor self, Tensor repeats, long dim, long outputSize);

    [LibraryImport(Library)]
    internal static partial nint at_split(Tensor self, long size, long dim, out long count);

    [LibraryImport(Library)]
    internal static partial nint at_split_with_sizes(Tensor self, ReadOnlySpan<long> sizes, long sizeCount, long dim, out long count);

    [LibraryImport(Library)]
    internal static partial nint at_chunk(Tensor self, long chunks, long dim, out long count);

    [LibraryImport(Library)]
    internal static partial nint at_unbind(Tensor self, long dim, out long count);

    [LibraryImport(Library)]
    internal static partial Tensor at_cat(Tensor[] handles, long count, long dim);

    [LibraryImport(Library)]
    internal static partial Tensor at_stack(Tensor[] handles, long count, long dim);

    [LibraryImport(Library)]
    internal static partial Tensor at_hstack(Tensor[] handles, long count);

    [LibraryImport(Library)]
    internal static partial Tensor at_vstack(Tensor[] handles, long count);

    [LibraryImport(Library)]
    internal static partial nint at_broadcast_tensors(Tensor[] handles, long handleCount, out long count);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint at_meshgrid(Tensor[] handles, long handleCount, string? indexing, out long count);

    [LibraryImport(Library)]
    internal static partial Tensor at_index(Tensor self, ReadOnlySpan<IndexEntry> entries, long count);

    [LibraryImport(Library)]
    internal static partial Bool8 at_index_put_(Tensor self, ReadOnlySpan<IndexEntry> entries, long count, Tensor value);

    [LibraryImport(Library)]
    internal static partial Bool8 at_index_put_scalar_(Tensor self, ReadOnlySpan<IndexEntry> entries, long count, Scalar value);

    [LibraryImport(Library)]
    internal static partial Bool8 at_index_put_accumulate_(Tensor self, ReadOnlySpan<IndexEntry> entries, long count, Tensor values);

    [LibraryImport(Library)]
    internal static partial Tensor at_index_select(Tensor self, long dim, Tensor index);

    [LibraryImport(Library)]
    internal static partial Tensor at_take(Tensor self, Tensor index);

    [LibraryImport(Library)]
    internal static partial Tensor at_take_along_dim(Tensor self, Tensor indices, long dim);

    [LibraryImport(Library)]
    internal static partial Tensor at_gather(Tensor self, long dim, Tensor index);

    [LibraryImport(Library)]
    internal static partial Tensor at_scatter(Tensor self, long dim, Tensor index, Tensor source);

    [LibraryImport(Library)]
    internal static partial Bool8 at_scatter_(Tensor self, long dim, Tensor index, Tensor source);

    [LibraryImport(Library)]
    internal static partial Tensor at_scatter_add(Tensor self, long dim, Tensor index, Tensor source);

    [LibraryImport(Library)]
    internal static partial Bool8 at_scatter_add_(Tensor self, long dim, Tensor index, Tensor source);

    [LibraryImport(Library)]
    internal static partial Tensor at_index_copy(Tensor self, long dim, Tensor index, Tensor source);

    [LibraryImport(Library)]
    internal static partial Bool8 at_index_copy_(Tensor self, long dim, Tensor index, Tensor source);

    [LibraryImport(Library)]
    internal static partial Tensor at_index_add(Tensor self, long dim, Tensor index, Tensor source, Scalar alpha);

    [LibraryImport(Library)]
    internal static partial Bool8 at_index_add_(Tensor self, long dim, Tensor index, Tensor source, Scalar alpha);

    [LibraryImport(Library)]
    internal static partial Tensor at_index_fill(Tensor self, long dim, Tensor index, Scalar value);

    [LibraryImport(Library)]
    internal static partial Bool8 at_index_fill_(Tensor self, long dim, Tensor index, Scalar value);

    [LibraryImport(Library)]
    internal static partial Tensor at_masked_fill(Tensor self, Tensor mask, Scalar value);

    [LibraryImport(Library)]
    internal static partial Bool8 at_masked_fill_(Tensor self, Tensor mask, Scalar value);

    [LibraryImport(Library)]
    internal static partial Tensor at_masked_scatter(Tensor self, Tensor mask, Tensor source);

    [LibraryImport(Library)]
    internal static partial Bool8 at_masked_scatter_(Tensor self, Tensor mask, Tensor source);

    [LibraryImport(Library)]
    internal static partial Tensor at_masked_select(Tensor self, Tensor mask);

    [LibraryImport(Library)]
    internal static partial Tensor at_where(Tensor condition, Tensor self, Tensor other);

    [LibraryImport(Library)]
    internal static partial nint at_where_indices(Tensor condition, out long count);

    [LibraryImport(Library)]
    internal static partial Tensor at_nonzero(Tensor self);

    [LibraryImport(Library)]
    internal static partial Tensor at_argwhere(Tensor self);
}
