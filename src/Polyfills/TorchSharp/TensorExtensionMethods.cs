using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Conversions between tensors and .NET numbers, and TorchSharp's own file format.</summary>
public static partial class TensorExtensionMethods
{
    public static float ToSingle(this Tensor value) => value.ToScalar().ToSingle();

    public static double ToDouble(this Tensor value) => value.ToScalar().ToDouble();

    public static sbyte ToSByte(this Tensor value) => value.ToScalar().ToSByte();

    public static byte ToByte(this Tensor value) => value.ToScalar().ToByte();

    public static short ToInt16(this Tensor value) => value.ToScalar().ToInt16();

    public static int ToInt32(this Tensor value) => value.ToScalar().ToInt32();

    public static long ToInt64(this Tensor value) => value.ToScalar().ToInt64();

    public static bool ToBoolean(this Tensor value) => value.ToScalar().ToBoolean();
}
