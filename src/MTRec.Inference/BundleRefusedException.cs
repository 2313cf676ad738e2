namespace MTRec.Inference;

/// <summary>A bundle that must not serve.</summary>
public sealed class BundleRefusedException : Exception
{
    /// <summary>Refuses the bundle in <paramref name="directory"/>.</summary>
    /// <param name="directory">The bundle's folder.</param>
    /// <param name="reasons">Why, each naming the file or the manifest's member; at least one.</param>
    /// <param name="isUnreadable">Whether a file could not be read, for a reason that need not lie in the bundle.</param>
    public BundleRefusedException(string directory, IReadOnlyList<string> reasons, bool isUnreadable = false)
        : base($"The bundle in {directory} is refused: {string.Join(" ", reasons)}")
    {
        Directory = directory;
        Reasons = reasons;
        IsUnreadable = isUnreadable;
    }

    /// <summary>The bundle's folder.</summary>
    public string Directory { get; }

    /// <summary>Every reason that was found, each naming the file or the manifest's member.</summary>
    public IReadOnlyList<string> Reasons { get; }

    /// <summary>Whether a file could not be read, for a reason that need not lie in the bundle: another try may go well.</summary>
    public bool IsUnreadable { get; }
}
