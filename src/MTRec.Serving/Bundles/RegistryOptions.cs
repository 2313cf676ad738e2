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

    /// <summary>The version to start with, which is then left only by request; the newest that may serve where it is left out.</summary>
    public string? Version { get; set; }

    /// <summary>Whether newer bundles go into service by themselves. Without effect where <see cref="Version"/> is set. Default true.</summary>
    public bool FollowNewest { get; set; } = true;

    /// <summary>
    /// How often the registry is looked at, 100 milliseconds to 1 hour. Where the file system tells of changes they are noticed at once; others,
    /// such as network file systems, are polled alone. Default 2 seconds.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether newer bundles go into service by themselves.</summary>
    public bool Follows => FollowNewest && Version is null;

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(Path))
            yield return "Path must name a folder.";
        if (string.IsNullOrWhiteSpace(Bundle))
            yield return "Bundle must name a bundle.";
        if (Version is { Length: 0 })
            yield return "Version must not be empty; leave it out for the newest.";
        if (PollInterval < TimeSpan.FromMilliseconds(100) || PollInterval > TimeSpan.FromHours(1))
            yield return $"PollInterval must be from 100 milliseconds to 1 hour, not {PollInterval}.";
    }
}
