using System.Runtime.InteropServices.Marshalling;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>
/// Tensors as arguments and results of native functions. An argument stays alive until the call returns, so that its finaliser cannot
/// free what libtorch is reading; a null result is a failure and throws libtorch's message.
/// </summary>
[CustomMarshaller(typeof(Tensor), MarshalMode.ManagedToUnmanagedIn, typeof(Argument))]
[CustomMarshaller(typeof(Tensor), MarshalMode.ManagedToUnmanagedOut, typeof(Result))]
[CustomMarshaller(typeof(Tensor), MarshalMode.ElementIn, typeof(Element))]
internal static class TensorMarshaller
{
    internal ref struct Argument
    {
        private Tensor? _tensor;

        public void FromManaged(Tensor tensor)
        {
            ArgumentNullException.ThrowIfNull((object)tensor, nameof(tensor));
            _tensor = tensor;
        }

        public readonly nint ToUnmanaged() => _tensor!.Handle;

        public readonly void OnInvoked() => GC.KeepAlive(_tensor);

        public readonly void Free()
        {
        }
    }

    internal static class Result
    {
        public static Tensor ConvertToManaged(nint handle) => handle == 0 ? throw Shim.LastError() : new Tensor(handle);
    }

    /// <summary>Elements of an array; the caller keeps the array alive over the call.</summary>
    internal static class Element
    {
        public static nint ConvertToUnmanaged(Tensor tensor)
        {
            ArgumentNullException.ThrowIfNull((object)tensor, nameof(tensor));
            return tensor.Handle;
        }

        // The generator asks for this direction too, though it is never taken.
        public static Tensor ConvertToManaged(nint handle) => Result.ConvertToManaged(handle);
    }
}

/// <summary>Tensor arguments that may be absent.</summary>
[CustomMarshaller(typeof(Tensor), MarshalMode.ManagedToUnmanagedIn, typeof(Argument))]
internal static class OptionalTensorMarshaller
{
    internal ref struct Argument
    {
        private Tensor? _tensor;

        public void FromManaged(Tensor? tensor) => _tensor = tensor;

        public readonly nint ToUnmanaged() => _tensor?.Handle ?? 0;

        public readonly void OnInvoked() => GC.KeepAlive(_tensor);

        public readonly void Free()
        {
        }
    }
}
