using System.Runtime.InteropServices.Marshalling;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// A multi-dimensional array of one element type, held by libtorch. Views share their memory. Disposing frees the native tensor at
    /// once; a dispose scope does so for all that were created in it, the finaliser for what was forgotten.
    /// </summary>
    [NativeMarshalling(typeof(TensorMarshaller))]
    public partial class Tensor : IDisposable
    {
        private static long _totalCount;
        private static long _peakCount;

        private nint _handle;

        internal Tensor(nint handle)
        {
            _handle = handle;
            var count = Interlocked.Increment(ref _totalCount);
            if (count > Volatile.Read(ref _peakCount))
                Volatile.Write(ref _peakCount, count);
            OwningDisposeScope = DisposeScopeManager.ThreadSingleton.RegisterOnCurrentDisposeScope(this);
        }

        ~Tensor() => Dispose(false);

        /// <summary>How many tensors are alive in this process.</summary>
        public static long TotalCount => Interlocked.Read(ref _totalCount);

        public static long PeakCount => Interlocked.Read(ref _peakCount);

        public string? name { get; set; }

        /// <exception cref="InvalidOperationException">The tensor is disposed.</exception>
        public nint Handle => _handle != 0 ? _handle : throw new InvalidOperationException("Tensor invalid -- empty handle.");

        public bool IsInvalid => _handle == 0;

        internal DisposeScope? OwningDisposeScope { get; set; }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (_handle == 0)
                return;
            if (disposing)
            {
                DisposeScopeManager.ThreadSingleton.DisposingOnCurrentScope(this);
                OwningDisposeScope?.MarkAsDisposed(this);
            }

            Interlocked.Decrement(ref _totalCount);
            Shim.at_dispose(_handle);
            _handle = 0;
        }

        /// <summary>Hands the native tensor to the caller; this object becomes invalid.</summary>
        public nint DecoupleFromNativeHandle()
        {
            GC.SuppressFinalize(this);
            var handle = Handle;
            Interlocked.Decrement(ref _totalCount);
            _handle = 0;
            return handle;
        }

        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningDisposeScope);

        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningDisposeScope is null)
                other?.Attach(this);
            else
                OwningDisposeScope.MoveToOther(other, this);
            return this;
        }

        public long Dimensions => Shim.at_dim(this);

        public long dim() => Dimensions;

        public long ndim => Dimensions;

        public long NumberOfElements => Shim.at_numel(this);

        public long numel() => NumberOfElements;

        public long ElementSize => Shim.at_element_size(this);

        public long element_size() => ElementSize;

        public ScalarType dtype => (ScalarType)Shim.at_dtype(this);

        public Device device
        {
            get
            {
                _ = Handle;
                return CPU;
            }
        }

        public DeviceType device_type => device.type;

        public int device_index => device.index;

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_meta => device_type == DeviceType.META;

        public bool is_integral() => torch.is_integral(dtype);

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_complex() => torch.is_complex(dtype);

        public bool is_nonzero()
        {
            if (numel() != 1)
                throw new InvalidOperationException("is_nonzero() called on non-singleton tensor");
            return ToScalar().ToBoolean();
        }

        public bool is_contiguous() => Shim.at_is_contiguous(this);

        public long storage_offset() => Shim.at_storage_offset(this);

        public long[] shape => size();

        public long[] size()
        {
            var sizes = new long[Dimensions];
            Shim.at_sizes(this, sizes);
            return sizes;
        }

        public long size(int dim)
        {
            var size = Shim.at_size(this, dim);
            return size >= 0 ? size : throw Shim.LastError();
        }

        public long[] stride()
        {
            var strides = new long[Dimensions];
            Shim.at_strides(this, strides);
            return strides;
        }

        public long stride(int dim)
        {
            var stride = Shim.at_stride(this, dim);
            return stride >= 0 ? stride : throw Shim.LastError();
        }

        /// <summary>The elements, in place.</summary>
        /// <exception cref="ArgumentException"><typeparamref name="T"/> is not the element type.</exception>
        public Utils.TensorAccessor<T> data<T>()
            where T : unmanaged
        {
            ValidateType(typeof(T));
            return new Utils.TensorAccessor<T>(this);
        }

        /// <summary>The only element.</summary>
        public T item<T>()
            where T : unmanaged
        {
            if (NumberOfElements != 1)
                throw new ArgumentException("Number of elements in the tensor must be 1");
            return data<T>()[0];
        }

        /// <summary>The tensor's memory, which must be contiguous; valid while the tensor lives.</summary>
        public unsafe Span<byte> bytes
        {
            get
            {
                if (!is_contiguous())
                    throw new InvalidOperationException("Bytes() called on non-contiguous tensor.");
                return new Span<byte>(DataPointer(), checked((int)(NumberOfElements * ElementSize)));
            }

            set
            {
                if (!is_contiguous())
                    throw new InvalidOperationException("SetBytes() called on non-contiguous tensor.");
                if (value.Length != NumberOfElements * ElementSize)
                    throw new ArgumentException("Mismatched data sizes in SetBytes().", nameof(value));
                value.CopyTo(new Span<byte>(DataPointer(), value.Length));
            }
        }

        /// <summary>Writes the raw elements of a contiguous tensor, row by row.</summary>
        public unsafe void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            if (!is_contiguous())
                throw new InvalidOperationException("Bytes() called on non-contiguous tensor.");
            var data = (byte*)DataPointer();
            var remaining = NumberOfElements * ElementSize;
            while (remaining > 0)
            {
                var chunk = (int)Math.Min(remaining, MaxChunk);
                stream.Write(new ReadOnlySpan<byte>(data, chunk));
                data += chunk;
                remaining -= chunk;
            }

            GC.KeepAlive(this);
        }

        /// <summary>Fills a contiguous tensor with raw elements.</summary>
        /// <exception cref="EndOfStreamException">The stream ends before the tensor is full.</exception>
        public unsafe void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            if (!is_contiguous())
                throw new InvalidOperationException("Bytes() called on non-contiguous tensor.");
            var data = (byte*)DataPointer();
            var remaining = NumberOfElements * ElementSize;
            while (remaining > 0)
            {
                var chunk = (int)Math.Min(remaining, MaxChunk);
                stream.ReadExactly(new Span<byte>(data, chunk));
                data += chunk;
                remaining -= chunk;
            }

            GC.KeepAlive(this);
        }

        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        /// <summary>Whether both have the same shape, element type and elements.</summary>
        public bool Equals(Tensor target)
        {
            Shim.Check(Shim.at_equal(this, target, out var equal));
            return equal;
        }

        public override int GetHashCode() => base.GetHashCode();

        /// <summary>Shape, element type and device, such as <c>[2x3], type = Float32, device = cpu</c>.</summary>
        public override string ToString() => $"[{string.Join("x", shape)}], type = {dtype}, device = {device}";

        /// <summary>The value of a tensor with one element.</summary>
        public Scalar ToScalar()
        {
            Shim.Check(Shim.at_item(this, out var real, out var integer, out var isReal));
            return isReal ? new Scalar(real) : dtype == ScalarType.Bool ? new Scalar(integer != 0) : new Scalar(integer);
        }

        private const int MaxChunk = 1 << 20;

        /// <summary>Address of the first element; keep the tensor alive while using it.</summary>
        internal unsafe void* DataPointer()
        {
            var data = Shim.at_data_ptr(this);
            return data != 0 || NumberOfElements == 0 ? (void*)data : throw Shim.LastError();
        }

        internal void ValidateType(Type dotnetType)
        {
            if (_elementTypes.TryGetValue(dotnetType, out var type) && type == dtype)
                return;
            throw new ArgumentException($"{dotnetType.Name} is not compatible with {dtype}");
        }

        private Tensor InPlace(Bool8 succeeded)
        {
            Shim.Check(succeeded);
            return this;
        }
    }
}
