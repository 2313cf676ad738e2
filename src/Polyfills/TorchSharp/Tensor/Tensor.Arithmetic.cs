using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>How a division rounds: not at all, towards zero, or down.</summary>
    public enum RoundingMode
    {
        None,
        trunc,
        floor,
    }

    public partial class Tensor
    {
        public Tensor add(Tensor target) => Shim.at_add(this, target, 1);

        public Tensor add(Tensor target, Scalar alpha) => Shim.at_add(this, target, alpha);

        public Tensor add(Scalar scalar) => Shim.at_add_scalar(this, scalar, 1);

        public Tensor add(Scalar scalar, Scalar alpha) => Shim.at_add_scalar(this, scalar, alpha);

        public Tensor add_(Tensor target) => InPlace(Shim.at_add_(this, target, 1));

        public Tensor add_(Tensor target, Scalar alpha) => InPlace(Shim.at_add_(this, target, alpha));

        public Tensor add_(Scalar scalar) => InPlace(Shim.at_add_scalar_(this, scalar, 1));

        public Tensor add_(Scalar scalar, Scalar alpha) => InPlace(Shim.at_add_scalar_(this, scalar, alpha));

        public Tensor sub(Tensor target) => Shim.at_sub(this, target);

        public Tensor sub_(Tensor target) => InPlace(Shim.at_sub_(this, target));

        public Tensor sub(Scalar target) => Shim.at_sub_scalar(this, target);

        public Tensor sub_(Scalar target) => InPlace(Shim.at_sub_scalar_(this, target));

        public Tensor subtract(Tensor target) => sub(target);

        public Tensor subtract(Scalar target) => sub(target);

        public Tensor subtract_(Tensor target) => sub_(target);

        public Tensor subtract_(Scalar target) => sub_(target);

        public Tensor mul(Tensor target) => Shim.at_mul(this, target);

        public Tensor mul_(Tensor target) => InPlace(Shim.at_mul_(this, target));

        public Tensor mul(Scalar target) => Shim.at_mul_scalar(this, target);

        public Tensor mul_(Scalar target) => InPlace(Shim.at_mul_scalar_(this, target));

        public Tensor multiply(Tensor target) => mul(target);

        public Tensor multiply(Scalar target) => mul(target);

        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => Shim.at_div(this, target, Name(rounding_mode));

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            Shim.at_div_scalar(this, target, Name(rounding_mode));

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            InPlace(Shim.at_div_(this, target, Name(rounding_mode)));

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            InPlace(Shim.at_div_scalar_(this, target, Name(rounding_mode)));

        public Tensor divide(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);

        public Tensor divide(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);

        public Tensor divide_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);

        public Tensor divide_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);

        public Tensor pow(Tensor exponent) => Shim.at_pow(this, exponent);

        public Tensor pow_(Tensor exponent) => InPlace(Shim.at_pow_(this, exponent));

        public Tensor pow(Scalar exponent) => Shim.at_pow_scalar(this, exponent);

        public Tensor pow_(Scalar exponent) => InPlace(Shim.at_pow_scalar_(this, exponent));

        public Tensor remainder(Tensor target) => Shim.at_remainder(this, target);

        public Tensor remainder_(Tensor target) => InPlace(Shim.at_remainder_(this, target));

        public Tensor remainder(Scalar scalar) => Shim.at_remainder_scalar(this, scalar);

        public Tensor remainder_(Scalar scalar) => InPlace(Shim.at_remainder_scalar_(this, scalar));

        public Tensor fmod(Tensor target) => Shim.at_fmod(this, target);

        public Tensor fmod_(Tensor target) => InPlace(Shim.at_fmod_(this, target));

        public Tensor fmod(Scalar scalar) => Shim.at_fmod_scalar(this, scalar);

        public Tensor fmod_(Scalar scalar) => InPlace(Shim.at_fmod_scalar_(this, scalar));

        public Tensor floor_divide(Tensor other) => Shim.at_floor_divide(this, other);

        public Tensor floor_divide_(Tensor other) => InPlace(Shim.at_floor_divide_(this, other));

        public Tensor floor_divide(Scalar other) => Shim.at_floor_divide_scalar(this, other);

        public Tensor floor_divide_(Scalar other) => InPlace(Shim.at_floor_divide_scalar_(this, other));

        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => Shim.at_addcmul(this, tensor1, tensor2, value);

        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => InPlace(Shim.at_addcmul_(this, tensor1, tensor2, value));

        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => Shim.at_addcdiv(this, tensor1, tensor2, value);

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => InPlace(Shim.at_addcdiv_(this, tensor1, tensor2, value));

        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => addcdiv(tensor1, tensor2, 1);

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => addcdiv_(tensor1, tensor2, 1);

        public Tensor lerp(Tensor end, Tensor weight) => Shim.at_lerp(this, end, weight);

        public Tensor lerp_(Tensor end, Tensor weight) => InPlace(Shim.at_lerp_(this, end, weight));

        public Tensor logaddexp(Tensor other) => Shim.at_logaddexp(this, other);

        public Tensor xlogy(Tensor y) => Shim.at_xlogy(this, y);

        public Tensor xlogy(Scalar y) => Shim.at_xlogy_scalar(this, y);

        public Tensor logical_and(Tensor other) => Shim.at_logical_and(this, other);

        public Tensor logical_and_(Tensor other) => InPlace(Shim.at_logical_and_(this, other));

        public Tensor logical_or(Tensor other) => Shim.at_logical_or(this, other);

        public Tensor logical_or_(Tensor other) => InPlace(Shim.at_logical_or_(this, other));

        public Tensor logical_xor(Tensor other) => Shim.at_logical_xor(this, other);

        public Tensor logical_xor_(Tensor other) => InPlace(Shim.at_logical_xor_(this, other));

        public Tensor logical_not() => Shim.at_logical_not(this);

        public Tensor logical_not_() => InPlace(Shim.at_logical_not_(this));

        public Tensor bitwise_and(Tensor other) => Shim.at_bitwise_and(this, other);

        public Tensor bitwise_and_(Tensor other) => InPlace(Shim.at_bitwise_and_(this, other));

        public Tensor bitwise_or(Tensor other) => Shim.at_bitwise_or(this, other);

        public Tensor bitwise_or_(Tensor other) => InPlace(Shim.at_bitwise_or_(this, other));

        public Tensor bitwise_xor(Tensor other) => Shim.at_bitwise_xor(this, other);

        public Tensor bitwise_xor_(Tensor other) => InPlace(Shim.at_bitwise_xor_(this, other));

        public Tensor bitwise_not() => Shim.at_bitwise_not(this);

        public Tensor bitwise_not_() => InPlace(Shim.at_bitwise_not_(this));

        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Shim.at_clamp(this, min, max);

        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Shim.at_clamp_tensor(this, min, max);

        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => InPlace(Shim.at_clamp_(this, min, max));

        public Tensor clamp_(Tensor? min = null, Tensor? max = null) => InPlace(Shim.at_clamp_tensor_(this, min, max));

        public Tensor clip(Scalar? min = null, Scalar? max = null) => clamp(min, max);

        public Tensor clamp_max(Scalar max) => clamp((Scalar?)null, max);

        public Tensor clamp_max_(Scalar max) => clamp_((Scalar?)null, max);

        public Tensor clamp_min(Scalar min) => clamp(min, (Scalar?)null);

        public Tensor clamp_min_(Scalar min) => clamp_(min, (Scalar?)null);

        private static string? Name(RoundingMode rounding) => rounding == RoundingMode.None ? null : Enum.GetName(rounding);
    }
}
