using MTRec.Export;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MultiTask;

/// <summary>
/// The part of an upstream model that tells the tasks apart: the backbone's halves and the number of impressions in the history [B] to
/// logits [B, K].
/// </summary>
/// <param name="name">The module's name.</param>
public abstract class TaskExperts(string name) : nn.Module<BackboneHalves, Tensor, Tensor>(name)
{
    /// <summary>The same in a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="name">Prefix of its constants.</param>
    /// <param name="user">The user half [1, user], whose last column tells the number of impressions, see <see cref="Backbone.UserWidth"/>.</param>
    /// <param name="item">The item half [N, item].</param>
    /// <returns>Logits [N, K].</returns>
    public abstract OnnxValue Export(OnnxGraph graph, string name, OnnxValue user, OnnxValue item);
}

/// <summary>Which experts an upstream model has.</summary>
public abstract record TaskExpertsOptions
{
    /// <summary>The algorithm's name, as the command line and manifests have it.</summary>
    public abstract string Algorithm { get; }

    /// <summary>Makes the experts.</summary>
    /// <param name="userWidth">Columns of the user half.</param>
    /// <param name="itemWidth">Columns of the item half.</param>
    /// <param name="logits">Where each task's output starts [K]: the logit of its mean.</param>
    public abstract TaskExperts Create(int userWidth, int itemWidth, float[] logits);
}
