namespace MTRec.Core.Safetensors;

/// <summary>
/// Bytes that are not a valid safetensors file, or a tensor that is not what the reader of the file needs; the message is the reason.
/// </summary>
public sealed class SafetensorsException : FormatException
{
    /// <summary>A refusal with its reason.</summary>
    public SafetensorsException(string message)
        : base(message)
    {
    }

    /// <summary>A refusal with its reason and what caused it.</summary>
    public SafetensorsException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
