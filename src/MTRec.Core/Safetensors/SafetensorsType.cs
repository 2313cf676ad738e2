namespace MTRec.Core.Safetensors;

/// <summary>Element types of the format that MTRec reads and writes; all are little-endian.</summary>
public enum SafetensorsType
{
    /// <summary><c>BOOL</c>: one byte, 0 or 1; <see cref="bool"/>.</summary>
    Bool,

    /// <summary><c>U8</c>; <see cref="byte"/>.</summary>
    U8,

    /// <summary><c>F16</c>; <see cref="Half"/>.</summary>
    F16,

    /// <summary><c>I32</c>; <see cref="int"/>.</summary>
    I32,

    /// <summary><c>F32</c>; <see cref="float"/>.</summary>
    F32,

    /// <summary><c>I64</c>; <see cref="long"/>.</summary>
    I64,
}

/// <summary>Sizes, names and .NET types of <see cref="SafetensorsType"/>.</summary>
internal static class SafetensorsTypes
{
    public static int SizeOf(SafetensorsType type) => type switch
    {
        SafetensorsType.Bool or SafetensorsType.U8 => 1,
        SafetensorsType.F16 => 2,
        SafetensorsType.I32 or SafetensorsType.F32 => 4,
        SafetensorsType.I64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    public static string NameOf(SafetensorsType type) => type switch
    {
        SafetensorsType.Bool => "BOOL",
        SafetensorsType.U8 => "U8",
        SafetensorsType.F16 => "F16",
        SafetensorsType.I32 => "I32",
        SafetensorsType.F32 => "F32",
        SafetensorsType.I64 => "I64",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    public static SafetensorsType? Parse(string? name) => name switch
    {
        "BOOL" => SafetensorsType.Bool,
        "U8" => SafetensorsType.U8,
        "F16" => SafetensorsType.F16,
        "I32" => SafetensorsType.I32,
        "F32" => SafetensorsType.F32,
        "I64" => SafetensorsType.I64,
        _ => null,
    };

    public static SafetensorsType Of<T>()
        where T : unmanaged
    {
        if (typeof(T) == typeof(bool))
            return SafetensorsType.Bool;
        if (typeof(T) == typeof(byte))
            return SafetensorsType.U8;
        if (typeof(T) == typeof(Half))
            return SafetensorsType.F16;
        if (typeof(T) == typeof(int))
            return SafetensorsType.I32;
        if (typeof(T) == typeof(float))
            return SafetensorsType.F32;
        if (typeof(T) == typeof(long))
            return SafetensorsType.I64;
        throw new NotSupportedException($"Safetensors of {typeof(T).Name} are not supported; use bool, byte, Half, int, float or long.");
    }
}
