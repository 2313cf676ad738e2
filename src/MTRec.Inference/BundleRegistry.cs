using System.Text.Json;

namespace MTRec.Inference;

/// <summary>
/// The bundles under <c>root/name/version/</c>. Only reads. Folders whose name starts with a dot are a publisher's unfinished
/// work and are passed over.
/// </summary>
/// <param name="root">The registry's folder; it may be missing or empty.</param>
public sealed class BundleRegistry(string root)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Stamp, BundleListing Listing)> _verified = new(StringComparer.Ordinal);

    /// <summary>The registry's folder.</summary>
    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>
    /// All bundles by name, the newest version first, those that must not serve with the reasons. Each is verified in full when
    /// it is first seen and again when a file of it has changed.
    /// </summary>
    public IReadOnlyList<BundleListing> List() =>
    [
        .. Folders(Root).SelectMany(name => Folders(Path.Combine(Root, name)).Select(version => Verify(name, version)))
            .OrderBy(listing => listing.Name, StringComparer.Ordinal)
            .ThenByDescending(listing => listing.Created)
            .ThenByDescending(listing => listing.Version, StringComparer.Ordinal),
    ];

    /// <summary>The newest bundle of a name that may serve, or null.</summary>
    public BundleListing? Latest(string name) => List().FirstOrDefault(listing => listing.Name == name && listing.Reasons.Count == 0);

    /// <summary>The bundle of that name and version, or null.</summary>
    public BundleListing? Find(string name, string version) =>
        List().FirstOrDefault(listing => listing.Name == name && listing.Version == version);

    private static IEnumerable<string> Folders(string parent) =>
        Directory.Exists(parent)
            ? Directory.EnumerateDirectories(parent).Select(folder => Path.GetFileName(folder)).Where(name => !name.StartsWith('.'))
            : [];

    private BundleListing Verify(string name, string version)
    {
        var directory = Path.Combine(Root, name, version);
        lock (_gate)
        {
            var stamp = Stamp(directory);
            if (_verified.TryGetValue(directory, out var known) && known.Stamp == stamp)
                return known.Listing;
            var listing = Load(name, version, directory);
            _verified[directory] = (stamp, listing);
            return listing;
        }
    }

    private static BundleListing Load(string name, string version, string directory)
    {
        try
        {
            using var bundle = Bundle.Load(directory);
            string[] reasons =
            [
                .. bundle.Manifest.Name == name ? Array.Empty<string>() : [$"name: '{bundle.Manifest.Name}' lies in the folder '{name}'."],
                .. bundle.Manifest.Version == version ? Array.Empty<string>() : [$"version: '{bundle.Manifest.Version}' lies in the folder '{version}'."],
            ];
            return new BundleListing(name, version, directory, bundle.Manifest.Created, reasons);
        }
        catch (BundleRefusedException e)
        {
            return new BundleListing(name, version, directory, CreatedOf(directory), e.Reasons);
        }
    }

    private static DateTimeOffset? CreatedOf(string directory)
    {
        try
        {
            return BundleLoader.ReadManifest(directory).Created;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static string Stamp(string directory)
    {
        try
        {
            return string.Join('|', new DirectoryInfo(directory).EnumerateFileSystemInfos().OrderBy(file => file.Name, StringComparer.Ordinal)
                .Select(file => $"{file.Name}:{(file as FileInfo)?.Length}:{file.LastWriteTimeUtc.Ticks}"));
        }
        catch (IOException e)
        {
            // Removed meanwhile: loading says so.
            return e.Message;
        }
    }
}

/// <summary>One bundle of the registry.</summary>
/// <param name="Name">The bundle's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Directory">Its folder, for <see cref="Bundle.Load"/>.</param>
/// <param name="Created">When it was made; null where its manifest cannot be read.</param>
/// <param name="Reasons">Why it must not serve; none where it may.</param>
public sealed record BundleListing(string Name, string Version, string Directory, DateTimeOffset? Created, IReadOnlyList<string> Reasons);
