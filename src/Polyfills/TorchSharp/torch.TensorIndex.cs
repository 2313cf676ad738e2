using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>One entry of an indexer: a number, a range, a mask or tensor of indices, a new axis, or all the axes in between.</summary>
    public struct TensorIndex
    {
        // The codes of IndexEntry in native/tensors.cpp.
        private const long KindNone = 0;
        private const long KindSingle = 1;
        private const long KindBool = 2;
        private const long KindEllipsis = 3;
        private const long KindTensor = 4;
        private const long KindSlice = 5;

        // libtorch's side of the border reads this value as "not given".
        private const long Absent = long.MinValue;

        public static TensorIndex Ellipsis = new(KindEllipsis);
        public static TensorIndex None = new(KindNone);
        public static TensorIndex Null = new(KindNone);
        public static TensorIndex Colon = Slice();

        private readonly long _kind;
        private readonly long _start;
        private readonly long _stop;
        private readonly long _step;
        private readonly Tensor? _tensor;

        private TensorIndex(long kind, long start = Absent, long stop = Absent, long step = Absent, Tensor? tensor = null)
        {
            _kind = kind;
            _start = start;
            _stop = stop;
            _step = step;
            _tensor = tensor;
        }

        public static implicit operator TensorIndex(long value) => Single(value);

        public static implicit operator TensorIndex(Range range) => Slice(range);

        public static implicit operator TensorIndex(Index index) => Single(FromEnd(index));

        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);

        /// <summary>Never called: it only makes overloads with indices better than those with tensors.</summary>
        public static implicit operator Tensor(TensorIndex value) => throw new InvalidOperationException("Should not be called.");

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new(KindSlice, start ?? Absent, stop ?? Absent, step ?? Absent);

        public static TensorIndex Slice((int? start, int? end) range) => Slice(range.start, range.end);

        public static TensorIndex Slice(Range range) =>
            Slice(FromEnd(range.Start), range.End.Equals(Index.End) ? null : FromEnd(range.End));

        public static TensorIndex Bool(bool value) => new(KindBool, value ? 1 : 0);

        public static TensorIndex Single(long? index) => new(KindSingle, index ?? 0);

        public static TensorIndex Tensor(Tensor tensor) => new(KindTensor, tensor: tensor);

        internal static IndexEntry[] Entries(TensorIndex[] indices) =>
            Array.ConvertAll(indices, index => new IndexEntry
            {
                Kind = index._kind,
                Start = index._start,
                Stop = index._stop,
                Step = index._step,
                Tensor = index._tensor?.Handle ?? 0,
            });

        internal static bool AnyTensor(TensorIndex[] indices) => Array.Exists(indices, index => index._kind == KindTensor);

        private static long FromEnd(Index index) => index.IsFromEnd ? -index.Value : index.Value;
    }
}
