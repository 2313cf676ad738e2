using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor abs() => Shim.at_abs(this);

        public Tensor abs_() => InPlace(Shim.at_abs_(this));

        public Tensor absolute() => abs();

        public Tensor absolute_() => abs_();

        public Tensor neg() => Shim.at_neg(this);

        public Tensor neg_() => InPlace(Shim.at_neg_(this));

        public Tensor negative() => neg();

        public Tensor sign() => Shim.at_sign(this);

        public Tensor sign_() => InPlace(Shim.at_sign_(this));

        public Tensor exp() => Shim.at_exp(this);

        public Tensor exp_() => InPlace(Shim.at_exp_(this));

        public Tensor exp2() => Shim.at_exp2(this);

        public Tensor exp2_() => InPlace(Shim.at_exp2_(this));

        public Tensor expm1() => Shim.at_expm1(this);

        public Tensor expm1_() => InPlace(Shim.at_expm1_(this));

        public Tensor log() => Shim.at_log(this);

        public Tensor log_() => InPlace(Shim.at_log_(this));

        public Tensor log2() => Shim.at_log2(this);

        public Tensor log2_() => InPlace(Shim.at_log2_(this));

        public Tensor log10() => Shim.at_log10(this);

        public Tensor log10_() => InPlace(Shim.at_log10_(this));

        public Tensor log1p() => Shim.at_log1p(this);

        public Tensor log1p_() => InPlace(Shim.at_log1p_(this));

        public Tensor sqrt() => Shim.at_sqrt(this);

        public Tensor sqrt_() => InPlace(Shim.at_sqrt_(this));

        public Tensor rsqrt() => Shim.at_rsqrt(this);

        public Tensor rsqrt_() => InPlace(Shim.at_rsqrt_(this));

        public Tensor reciprocal() => Shim.at_reciprocal(this);

        public Tensor reciprocal_() => InPlace(Shim.at_reciprocal_(this));

        public Tensor ceil() => Shim.at_ceil(this);

        public Tensor ceil_() => InPlace(Shim.at_ceil_(this));

        public Tensor floor() => Shim.at_floor(this);

        public Tensor floor_() => InPlace(Shim.at_floor_(this));

        public Tensor trunc() => Shim.at_trunc(this);

        public Tensor trunc_() => InPlace(Shim.at_trunc_(this));

        public Tensor frac() => Shim.at_frac(this);

        public Tensor frac_() => InPlace(Shim.at_frac_(this));

        public Tensor erf() => Shim.at_erf(this);

        public Tensor erf_() => InPlace(Shim.at_erf_(this));

        public Tensor erfc() => Shim.at_erfc(this);

        public Tensor erfc_() => InPlace(Shim.at_erfc_(this));

        public Tensor erfinv() => Shim.at_erfinv(this);

        public Tensor erfinv_() => InPlace(Shim.at_erfinv_(this));

        public Tensor lgamma() => Shim.at_lgamma(this);

        public Tensor lgamma_() => InPlace(Shim.at_lgamma_(this));

        public Tensor digamma() => Shim.at_digamma(this);

        public Tensor digamma_() => InPlace(Shim.at_digamma_(this));

        public Tensor square() => pow(2);

        public Tensor round(long decimals = 0L) => Shim.at_round(this, decimals);

        public Tensor round_(long decimals = 0L) => InPlace(Shim.at_round_(this, decimals));

        public unsafe Tensor nan_to_num(double nan = 0d, double? posinf = null, double? neginf = null)
        {
            double high = posinf ?? 0, low = neginf ?? 0;
            return Shim.at_nan_to_num(this, nan, posinf is null ? null : &high, neginf is null ? null : &low);
        }

        public unsafe Tensor nan_to_num_(double nan = 0d, double? posinf = null, double? neginf = null)
        {
            double high = posinf ?? 0, low = neginf ?? 0;
            return InPlace(Shim.at_nan_to_num_(this, nan, posinf is null ? null : &high, neginf is null ? null : &low));
        }
    }
}
