using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms.Fusion;

/// <summary>
/// Sessions of two steps whose best actions are known. The first state is (1, 0); its action's first dimension x leads to the state (0, x) and
/// gives nothing. There the reward is -(x - 0.4)^2 - (y + 0.3)^2, y the second dimension of the second action. So the best first action has
/// x = 0.4, which only the second step's reward tells, and the best second action y = -0.3.
/// </summary>
internal static class TwoStepLog
{
    public const double BestX = 0.4;
    public const double BestY = -0.3;

    public static FusionActions Actions { get; } = new(
        new FusionSection(FusionFormula.WeightedSum, "test", [new ActionDimension("click.weight", -1, 1), new ActionDimension("like.weight", -1, 1)]), 2);

    public static Tensor First => tensor(new float[,] { { 1, 0 } });

    public static Tensor Second => tensor(new float[,] { { 0, (float)BestX } });

    /// <summary>A log whose actions are even within [-reach, reach].</summary>
    public static FusionLog Of(int sessions, double reach = 1, int seed = 5)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var action = ((rand([sessions, 2, 1, 2], generator: generator) * 2) - 1) * reach;
        var x = action.select(1, 0).select(-1, 0).squeeze(-1);
        var y = action.select(1, 1).select(-1, 1).squeeze(-1);
        var second = -(x - BestX).square() - (y - BestY).square();
        var none = zeros(sessions);
        var state = stack([stack([none + 1, none], -1), stack([none, x], -1)], 1);
        var rows = arange(2 * sessions, ScalarType.Int64);
        var rewards = stack([none, second], 1).reshape(-1, 1);
        return new FusionLog
        {
            State = state.reshape(-1, 2),
            Items = zeros(2 * sessions, 1, 1),
            TaskScores = zeros(2 * sessions, 1, 2),
            Action = action.reshape(-1, 1, 2),
            Baseline = zeros(2 * sessions, 1, 2),
            LogDensity = zeros(2 * sessions, 1),
            Rewards = rewards,
            ItemRewards = rewards.unsqueeze(1),
            Responses = zeros(2 * sessions, 1, 0),
            Next = where(rows.remainder(2).eq(0), rows + 1, full_like(rows, -1)),
            Session = rows.div(2, RoundingMode.floor),
            Step = rows.remainder(2),
            LowerBound = full(2, (float)-reach),
            UpperBound = full(2, (float)reach),
        }.Select(tensor => tensor.DetachFromDisposeScope());
    }
}
