using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor eq(Tensor target) => Shim.at_eq(this, target);

        public Tensor eq_(Tensor target) => InPlace(Shim.at_eq_(this, target));

        public Tensor eq(Scalar target) => Shim.at_eq_scalar(this, target);

        public Tensor eq_(Scalar target) => InPlace(Shim.at_eq_scalar_(this, target));

        public Tensor ne(Tensor target) => Shim.at_ne(this, target);

        public Tensor ne_(Tensor target) => InPlace(Shim.at_ne_(this, target));

        public Tensor ne(Scalar target) => Shim.at_ne_scalar(this, target);

        public Tensor ne_(Scalar target) => InPlace(Shim.at_ne_scalar_(this, target));

        public Tensor lt(Tensor target) => Shim.at_lt(this, target);

        public Tensor lt_(Tensor target) => InPlace(Shim.at_lt_(this, target));

        public Tensor lt(Scalar target) => Shim.at_lt_scalar(this, target);

        public Tensor lt_(Scalar target) => InPlace(Shim.at_lt_scalar_(this, target));

        public Tensor le(Tensor target) => Shim.at_le(this, target);

        public Tensor le_(Tensor target) => InPlace(Shim.at_le_(this, target));

        public Tensor le(Scalar target) => Shim.at_le_scalar(this, target);

        public Tensor le_(Scalar target) => InPlace(Shim.at_le_scalar_(this, target));

        public Tensor gt(Tensor target) => Shim.at_gt(this, target);

        public Tensor gt_(Tensor target) => InPlace(Shim.at_gt_(this, target));

        public Tensor gt(Scalar target) => Shim.at_gt_scalar(this, target);

        public Tensor gt_(Scalar target) => InPlace(Shim.at_gt_scalar_(this, target));

        public Tensor ge(Tensor target) => Shim.at_ge(this, target);

        public Tensor ge_(Tensor target) => InPlace(Shim.at_ge_(this, target));

        public Tensor ge(Scalar target) => Shim.at_ge_scalar(this, target);

        public Tensor ge_(Scalar target) => InPlace(Shim.at_ge_scalar_(this, target));

        public Tensor equal(Tensor target) => eq(target);

        public Tensor not_equal(Tensor target) => ne(target);

        public Tensor less(Tensor target) => lt(target);

        public Tensor less_equal(Tensor target) => le(target);

        public Tensor greater(Tensor target) => gt(target);

        public Tensor greater_equal(Tensor target) => ge(target);

        public Tensor less_equal_(Tensor target) => le_(target);

        public Tensor not_equal_(Tensor target) => ne_(target);

        public Tensor isnan() => Shim.at_isnan(this);

        public Tensor isinf() => Shim.at_isinf(this);

        public Tensor isfinite() => Shim.at_isfinite(this);

        public Tensor isposinf() => Shim.at_isposinf(this);

        public Tensor isneginf() => Shim.at_isneginf(this);

        public Tensor isclose(Tensor other, double rtol = 1e-05, double atol = 1e-08, bool nanEqual = false) =>
            Shim.at_isclose(this, other, rtol, atol, nanEqual);

        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false)
        {
            Shim.Check(Shim.at_allclose(this, target, rtol, atol, equal_nan, out var close));
            return close;
        }

        public Tensor maximum(Tensor other) => Shim.at_maximum(this, other);

        public Tensor minimum(Tensor other) => Shim.at_minimum(this, other);

        public Tensor fmax(Tensor other) => Shim.at_fmax(this, other);

        public Tensor fmin(Tensor other) => Shim.at_fmin(this, other);
    }
}
