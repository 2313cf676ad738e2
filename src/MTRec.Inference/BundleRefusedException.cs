namespace MTRec.Inference;

/// <summary>A bundle that must not serve.</summary>
public sealed class BundleRefusedException : Exception
{
    /// <summary>Refuses the bundle in <paramref name="directory"/>.</summary>
    /// <param name="directory">The bundle's folder.</param>
    /// <param name="reasons">Why, each naming the file or the manifest's member; at least one.</param>
    public BundleRefusedException(string directory, IReadOnlyList<string> reasons)
        : base($"The bundle in {directory} is refused: {string.Join(" ", reasons)}")
    {
        Directory = directory;
        Reasons = reasons;
    }

    /// <summary>The bundle's folder.</summary>
    public string Directory { get; }

    /// <summary>Every reason that was found, each naming the file or the manifest's member.</summary>
    public IReadOnlyList<string> Reasons { get; }
}
