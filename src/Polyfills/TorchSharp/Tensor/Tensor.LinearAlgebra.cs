using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The matrix product, batched and broadcast over the leading dimensions.</summary>
        public Tensor matmul(Tensor target) => Shim.at_matmul(this, target);

        public Tensor mm(Tensor target) => Shim.at_mm(this, target);

        public Tensor mv(Tensor target) => Shim.at_mv(this, target);

        public Tensor bmm(Tensor batch2) => Shim.at_bmm(this, batch2);

        public Tensor dot(Tensor target) => Shim.at_dot(this, target);

        public Tensor outer(Tensor vec2) => Shim.at_outer(this, vec2);

        public Tensor ger(Tensor vec2) => outer(vec2);

        public Tensor inner(Tensor vec2) => Shim.at_inner(this, vec2);

        public Tensor kron(Tensor other) => Shim.at_kron(this, other);

        public Tensor trace() => Shim.at_trace(this);

        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => Shim.at_addmm(this, mat1, mat2, beta, alpha);

        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            InPlace(Shim.at_addmm_(this, mat1, mat2, beta, alpha));

        public Tensor addmv(Tensor mat, Tensor vec, float beta = 1.0f, float alpha = 1.0f) => Shim.at_addmv(this, mat, vec, beta, alpha);

        public Tensor addmv_(Tensor mat, Tensor vec, float beta = 1.0f, float alpha = 1.0f) =>
            InPlace(Shim.at_addmv_(this, mat, vec, beta, alpha));

        public Tensor addr(Tensor vec1, Tensor vec2, float beta = 1.0f, float alpha = 1.0f) => Shim.at_addr(this, vec1, vec2, beta, alpha);

        public Tensor addr_(Tensor vec1, Tensor vec2, float beta = 1.0f, float alpha = 1.0f) =>
            InPlace(Shim.at_addr_(this, vec1, vec2, beta, alpha));

        public Tensor addbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
            Shim.at_addbmm(this, batch1, batch2, beta, alpha);

        public Tensor addbmm_(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
            InPlace(Shim.at_addbmm_(this, batch1, batch2, beta, alpha));
    }
}
