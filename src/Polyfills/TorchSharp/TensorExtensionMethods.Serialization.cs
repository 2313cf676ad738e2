using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp;

// TorchSharp's own file format: element type, rank and sizes in LEB128, then the raw elements, row by row, little endian.
public static partial class TensorExtensionMethods
{
    /// <exception cref="InvalidOperationException">The tensor is not contiguous.</exception>
    public static void Save(this Tensor tensor, BinaryWriter writer)
    {
        writer.Encode((int)tensor.dtype);
        writer.Encode(tensor.Dimensions);
        foreach (long size in tensor.shape) writer.Encode(size);
        tensor.WriteBytesToStream(writer.BaseStream);
    }

    /// <summary>Writes the tensor and closes the stream.</summary>
    public static void Save(this Tensor tensor, Stream stream)
    {
        using BinaryWriter writer = new(stream);
        tensor.Save(writer);
    }

    public static void Save(this Tensor tensor, string location) => tensor.Save(File.Create(location));

    /// <summary>Reads elements into a tensor, or past them.</summary>
    /// <exception cref="ArgumentException">The file's element type or, unless skipped, its shape is another one.</exception>
    /// <exception cref="EndOfStreamException">The file ends early.</exception>
    public static void Load(this Tensor tensor, BinaryReader reader, bool skip = false)
    {
        (ScalarType type, long[] shape) = ReadHeader(reader);
        if (type != tensor.dtype)
            throw new ArgumentException(
                "Mismatched tensor data types while loading. Make sure that the model you are loading into is exactly the same as the origin.");
        if (!skip) RequireShape(tensor, shape);
        ReadElements(tensor, reader, skip);
    }

    /// <summary>Reads a tensor; where skipped, the result has its shape and is zero.</summary>
    public static Tensor Load(BinaryReader reader, bool skip = false)
    {
        Tensor? tensor = null;
        Load(ref tensor, reader, skip);
        return tensor!;
    }

    /// <summary>Reads elements into a tensor, which is created where it is null.</summary>
    /// <exception cref="ArgumentException">The file's shape is another one.</exception>
    /// <exception cref="EndOfStreamException">The file ends early.</exception>
    public static void Load(ref Tensor? tensor, BinaryReader reader, bool skip = false)
    {
        (ScalarType type, long[] shape) = ReadHeader(reader);
        if (tensor is null) tensor = zeros(shape, type);
        else if (!skip) RequireShape(tensor, shape);
        ReadElements(tensor, reader, skip);
    }

    private static (ScalarType Type, long[] Shape) ReadHeader(BinaryReader reader)
    {
        ScalarType type = (ScalarType)reader.Decode();
        long[] shape = new long[checked((int)reader.Decode())];
        for (int i = 0; i < shape.Length; i++) shape[i] = reader.Decode();
        return (type, shape);
    }

    private static void RequireShape(Tensor tensor, long[] shape)
    {
        if (!shape.AsSpan().SequenceEqual(tensor.shape))
            throw new ArgumentException(
                "Mismatched tensor shape while loading. Make sure that the model you are loading into is exactly the same as the origin.");
    }

    private static void ReadElements(Tensor tensor, BinaryReader reader, bool skip)
    {
        if (skip) reader.BaseStream.Seek(tensor.NumberOfElements * tensor.ElementSize, SeekOrigin.Current);
        else tensor.ReadBytesFromStream(reader.BaseStream);
    }
}
