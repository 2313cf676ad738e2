using System.Runtime.CompilerServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => At(i1);
            set => Put(value, i1);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => At(i1, i2);
            set => Put(value, i1, i2);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => At(i1, i2, i3);
            set => Put(value, i1, i2, i3);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => At(i1, i2, i3, i4);
            set => Put(value, i1, i2, i3, i4);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5]
        {
            get => At(i1, i2, i3, i4, i5);
            set => Put(value, i1, i2, i3, i4, i5);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5, long i6]
        {
            get => At(i1, i2, i3, i4, i5, i6);
            set => Put(value, i1, i2, i3, i4, i5, i6);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params long[] indices]
        {
            get => At(indices);
            set => Put(value, indices);
        }

        public Tensor index(params TensorIndex[] indices)
        {
            var result = Shim.at_index(this, TensorIndex.Entries(indices), indices.Length);
            GC.KeepAlive(indices);
            return result;
        }

        public Tensor index(params Tensor[] indices) => index(Array.ConvertAll(indices, TensorIndex.Tensor));

        public Tensor index_put_(Tensor value, params TensorIndex[] indices)
        {
            Shim.Check(Shim.at_index_put_(this, TensorIndex.Entries(indices), indices.Length, value));
            GC.KeepAlive(indices);
            return this;
        }

        /// <summary>Assigns to the indexed elements; with <paramref name="accumulate"/> adds, every repeated index counted.</summary>
        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            if (!accumulate)
                return index_put_(value, indices);
            if (!TensorIndex.AnyTensor(indices))
                throw new ArgumentException("Accumulating needs at least one tensor of indices.", nameof(indices));
            Shim.Check(Shim.at_index_put_accumulate_(this, TensorIndex.Entries(indices), indices.Length, value));
            GC.KeepAlive(indices);
            return this;
        }

        public Tensor index_put_(Tensor value, params Tensor[] indices) =>
            index_put_(value, Array.ConvertAll(indices, TensorIndex.Tensor));

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) =>
            index_put_(value, Array.ConvertAll(indices, TensorIndex.Tensor), accumulate);

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            Shim.Check(Shim.at_index_put_scalar_(this, TensorIndex.Entries(indices), indices.Length, value));
            GC.KeepAlive(indices);
            return this;
        }

        public Tensor index_put_(Scalar value, params Tensor[] indices) =>
            index_put_(value, Array.ConvertAll(indices, TensorIndex.Tensor));

        public Tensor index_select(long dim, Tensor index) => Shim.at_index_select(this, dim, index);

        public Tensor take(Tensor index) => Shim.at_take(this, index);

        public Tensor take_along_dim(Tensor indices) => Shim.at_take_along_dim(this, indices, long.MinValue);

        public Tensor take_along_dim(IEnumerable<long> indices) => take_along_dim(tensor(indices.ToArray()));

        public Tensor take_along_dim(Tensor indices, long dim) => Shim.at_take_along_dim(this, indices, dim);

        public Tensor take_along_dim(IEnumerable<long> indices, long dim) => take_along_dim(tensor(indices.ToArray()), dim);

        public Tensor gather(long dim, Tensor index) => Shim.at_gather(this, dim, index);

        public Tensor scatter(long dim, Tensor index, Tensor src) => Shim.at_scatter(this, dim, index, src);

        public Tensor scatter_(long dim, Tensor index, Tensor src) => InPlace(Shim.at_scatter_(this, dim, index, src));

        public Tensor scatter_add(long dim, Tensor index, Tensor src) => Shim.at_scatter_add(this, dim, index, src);

        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => InPlace(Shim.at_scatter_add_(this, dim, index, src));

        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) => Shim.at_index_add(this, dim, index, source, alpha);

        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) =>
            InPlace(Shim.at_index_add_(this, dim, index, source, alpha));

        public Tensor index_copy(long dim, Tensor index, Tensor source) => Shim.at_index_copy(this, dim, index, source);

        public Tensor index_copy_(long dim, Tensor index, Tensor source) => InPlace(Shim.at_index_copy_(this, dim, index, source));

        public Tensor index_fill(long dim, Tensor index, Scalar value) => Shim.at_index_fill(this, dim, index, value);

        public Tensor index_fill_(long dim, Tensor index, Scalar value) => InPlace(Shim.at_index_fill_(this, dim, index, value));

        public Tensor masked_fill(Tensor mask, Scalar value) => Shim.at_masked_fill(this, mask, value);

        public Tensor masked_fill_(Tensor mask, Scalar value) => InPlace(Shim.at_masked_fill_(this, mask, value));

        public Tensor masked_scatter(Tensor mask, Tensor value) => Shim.at_masked_scatter(this, mask, value);

        public Tensor masked_scatter_(Tensor mask, Tensor value) => InPlace(Shim.at_masked_scatter_(this, mask, value));

        public Tensor masked_select(Tensor mask) => Shim.at_masked_select(this, mask);

        /// <summary>This tensor's elements where the condition holds, else the other's.</summary>
        public Tensor where(Tensor condition, Tensor y) => Shim.at_where(condition, this, y);

        /// <summary>The coordinates of the elements that are not zero, one row each.</summary>
        public Tensor nonzero() => Shim.at_nonzero(this);

        public Tensor argwhere() => Shim.at_argwhere(this);

        private Tensor At(params ReadOnlySpan<long> indices)
        {
            Span<IndexEntry> entries = stackalloc IndexEntry[indices.Length];
            Fill(entries, indices);
            return Shim.at_index(this, entries, entries.Length);
        }

        private void Put(Tensor value, params ReadOnlySpan<long> indices)
        {
            Span<IndexEntry> entries = stackalloc IndexEntry[indices.Length];
            Fill(entries, indices);
            Shim.Check(Shim.at_index_put_(this, entries, entries.Length, value));
        }

        private static void Fill(Span<IndexEntry> entries, ReadOnlySpan<long> indices)
        {
            for (var i = 0; i < indices.Length; i++)
                entries[i] = new IndexEntry { Kind = 1, Start = indices[i] };
        }
    }
}
