namespace MTRec.Learning.Examples;

/// <summary>
/// Draws what each example knows: the user's features and the impressions from before the log are each withheld as a whole from a random
/// share of the examples, so that one model serves callers that have them and callers that do not.
/// </summary>
/// <param name="profileShare">Share of examples with the user's features, in [0, 1].</param>
/// <param name="earlierShare">Share of examples with the earlier impressions, in [0, 1].</param>
public sealed class ViewSampler(double profileShare, double earlierShare)
{
    /// <summary>One view an example.</summary>
    public ExampleView[] Draw(int count, Random random)
    {
        var views = new ExampleView[count];
        for (var i = 0; i < count; i++)
            views[i] = new ExampleView(random.NextDouble() < profileShare, random.NextDouble() < earlierShare);
        return views;
    }
}
