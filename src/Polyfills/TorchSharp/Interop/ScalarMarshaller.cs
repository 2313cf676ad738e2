using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace TorchSharp.Interop;

/// <summary>The native form of a <see cref="Scalar"/>: ScalarValue of <c>native/shim.h</c>. A null scalar travels as none.</summary>
[CustomMarshaller(typeof(Scalar), MarshalMode.ManagedToUnmanagedIn, typeof(ScalarMarshaller))]
internal static class ScalarMarshaller
{
    public static Value ConvertToUnmanaged(Scalar? scalar) => scalar switch
    {
        null => new Value { Kind = 3 },
        { Type: torch.ScalarType.Float64 } => new Value { Kind = 1, Bits = BitConverter.DoubleToInt64Bits(scalar.Real) },
        { Type: torch.ScalarType.Bool } => new Value { Kind = 2, Bits = scalar.Integer },
        _ => new Value { Kind = 0, Bits = scalar.Integer },
    };

    [StructLayout(LayoutKind.Sequential)]
    internal struct Value
    {
        public long Bits;
        public int Kind;
    }
}
