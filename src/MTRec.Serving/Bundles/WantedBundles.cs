namespace MTRec.Serving.Bundles;

/// <summary>
/// The versions that the configuration's variants name. They are loaded beside the active bundle, and let go when no variant names
/// them any more.
/// </summary>
internal sealed class WantedBundles
{
    private volatile IReadOnlyList<string> _versions = [];

    /// <summary>Raised after <see cref="Versions"/> has changed.</summary>
    public event Action? Changed;

    /// <summary>The versions wanted, each once.</summary>
    public IReadOnlyList<string> Versions => _versions;

    /// <summary>
    /// Replaces what was wanted before. What is wanted before the service starts is loaded before its first request; what is wanted
    /// later is loaded soon, and requests for it fall back to the active bundle until then.
    /// </summary>
    public void Set(IEnumerable<string> versions)
    {
        _versions = [.. versions.Distinct(StringComparer.Ordinal)];
        Changed?.Invoke();
    }
}
