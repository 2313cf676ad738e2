using MTRec.Learning.Evaluation;
using Xunit;

namespace MTRec.Learning.Tests.Evaluation;

public sealed class MtfGaucTests
{
    private static readonly float[] Scores = [3, 1, 2, 2, 1, 5, 4];
    private static readonly float[] Watch = [30, 5, 10, 60, 0, 20, 40];
    private static readonly float[] Rewards = [2, 1, 3, 4, 0, 1, 1];
    private static readonly int[] Users = [1, 1, 1, 8, 8, 9, 9];

    [Fact]
    public void It_weighs_samples_by_reward_and_users_by_their_samples()
    {
        // Users 1 and 8 have their one valid row on top. Watching for 10 seconds is not yet valid; user 9 has valid rows only.
        Assert.Equal(1, Value(Scores, 1), 12);

        // User 1: valid 3 (weight 2 + 1) against 5 (weight 1 + 1) and 2 (weight 3 + 1): only the first won, 2 of 6. User 8: won.
        Assert.Equal(((2.0 / 6 * 3) + (1.0 * 2)) / 5, Value([3, 1, 5, 2, 1, 5, 4], 1), 12);

        // Without the offset: 1 of 4, and the row of user 8 without reward has no weight, so that user 8 has no AUC.
        Assert.Equal(1.0 / 4, Value([3, 1, 5, 2, 1, 5, 4], 0), 12);
    }

    [Fact]
    public void Negative_weights_and_unequal_lengths_are_refused()
    {
        Assert.Throws<ArgumentException>(() => MtfGauc.ByUser([1, 2], [1, 20], [-2, 1], [1, 1], new UserBootstrap(1, 10)));
        Assert.Throws<ArgumentException>(() => MtfGauc.ByUser([1, 2], [float.NaN, 20], [1, 1], [1, 1], new UserBootstrap(1, 10)));
        Assert.Throws<ArgumentException>(() => MtfGauc.ByUser([1], [1, 20], [1, 1], [1, 1], new UserBootstrap(1, 10)));
    }

    private static double Value(float[] scores, float offset) => MtfGauc.ByUser(scores, Watch, Rewards, Users, new UserBootstrap(1, 10), offset).Value;
}
