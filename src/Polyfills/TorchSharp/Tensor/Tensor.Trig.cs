using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor sin() => Shim.at_sin(this);

        public Tensor sin_() => InPlace(Shim.at_sin_(this));

        public Tensor cos() => Shim.at_cos(this);

        public Tensor cos_() => InPlace(Shim.at_cos_(this));

        public Tensor tan() => Shim.at_tan(this);

        public Tensor tan_() => InPlace(Shim.at_tan_(this));

        public Tensor asin() => Shim.at_asin(this);

        public Tensor asin_() => InPlace(Shim.at_asin_(this));

        public Tensor acos() => Shim.at_acos(this);

        public Tensor acos_() => InPlace(Shim.at_acos_(this));

        public Tensor atan() => Shim.at_atan(this);

        public Tensor atan_() => InPlace(Shim.at_atan_(this));

        public Tensor sinh() => Shim.at_sinh(this);

        public Tensor sinh_() => InPlace(Shim.at_sinh_(this));

        public Tensor cosh() => Shim.at_cosh(this);

        public Tensor cosh_() => InPlace(Shim.at_cosh_(this));

        public Tensor tanh() => Shim.at_tanh(this);

        public Tensor tanh_() => InPlace(Shim.at_tanh_(this));

        public Tensor atan2(Tensor other) => Shim.at_atan2(this, other);

        public Tensor atan2_(Tensor other) => InPlace(Shim.at_atan2_(this, other));
    }
}
