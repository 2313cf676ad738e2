using System.Security.Cryptography;
using System.Text.Json;

namespace MTRec.Inference;

/// <summary>
/// The bundles under <c>root/name/version/</c>. Only reads. Folders whose name starts with a dot are a publisher's unfinished
/// work and are passed over. What is verified is remembered until a file of it changes. Thread safe.
/// </summary>
/// <param name="root">The registry's folder; it may be missing or empty.</param>
/// <param name="time">Says when files that could not be read are tried again; the system's clock where null.</param>
public sealed class BundleRegistry(string root, TimeProvider? time = null)
{
    /// <summary>How long a bundle is refused for a file that could not be read, which need not show in the file itself.</summary>
    public static readonly TimeSpan UnreadablePause = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>The registry's folder.</summary>
    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>
    /// All bundles by name, the newest version first, with what is known of them so far. Opens no graph: a manifest is read where it is
    /// new or a file beside it has changed.
    /// </summary>
    /// <exception cref="IOException">The registry cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The registry cannot be read.</exception>
    public IReadOnlyList<BundleListing> Scan()
    {
        var folders = Folders(Root).SelectMany(name => Folders(Path.Combine(Root, name)).Select(version => (name, version))).ToArray();
        lock (_gate)
        {
            var listings = folders.Select(folder => Look(folder.name, folder.version)).ToArray();
            foreach (var gone in _known.Keys.Except(listings.Select(listing => listing.Directory), StringComparer.Ordinal).ToArray())
                _known.Remove(gone);
            return
            [
                .. listings.OrderBy(listing => listing.Name, StringComparer.Ordinal)
                    .ThenByDescending(listing => listing.Created)
                    .ThenByDescending(listing => listing.Version, StringComparer.Ordinal),
            ];
        }
    }

    /// <summary>Loads and verifies a bundle, whatever is known of it.</summary>
    /// <param name="listing">The bundle.</param>
    /// <param name="afterStep">See <see cref="Bundle.Load"/>.</param>
    /// <exception cref="BundleRefusedException">It must not serve; this is remembered.</exception>
    public Bundle Open(BundleListing listing, Action? afterStep = null)
    {
        try
        {
            var bundle = Bundle.Load(listing.Directory, afterStep);
            string[] reasons =
            [
                .. bundle.Manifest.Name == listing.Name ? Array.Empty<string>() : [$"name: '{bundle.Manifest.Name}' lies in the folder '{listing.Name}'."],
                .. bundle.Manifest.Version == listing.Version ? Array.Empty<string>() : [$"version: '{bundle.Manifest.Version}' lies in the folder '{listing.Version}'."],
            ];
            if (reasons.Length > 0)
            {
                bundle.Dispose();
                throw new BundleRefusedException(listing.Directory, reasons);
            }

            Remember(listing, reasons);
            return bundle;
        }
        catch (BundleRefusedException e)
        {
            Remember(listing, e.Reasons, e.IsUnreadable ? _time.GetUtcNow() + UnreadablePause : DateTimeOffset.MaxValue);
            throw;
        }
    }

    /// <summary>Loads, verifies and closes a bundle of which nothing is known yet.</summary>
    /// <returns>Why it must not serve; none where it may.</returns>
    public IReadOnlyList<string> Verify(BundleListing listing)
    {
        if (listing.Reasons is { } reasons)
            return reasons;
        try
        {
            Open(listing).Dispose();
            return [];
        }
        catch (BundleRefusedException e)
        {
            return e.Reasons;
        }
    }

    /// <summary>Remembers that a bundle must not serve for a reason that only its user could find.</summary>
    public void Refuse(BundleListing listing, IReadOnlyList<string> reasons) => Remember(listing, reasons);

    private static IEnumerable<string> Folders(string parent) =>
        Directory.Exists(parent)
            ? Directory.EnumerateDirectories(parent).Select(folder => Path.GetFileName(folder)).Where(name => !name.StartsWith('.'))
            : [];

    private BundleListing Look(string name, string version)
    {
        var directory = Path.Combine(Root, name, version);
        var stamp = Stamp(directory);
        if (!_known.TryGetValue(directory, out var known) || known.Listing.Stamp != stamp)
        {
            var (created, digest) = ReadHead(directory);
            known = new Known(new BundleListing(name, version, directory, stamp, created, digest, null), DateTimeOffset.MaxValue);
        }
        else if (_time.GetUtcNow() >= known.Until)
        {
            known = new Known(known.Listing with { Reasons = null }, DateTimeOffset.MaxValue);
        }

        _known[directory] = known;
        return known.Listing;
    }

    private void Remember(BundleListing listing, IReadOnlyList<string> reasons) => Remember(listing, reasons, DateTimeOffset.MaxValue);

    private void Remember(BundleListing listing, IReadOnlyList<string> reasons, DateTimeOffset until)
    {
        lock (_gate)
            _known[listing.Directory] = new Known(listing with { Reasons = reasons }, until);
    }

    private static (DateTimeOffset? Created, string? Digest) ReadHead(string directory)
    {
        try
        {
            var manifest = BundleLoader.ReadManifest(directory, out var bytes);
            return (manifest.Created, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // Loading says so.
            return (null, null);
        }
    }

    private static string Stamp(string directory)
    {
        try
        {
            return string.Join('|', new DirectoryInfo(directory).EnumerateFileSystemInfos().OrderBy(file => file.Name, StringComparer.Ordinal)
                .Select(file => $"{file.Name}:{(file as FileInfo)?.Length}:{file.LastWriteTimeUtc.Ticks}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Removed meanwhile, or closed to us: loading says so.
            return e.Message;
        }
    }

    private sealed record Known(BundleListing Listing, DateTimeOffset Until);
}

/// <summary>One bundle of the registry.</summary>
/// <param name="Name">The bundle's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Directory">Its folder.</param>
/// <param name="Stamp">Changes with its files: their names, lengths and times.</param>
/// <param name="Created">When it was made; null where its manifest cannot be read.</param>
/// <param name="Digest">SHA-256 of its manifest, which holds those of the files: two bundles of one digest are the same. Null where it cannot be read.</param>
/// <param name="Reasons">Why it must not serve; none where it may; null where it is not verified yet.</param>
public sealed record BundleListing(
    string Name, string Version, string Directory, string Stamp, DateTimeOffset? Created, string? Digest, IReadOnlyList<string>? Reasons)
{
    /// <summary>Whether it was found that it must not serve.</summary>
    public bool IsRefused => Reasons is { Count: > 0 };
}
