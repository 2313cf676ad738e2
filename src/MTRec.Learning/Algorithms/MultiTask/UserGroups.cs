using MTRec.Export;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MultiTask;

/// <summary>
/// MFH's second facet, which users are alike; our choice: users in groups by the number of impressions that their history holds, from new
/// ones to regulars. The history itself tells, so that every caller's users have a group.
/// </summary>
/// <param name="bounds">Impressions from which on a user is of the next group, rising, the first above 0.</param>
internal sealed class UserGroups(IReadOnlyList<int> bounds)
{
    /// <summary>G, the number of groups.</summary>
    public int Count => bounds.Count + 1;

    /// <summary>1 where the user is of the group [G, B], else 0.</summary>
    /// <param name="impressions">Numbers of impressions [B].</param>
    public Tensor Of(Tensor impressions)
    {
        var reached = impressions.unsqueeze(0).ge(From()).to(ScalarType.Float32);
        return reached - cat([reached.narrow(0, 1, Count - 1), zeros_like(reached.narrow(0, 0, 1))], 0);
    }

    /// <summary>The same in a graph: [1] to [G, 1].</summary>
    public OnnxValue Of(OnnxGraph graph, OnnxValue impressions)
    {
        var reached = graph.Cast(graph.Greater(impressions, graph.Constant([.. Bounds()], Count, 1)), OnnxType.Float32);
        return reached - graph.Concat(0, graph.Slice(reached, 0, 1), graph.Constant([0f], 1, 1));
    }

    private Tensor From() => tensor([.. Bounds()], Count, 1);

    // Between two whole numbers, as the count comes through a logarithm.
    private IEnumerable<float> Bounds() => bounds.Prepend(0).Select(bound => bound - 0.5f);
}
