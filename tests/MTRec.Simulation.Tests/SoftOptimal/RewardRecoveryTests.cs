using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MentalReward.Choices;
using MTRec.Simulation.LongTermSatisfaction;
using MTRec.Simulation.SoftOptimal;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Simulation.Tests.SoftOptimal;

public sealed class RewardRecoveryTests
{
    private static readonly QrIqlOptions Anchored = QrIqlOptions.IqLearn with { AnchorSkip = true };

    [Fact]
    public void The_anchored_reward_is_nearer_to_the_truth_than_the_frequency_of_positive_responses()
    {
        set_num_threads(1);
        var fit = new ChoiceFit { Layers = 0, Steps = 600, LearningRate = 0.05 };
        using var recovery = new RewardRecovery(new TabularWorld { Moods = 4, Items = 5 }.Draw(1), tabular: true, 800, fit, 1);
        var recovered = recovery.Of(Anchored);
        Assert.True(recovered.Spearman > Math.Max(0.9, recovery.Frequency().Spearman), $"{recovered}");
        Assert.Equal(0, recovered.Bias, 0.2);
        Assert.Equal(0, recovered.Skip, 0.2);

        var session = recovery.Session(Anchored, 6, 2);
        Assert.Equal(6, session.Count);
        Assert.All(session, step => Assert.Contains(0.0, new[] { step.GivenTruth, step.OtherResponseTruth }));
        Assert.All(session, step => Assert.Equal(step.GivenTruth, step.Given, 0.8));
    }

    [Fact]
    public void Of_a_user_who_maximises_nothing_the_reward_tells_the_engagement()
    {
        set_num_threads(1);
        using var user = new Misspecification(new LongTermSatisfactionOptions { TimeBudget = 10 }, 200, new ChoiceFit { Steps = 300, Layers = 1 }, 1);
        var reward = user.Of(QrIqlOptions.IqLearn);

        // Clickbait engages more now: the reward rises with it, and so falls with the satisfaction that is left.
        Assert.InRange(reward.PredictedEngagement, 0.03, 0.5);
        Assert.InRange(reward.PredictedAfter, -1, -0.3);
    }
}
