using MTRec.Core.Blending;
using MTRec.Core.Bundles;

namespace MTRec.Serving.Experiments;

/// <summary>A weighted sum of normalised task scores in place of the bundle's policy.</summary>
internal sealed class FixedFusion
{
    /// <summary>Weights by the bundle's task names, finite; a task that is not named has weight 0. At least one is not 0.</summary>
    public Dictionary<string, double> Weights { get; set; } = [];

    /// <summary>Mean of the weighted sum on past requests, finite: blending standardises by it. Default that of the bundle's fallback weights.</summary>
    public double? Mean { get; set; }

    /// <summary>Standard deviation of the weighted sum on past requests, above 0. Default that of the bundle's fallback weights.</summary>
    public double? Deviation { get; set; }

    /// <summary>Every fault.</summary>
    public IEnumerable<string> Faults()
    {
        if (!Weights.Values.Any(weight => weight != 0))
            yield return "Weights must hold at least one that is not 0.";
        foreach (var (task, weight) in Weights.Where(pair => !float.IsFinite((float)pair.Value)))
            yield return $"Weights:{task} must be finite, not {weight}.";
        if (Mean is { } mean && !double.IsFinite(mean))
            yield return $"Mean must be finite, not {mean}.";
        if (Deviation is { } deviation && !(double.IsFinite(deviation) && deviation > 0))
            yield return $"Deviation must be finite and above 0, not {deviation}.";
    }

    /// <summary>The weights [tasks] in the bundle's order, or null where the bundle lacks a task that they name.</summary>
    public float[]? For(BundleManifest manifest)
    {
        var weights = new float[manifest.Tasks.Count];
        var found = 0;
        for (var task = 0; task < weights.Length; task++)
        {
            if (!Weights.TryGetValue(manifest.Tasks[task].Name, out var weight))
                continue;
            weights[task] = (float)weight;
            found++;
        }

        return found == Weights.Count ? weights : null;
    }

    /// <summary>Mean and deviation of the weighted sum.</summary>
    public Standardiser Standardiser(BundleManifest manifest) =>
        new(Mean ?? manifest.Fallback.Standardiser.Mean, Deviation ?? manifest.Fallback.Standardiser.Deviation);
}
