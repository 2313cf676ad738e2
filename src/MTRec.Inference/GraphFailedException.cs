namespace MTRec.Inference;

/// <summary>A graph of a verified bundle that failed on one request's inputs: the caller goes on without it.</summary>
public sealed class GraphFailedException : Exception
{
    /// <summary>Reports the failure of <paramref name="file"/>.</summary>
    public GraphFailedException(string file, string reason, Exception? inner = null)
        : base($"{file}: {reason}", inner) => File = file;

    /// <summary>The graph's file in the bundle.</summary>
    public string File { get; }
}
