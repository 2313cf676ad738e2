namespace MTRec.Inference;

/// <summary>Runs a bundle on made-up requests and looks at the answers before any user sees one.</summary>
internal static class BundleProbe
{
    /// <summary>Every reason why the answers cannot be trusted, each naming the graph's file; none where they can.</summary>
    public static IReadOnlyList<string> Run(Bundle bundle)
    {
        using var inputs = new RankingInputs(bundle.Shape, 1);
        using var outputs = new RankingOutputs(bundle.Shape, 1);
        try
        {
            bundle.Scorer.Fuse(inputs, outputs, explain: true);
            return [];
        }
        catch (GraphFailedException e)
        {
            return [e.Message];
        }
    }
}
