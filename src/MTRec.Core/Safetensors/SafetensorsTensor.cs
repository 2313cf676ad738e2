using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace MTRec.Core.Safetensors;

/// <summary>One tensor of a <see cref="SafetensorsFile"/>: a typed, row-major view of the file's bytes.</summary>
public sealed class SafetensorsTensor
{
    private readonly ReadOnlyMemory<byte> _data;

    internal SafetensorsTensor(string name, SafetensorsType type, ImmutableArray<long> shape, ReadOnlyMemory<byte> data)
    {
        Name = name;
        Type = type;
        Shape = shape;
        _data = data;
    }

    /// <summary>The tensor's key in the file.</summary>
    public string Name { get; }

    /// <summary>The type of every element.</summary>
    public SafetensorsType Type { get; }

    /// <summary>The length of every dimension, each 0 or more; empty for a scalar.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>The number of elements: the product of <see cref="Shape"/>, 1 for a scalar.</summary>
    public int Count => _data.Length / SafetensorsTypes.SizeOf(Type);

    /// <summary>The raw little-endian bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _data.Span;

    /// <summary>The elements in row-major order, without a copy.</summary>
    /// <exception cref="SafetensorsException"><typeparamref name="T"/> is not the tensor's type.</exception>
    public ReadOnlySpan<T> Values<T>()
        where T : unmanaged
    {
        var asked = SafetensorsTypes.Of<T>();
        if (asked != Type)
            throw new SafetensorsException($"Tensor '{Name}' is {SafetensorsTypes.NameOf(Type)}, not {SafetensorsTypes.NameOf(asked)}.");
        return MemoryMarshal.Cast<byte, T>(_data.Span);
    }

    /// <summary>
    /// The elements in row-major order, without a copy, after a check of the shape; -1 in <paramref name="shape"/> allows any length.
    /// </summary>
    /// <exception cref="SafetensorsException">The type or the shape differs.</exception>
    public ReadOnlySpan<T> Values<T>(params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        var fits = shape.Length == Shape.Length;
        for (var i = 0; fits && i < shape.Length; i++)
            fits = shape[i] == -1 || shape[i] == Shape[i];
        if (fits)
            return Values<T>();
        throw new SafetensorsException(
            $"Tensor '{Name}' has shape [{string.Join(", ", Shape)}], not [{string.Join(", ", shape.ToArray())}].");
    }
}
