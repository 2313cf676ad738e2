namespace TorchSharp.Interop;

/// <summary>C++'s bool: one byte.</summary>
internal readonly struct Bool8
{
    private readonly byte _value;

    private Bool8(bool value) => _value = value ? (byte)1 : (byte)0;

    public static implicit operator bool(Bool8 flag) => flag._value != 0;

    public static implicit operator Bool8(bool flag) => new(flag);
}
