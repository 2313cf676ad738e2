using System.Globalization;
using MTRec.Core.Bundles;
using MTRec.Trainer.Worker.State;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>
/// The networks behind published versions, for the next cycle to go on from: <c>networks/VERSION.DELETIONS.safetensors</c> of the state, the latest few, so that after a
/// roll-back those of the version that serves again are there. Each deletion of a user ends the use of all: what they know of the user cannot be told apart.
/// </summary>
/// <param name="state">The state's folder.</param>
internal sealed class KeptNetworks(string state)
{
    private const int Most = 5;

    private readonly string _folder = Path.Combine(state, "networks");

    /// <summary>Those of a version that this algorithm has made; null where there are none.</summary>
    /// <param name="manifest">The version's.</param>
    /// <param name="algorithm">The algorithm.</param>
    /// <param name="deletions">Deletions of users so far; networks of before the latest are deleted.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public byte[]? Read(BundleManifest manifest, string algorithm, long deletions)
    {
        if (!Directory.Exists(_folder))
            return null;
        foreach (var other in Directory.EnumerateFiles(_folder).Where(path => !path.EndsWith(Ending(deletions), StringComparison.Ordinal)).ToArray())
            File.Delete(other);
        var path = PathOf(manifest, deletions);
        return manifest.Fusion.Algorithm == algorithm && File.Exists(path) ? File.ReadAllBytes(path) : null;
    }

    /// <summary>Keeps those of a version, before it is published.</summary>
    /// <param name="manifest">The version's.</param>
    /// <param name="networks">The networks; nothing is kept where null.</param>
    /// <param name="deletions">Deletions of users before the transitions were made that they learned from.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Write(BundleManifest manifest, byte[]? networks, long deletions)
    {
        if (networks is null)
            return;
        Directory.CreateDirectory(_folder);
        DurableFiles.Replace(PathOf(manifest, deletions), networks);
        foreach (var old in Directory.EnumerateFiles(_folder).OrderDescending(StringComparer.Ordinal).Skip(Most).ToArray())
            File.Delete(old);
    }

    /// <summary>Forgets all: columns of the state mean something else from now on.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Clear()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private string PathOf(BundleManifest manifest, long deletions) => Path.Combine(_folder, manifest.Version + Ending(deletions));

    private static string Ending(long deletions) => string.Create(CultureInfo.InvariantCulture, $".{deletions}.safetensors");
}
