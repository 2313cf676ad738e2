using MTRec.Core.Sessions;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Evaluation;

namespace MTRec.Trainer.Evaluation;

/// <summary>Shown items with a known watch time, each with the score of the policy that is evaluated: what MTF-GAUC is computed from.</summary>
internal sealed class ShownItems
{
    private readonly List<int> _users = [];
    private readonly List<float> _scores = [];
    private readonly List<float> _seconds = [];
    private readonly List<float> _rewards = [];

    /// <summary>Number of items.</summary>
    public int Count => _users.Count;

    /// <summary>
    /// A sample's reward, the weight in MTF-GAUC: watch time as a share of 400 seconds, and 1 for each reaction; 0 where the item was hated. Ours:
    /// the published weights are not known.
    /// </summary>
    public static float Reward(UserActions actions, float watchSeconds)
    {
        if ((actions & UserActions.Hate) != 0)
            return 0;
        var reactions = int.PopCount((int)(actions & (UserActions.Like | UserActionNames.StrongPositive)));
        return Math.Clamp(watchSeconds / (float)BehaviourTask.MaxWatchSeconds, 0, 1) + reactions;
    }

    /// <summary>Adds one.</summary>
    public void Add(int user, float score, UserActions actions, float watchSeconds)
    {
        _users.Add(user);
        _scores.Add(score);
        _seconds.Add(watchSeconds);
        _rewards.Add(Reward(actions, watchSeconds));
    }

    /// <summary>The MTF-GAUC.</summary>
    public Estimate MtfGauc(UserBootstrap bootstrap) => Learning.Evaluation.MtfGauc.ByUser([.. _scores], [.. _seconds], [.. _rewards], [.. _users], bootstrap);
}
