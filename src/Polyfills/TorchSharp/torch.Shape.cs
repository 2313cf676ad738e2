using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Views and rearrangements.

    public static Tensor reshape(Tensor input, params long[] shape) => input.reshape(shape);

    public static Tensor flatten(Tensor input, long start_dim = 0, long end_dim = -1) => input.flatten(start_dim, end_dim);

    public static Tensor unflatten(Tensor input, long dim, params long[] sizes) => input.unflatten(dim, sizes);

    public static Tensor unflatten(Tensor input, long dim, Size sizes) => input.unflatten(dim, sizes);

    public static Tensor ravel(Tensor input) => input.ravel();

    public static Tensor squeeze(Tensor input, long? dim = null) => input.squeeze(dim);

    public static Tensor squeeze_(Tensor input, long? dim = null) => input.squeeze_(dim);

    public static Tensor unsqueeze(Tensor input, long dim) => input.unsqueeze(dim);

    public static Tensor unsqueeze_(Tensor input, long dim) => input.unsqueeze_(dim);

    public static Tensor t(Tensor input) => input.t();

    public static Tensor transpose(Tensor input, long dim0, long dim1) => input.transpose(dim0, dim1);

    public static Tensor swapaxes(Tensor input, long axis0, long axis1) => input.swapaxes(axis0, axis1);

    public static Tensor swapdims(Tensor input, long dim0, long dim1) => input.swapdims(dim0, dim1);

    public static Tensor permute(Tensor input, params long[] permutation) => input.permute(permutation);

    public static Tensor movedim(Tensor input, long source, long destination) => input.movedim([source], [destination]);

    public static Tensor movedim(Tensor input, long[] source, long[] destination) => input.movedim(source, destination);

    public static Tensor moveaxis(Tensor input, long source, long destination) => input.moveaxis([source], [destination]);

    public static Tensor moveaxis(Tensor input, (long, long) source, (long, long) destination) =>
        input.moveaxis([source.Item1, source.Item2], [destination.Item1, destination.Item2]);

    public static Tensor moveaxis(Tensor input, (long, long, long) source, (long, long, long) destination) =>
        input.moveaxis([source.Item1, source.Item2, source.Item3], [destination.Item1, destination.Item2, destination.Item3]);

    public static Tensor moveaxis(Tensor input, (long, long, long, long) source, (long, long, long, long) destination) =>
        input.moveaxis([source.Item1, source.Item2, source.Item3, source.Item4], [destination.Item1, destination.Item2, destination.Item3, destination.Item4]);

    public static Tensor moveaxis(Tensor input, long[] source, long[] destination) => input.moveaxis(source, destination);

    public static Tensor broadcast_to(Tensor input, params long[] shape) => input.broadcast_to(shape);

    public static Tensor tile(Tensor input, long[] dims) => input.tile(dims);

    public static Tensor repeat_interleave(Tensor input, long repeats, long? dim = null, long? output_size = null) =>
        input.repeat_interleave(repeats, dim, output_size);

    public static Tensor repeat_interleave(Tensor input, Tensor repeats, long? dim = null, long? output_size = null) =>
        input.repeat_interleave(repeats, dim, output_size);

    public static Tensor flip(Tensor input, params long[] dims) => input.flip(dims);

    public static Tensor roll(Tensor input, long shifts, long? dims = null) => input.roll(shifts, dims);

    public static Tensor roll(Tensor input, (long, long) shifts, (long, long) dims) => input.roll(shifts, dims);

    public static Tensor roll(Tensor input, (long, long, long) shifts, (long, long, long) dims) => input.roll(shifts, dims);

    public static Tensor roll(Tensor input, long[] shifts, long[] dims) => input.roll(shifts, dims);

    public static Tensor roll(Tensor input, long[] shifts) => input.roll(shifts);

    public static Tensor roll(Tensor input, ReadOnlySpan<long> shifts, ReadOnlySpan<long> dims = default) => input.roll(shifts, dims);

    public static Tensor tril(Tensor input, long diagonal = 0) => input.tril(diagonal);

    public static Tensor tril_(Tensor input, long diagonal = 0) => input.tril_(diagonal);

    public static Tensor triu(Tensor input, long diagonal = 0L) => input.triu(diagonal);

    public static Tensor triu_(Tensor input, long diagonal = 0L) => input.triu_(diagonal);

    public static Tensor diag(Tensor input, long diagonal = 0) => input.diag(diagonal);

    public static Tensor diag_embed(Tensor input, long offset = 0L, long dim1 = -2L, long dim2 = -1L) =>
        input.diag_embed(offset, dim1, dim2);

    public static Tensor diagonal(Tensor input, long offset = 0L, long dim1 = 0L, long dim2 = 1L) => input.diagonal(offset, dim1, dim2);

    public static Tensor narrow(Tensor input, long dim, long start, long length) => input.narrow(dim, start, length);

    public static Tensor select(Tensor input, long dim, long index) => input.select(dim, index);

    public static Tensor[] split(Tensor tensor, long[] split_size_or_sections, long dim = 0L) =>
        tensor.split(split_size_or_sections, dim);

    public static Tensor[] chunk(Tensor input, long chunks, long dim = 0) => input.chunk(chunks, dim);

    public static Tensor[] unbind(Tensor input, long dim = 0L) => input.unbind(dim);

    public static Tensor[] unbind(Tensor tensor, int dim = 0) => tensor.unbind(dim);

    public static Tensor clone(Tensor input) => input.clone();

    /// <summary>Joins tensors along a dimension that they have.</summary>
    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0)
    {
        if (tensors.IsEmpty)
            throw new ArgumentException("There is nothing to join.", nameof(tensors));
        return Joined(tensors.ToArray(), dim);
    }

    public static Tensor cat(IList<Tensor> tensors, long dim = 0)
    {
        if (tensors.Count == 0)
            throw new ArgumentException("There is nothing to join.", nameof(tensors));
        return Joined([.. tensors], dim);
    }

    public static Tensor cat(Tensor[] tensors, long dim = 0) => cat((ReadOnlySpan<Tensor>)tensors, dim);

    public static Tensor concat(IList<Tensor> tensors, long dim = 0) => cat(tensors, dim);

    public static Tensor concat(Tensor[] tensors, long dim = 0) => cat(tensors, dim);

    public static Tensor concat(ReadOnlySpan<Tensor> tensors, long dim = 0) => cat(tensors, dim);

    /// <summary>Joins tensors of one shape along a new dimension.</summary>
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0)
    {
        Tensor[] parts = [.. tensors];
        var result = Shim.at_stack(parts, parts.Length, dim);
        GC.KeepAlive(parts);
        return result;
    }

    public static Tensor hstack(IList<Tensor> tensors) => SideBySide([.. tensors]);

    public static Tensor hstack(params Tensor[] tensors) => SideBySide(tensors);

    public static Tensor hstack(IEnumerable<Tensor> tensors) => SideBySide([.. tensors]);

    public static Tensor hstack(ReadOnlySpan<Tensor> tensors) => SideBySide(tensors.ToArray());

    public static Tensor vstack(IList<Tensor> tensors) => OnTop([.. tensors]);

    public static Tensor vstack(Tensor[] tensors) => OnTop(tensors);

    public static Tensor vstack(ReadOnlySpan<Tensor> tensors) => OnTop(tensors.ToArray());

    /// <summary>Expands tensors to their common shape.</summary>
    public static IList<Tensor> broadcast_tensors(params Tensor[] tensors)
    {
        var result = Shim.TakeTensors(Shim.at_broadcast_tensors(tensors, tensors.Length, out var count), count);
        GC.KeepAlive(tensors);
        return result;
    }

    /// <summary>Coordinate grids from vectors; indexing is ij (matrix) or xy (Cartesian).</summary>
    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij")
    {
        Tensor[] vectors = [.. tensors];
        var result = Shim.TakeTensors(Shim.at_meshgrid(vectors, vectors.Length, indexing, out var count), count);
        GC.KeepAlive(vectors);
        return result;
    }

    private static Tensor Joined(Tensor[] tensors, long dim)
    {
        var result = Shim.at_cat(tensors, tensors.Length, dim);
        GC.KeepAlive(tensors);
        return result;
    }

    private static Tensor SideBySide(Tensor[] tensors)
    {
        var result = Shim.at_hstack(tensors, tensors.Length);
        GC.KeepAlive(tensors);
        return result;
    }

    private static Tensor OnTop(Tensor[] tensors)
    {
        var result = Shim.at_vstack(tensors, tensors.Length);
        GC.KeepAlive(tensors);
        return result;
    }
}
