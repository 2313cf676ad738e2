using MTRec.Inference;

namespace MTRec.Serving.Bundles;

/// <summary>
/// What requests have put into service, here or at another replica, through the registry's <see cref="ChoiceFile"/>. A replica whose configuration names
/// a version takes no part: each of its starts is at that version. Used by one thread at a time.
/// </summary>
internal sealed class SharedChoice(ChoiceFile file, RegistryOptions options, TimeProvider time)
{
    private BundleChoice? _done;
    private string? _readingFault;
    private string? _sharingFault;

    /// <summary>Why the choice could not be read, served or shared; null where all is well.</summary>
    public string? Fault => _sharingFault ?? _readingFault;

    /// <summary>The latest choice; null where there is none, or where it cannot be read.</summary>
    public BundleChoice? Read() => file.Read(out _readingFault);

    /// <summary>The latest choice, where it was not done here yet.</summary>
    public BundleChoice? Pending() => options.Version is null && Read() is { } choice && !choice.IsSameAs(_done) ? choice : null;

    /// <summary>Notes that a choice was done here, or is overtaken.</summary>
    public void Done(BundleChoice choice) => _done = choice;

    /// <summary>Notes that a choice cannot be done here. It is pending still.</summary>
    public void CannotBeServed(BundleChoice choice) =>
        _readingFault = $"{options.Bundle}/{choice.Version}, which a request has put into service, cannot be served.";

    /// <summary>Tells the other replicas, and those that start later, what a request has put into service here.</summary>
    /// <param name="version">The version.</param>
    /// <param name="previous">Where rollbacks lead, the latest last.</param>
    /// <param name="heldBack">The newest bundle that is not followed.</param>
    public void Share(string version, IReadOnlyList<string> previous, BundleAge heldBack)
    {
        if (options.Version is not null)
            return;
        var choice = new BundleChoice(version, previous, heldBack, time.GetUtcNow());
        try
        {
            file.Write(choice);
            _done = choice;
            _sharingFault = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A registry that this service may only read. What it holds is overruled here.
            _done = Read();
            _sharingFault = $"The change holds for this replica alone, until it ends: {e.Message}";
        }
    }
}
