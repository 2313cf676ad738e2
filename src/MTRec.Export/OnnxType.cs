using System.Diagnostics.CodeAnalysis;

namespace MTRec.Export;

/// <summary>Element types of the tensors that graphs here compute with; the numbers are ONNX's.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "Element types are named by what they are.")]
public enum OnnxType
{
    /// <summary>32-bit floating point.</summary>
    Float32 = 1,

    /// <summary>64-bit integer.</summary>
    Int64 = 7,

    /// <summary>Truth value.</summary>
    Bool = 9,

    /// <summary>64-bit floating point, inside of graphs only.</summary>
    Float64 = 11,
}
