using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Evaluation.OffPolicy;

/// <summary>Steps of sessions as <see cref="FittedQEvaluation"/> and <see cref="SessionEstimators"/> read them: one action and one reward a row.</summary>
public sealed class TransitionLog : IDisposable
{
    /// <summary>Takes tensors, which it owns from then on.</summary>
    /// <param name="state">[N, S].</param>
    /// <param name="action">[N, A].</param>
    /// <param name="reward">[N].</param>
    /// <param name="logDensity">Logarithm of the density with which the action was drawn [N]; NaN where it was not.</param>
    /// <param name="next">The row of the same session's next step [N] int64, -1 where the session ended.</param>
    /// <param name="session">[N] int64.</param>
    /// <param name="step">The step within the session, from 0 [N] int64.</param>
    /// <exception cref="UnusableLogException">A state, action or reward is not finite.</exception>
    public TransitionLog(Tensor state, Tensor action, Tensor reward, Tensor logDensity, Tensor next, Tensor session, Tensor step)
    {
        CheckFinite("state", state);
        CheckFinite("action", action);
        CheckFinite("reward", reward);
        (State, Action, Reward, LogDensity, Next, Session, Step) = (state, action, reward, logDensity, next, session, step);
        foreach (var tensor in All)
            tensor.DetachFromDisposeScope();
    }

    /// <summary>[N, S].</summary>
    public Tensor State { get; }

    /// <summary>[N, A].</summary>
    public Tensor Action { get; }

    /// <summary>[N].</summary>
    public Tensor Reward { get; }

    /// <summary>[N].</summary>
    public Tensor LogDensity { get; }

    /// <summary>[N] int64.</summary>
    public Tensor Next { get; }

    /// <summary>[N] int64.</summary>
    public Tensor Session { get; }

    /// <summary>[N] int64.</summary>
    public Tensor Step { get; }

    /// <summary>N.</summary>
    public long Count => State.shape[0];

    private IEnumerable<Tensor> All => [State, Action, Reward, LogDensity, Next, Session, Step];

    /// <summary>Copies a log of requests with one action each.</summary>
    /// <param name="log">The log; J is 1.</param>
    /// <param name="rewardWeights">Weight of each reward group [R]; the reward is their weighted sum.</param>
    /// <exception cref="ArgumentException">Items have actions of their own, or the weights do not fit.</exception>
    /// <exception cref="UnusableLogException">A state, action or reward is not finite.</exception>
    public static TransitionLog Of(FusionLog log, IReadOnlyList<float> rewardWeights)
    {
        if (log.Action.shape[1] != 1)
            throw new ArgumentException("Items have actions of their own; their policy chooses by more than the state.", nameof(log));
        if (log.Rewards.shape[1] != rewardWeights.Count)
            throw new ArgumentException($"{rewardWeights.Count} weights for {log.Rewards.shape[1]} rewards.", nameof(rewardWeights));
        using var scope = NewDisposeScope();
        return new TransitionLog(
            log.State.clone(),
            log.Action.squeeze(1).clone(),
            (log.Rewards * tensor(rewardWeights.ToArray())).sum(1L),
            log.LogDensity.squeeze(1).clone(),
            log.Next.clone(),
            log.Session.clone(),
            log.Step.clone());
    }

    /// <summary>The mean discounted return a session of the policy that logged.</summary>
    public double MeanReturn(double discount)
    {
        using var scope = NewDisposeScope();
        var returns = (Reward * full_like(Reward, discount).pow(Step)).sum().item<float>();
        return returns / Math.Max(1, Step.eq(0).sum().item<long>());
    }

    /// <summary>The sessions as importance-weighted estimators read them, each session a user of its own.</summary>
    /// <param name="evaluatedLogDensity">Logarithm of the evaluated policy's density of every logged action [N].</param>
    /// <exception cref="UnusableLogException">A density is missing (the action was not drawn) or no number.</exception>
    public SessionLog Sessions(ReadOnlySpan<double> evaluatedLogDensity)
    {
        var sessions = Session.Longs();
        return new SessionLog(
            Array.ConvertAll(sessions, session => (int)session),
            sessions,
            Array.ConvertAll(Reward.Floats(), reward => (double)reward),
            ImportanceRatios.OfLogs(Array.ConvertAll(LogDensity.Floats(), density => (double)density), evaluatedLogDensity));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in All)
            tensor.Dispose();
    }

    private static void CheckFinite(string field, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var bad = tensor.isfinite().logical_not();
        if (!bad.any().item<bool>())
            return;
        var place = bad.reshape(-1).to(ScalarType.Int64).argmax().item<long>();
        throw new UnusableLogException(field, place / (tensor.numel() / tensor.shape[0]), "is not finite");
    }
}
