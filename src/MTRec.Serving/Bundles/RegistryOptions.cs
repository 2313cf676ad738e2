using MTRec.Serving.Operations;

namespace MTRec.Serving.Bundles;

/// <summary>Which bundle is served: section <c>Registry</c>.</summary>
internal sealed class RegistryOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Registry";

    /// <summary>The registry's folder; a relative one lies below the service's root. Default <c>deploy/registry</c>.</summary>
    public string Path { get; set; } = "deploy/registry";

    /// <summary>The bundle's name. Default <c>default</c>.</summary>
    public string Bundle { get; set; } = "default";

    /// <summary>The bundle's version; the newest that may serve where it is left out.</summary>
    public string? Version { get; set; }

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(Path))
            yield return "Path must name a folder.";
        if (string.IsNullOrWhiteSpace(Bundle))
            yield return "Bundle must name a bundle.";
        if (Version is { Length: 0 })
            yield return "Version must not be empty; leave it out for the newest.";
    }
}
