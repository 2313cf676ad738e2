namespace MTRec.Data;

/// <summary>A file that cannot be read as what it should be; the message names the file, the place and the reason.</summary>
public sealed class DataFormatException : FormatException
{
    /// <summary>A refusal with its reason.</summary>
    public DataFormatException(string message)
        : base(message)
    {
    }

    /// <summary>A refusal with its reason and what caused it.</summary>
    public DataFormatException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
