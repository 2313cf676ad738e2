using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>Responses to the two reward groups: watch time and the other behaviours.</summary>
/// <param name="WatchScale">Seconds that are a reward of 1.</param>
/// <param name="Behaviours">Reward of click, long view, like, strong positive, hate; hate's is negative.</param>
public sealed record KuaiRandRewards(double WatchScale, IReadOnlyList<float> Behaviours)
{
    /// <summary>Names of the groups.</summary>
    public static readonly string[] Names = ["watchTime", "behaviours"];

    /// <summary>Rewards [.., 2] of responses [.., responses], drawn or expected.</summary>
    public Tensor Of(Tensor responses)
    {
        var behaviours = (responses.narrow(-1, 0, Behaviours.Count) * tensor([.. Behaviours])).sum(-1L, keepdim: true);
        return cat([responses.narrow(-1, Behaviours.Count, 1) * (1 / WatchScale), behaviours], -1);
    }
}
