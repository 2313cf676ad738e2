using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Core.Safetensors;

namespace MTRec.Inference;

/// <summary>Compares an item table with its manifest: its tensors, and the features' ranges.</summary>
internal static class ItemTableCheck
{
    /// <summary>Every difference, each naming the file; of values outside their range, the first of each feature.</summary>
    public static IEnumerable<string> Run(ItemTable items, IReadOnlyList<FeatureDefinition> features, byte[] file, BundleFile described)
    {
        var tensors = SafetensorsFile.Parse(file).Tensors.Select(TensorShape.Of).ToArray();
        if (tensors.Length != described.Outputs.Count || !tensors.All(tensor => described.Outputs.Any(tensor.Matches)))
        {
            yield return $"{BundleLayout.Items}: its tensors are {string.Join(", ", tensors.AsEnumerable())}; "
                + $"the manifest says {string.Join(", ", described.Outputs)}.";
        }

        for (var i = 0; i < features.Count; i++)
        {
            var feature = features[i];
            var row = FirstOutside(items, i, feature);
            if (row >= 0)
            {
                yield return $"{BundleLayout.Items}: '{feature.Name}' of item '{items.Ids[row]}' is {items.Features(row)[i]}, "
                    + $"the manifest allows {(feature.Type == FeatureType.Categorical ? "codes" : "values")} in [{feature.Min}, {feature.Max}].";
            }
        }
    }

    private static int FirstOutside(ItemTable items, int column, FeatureDefinition feature)
    {
        for (var row = 0; row < items.Ids.Count; row++)
        {
            var value = items.Features(row)[column];
            if (!(value >= feature.Min && value <= feature.Max) || (feature.Type == FeatureType.Categorical && value != MathF.Floor(value)))
                return row;
        }

        return -1;
    }
}
