using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false)
        {
            Shim.at_sort(this, dim, descending, stable, out var values, out var indices);
            return (values, indices);
        }

        public Tensor argsort(long dim = -1, bool descending = false) => Shim.at_argsort(this, dim, descending);

        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true)
        {
            Shim.at_topk(this, k, dim, largest, sorted, out var values, out var indices);
            return (values, indices);
        }

        public (Tensor values, Tensor indices) kthvalue(long k, long? dim, bool keepdim = false)
        {
            Shim.at_kthvalue(this, k, dim ?? -1, keepdim, out var values, out var indices);
            return (values, indices);
        }

        /// <summary>The distinct elements, or slices along a dimension; what was not asked for is null.</summary>
        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(
            bool sorted = true, bool return_inverse = false, bool return_counts = false, int? dim = null)
        {
            Shim.Check(Shim.at_unique(
                this, dim ?? long.MinValue, sorted, return_inverse, return_counts, out var output, out var inverse, out var counts));
            return (new Tensor(output), inverse == 0 ? null : new Tensor(inverse), counts == 0 ? null : new Tensor(counts));
        }

        public Tensor isin(Tensor test_elements, bool assumeUnique = false, bool invert = false)
        {
            var found = Shim.at_isin(this, test_elements);
            return invert ? found.logical_not_() : found;
        }

        public Tensor bucketize(Tensor boundaries, bool outInt32 = false, bool right = false) =>
            Shim.at_bucketize(this, boundaries, outInt32, right);
    }
}
