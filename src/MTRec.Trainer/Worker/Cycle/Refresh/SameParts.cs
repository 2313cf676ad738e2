using MTRec.Core.Bundles;
using MTRec.Core.Events;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.Worker.Cycle.Refresh;

/// <summary>Tells which exposures were ranked by the same parts as a bundle has, whatever its policy.</summary>
/// <param name="registry">The registry's folder.</param>
/// <param name="bundle">The bundle.</param>
internal sealed class SameParts(string registry, BundleManifest bundle)
{
    private readonly RankedBy _bundles = new(registry);
    private readonly Dictionary<(string Bundle, string File), bool> _known = [];

    /// <summary>Whether both the task scores and the mental reward are the same.</summary>
    public bool Both(ExposureEvent exposure) => Holds(exposure, BundleLayout.TaskScores) && Holds(exposure, BundleLayout.MentalReward);

    /// <summary>Whether a file is the same.</summary>
    public bool Holds(ExposureEvent exposure, string file)
    {
        var key = (exposure.Bundle, file);
        if (!_known.TryGetValue(key, out var same))
            _known.Add(key, same = _bundles.Manifest(exposure.Bundle) is { } other && Hash(other, file) == Hash(bundle, file));
        return same;
    }

    private static string? Hash(BundleManifest manifest, string file) => manifest.Files.TryGetValue(file, out var entry) ? entry.Sha256 : null;
}
