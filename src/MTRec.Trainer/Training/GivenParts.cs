using MTRec.Core.Bundles;
using MTRec.Export;
using MTRec.Inference;

namespace MTRec.Trainer.Training;

/// <summary>Parts of a published bundle, to publish them again as they are.</summary>
internal static class GivenParts
{
    /// <summary>A graph of a bundle; null where it has none of the name.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static OnnxGraph? Graph(this Bundle bundle, string file) =>
        bundle.Manifest.Files.ContainsKey(file) ? OnnxGraph.Read(File.ReadAllBytes(Path.Combine(bundle.Directory, file))) : null;

    /// <summary>All parts.</summary>
    /// <exception cref="IOException">One cannot be read.</exception>
    public static BundleParts Parts(this Bundle bundle) => new(
        bundle.Graph(BundleLayout.Policy)!,
        bundle.Graph(BundleLayout.MentalReward),
        bundle.Graph(BundleLayout.TaskScores),
        bundle.Manifest.Files.ContainsKey(BundleLayout.Items) ? bundle.Items : null);
}
