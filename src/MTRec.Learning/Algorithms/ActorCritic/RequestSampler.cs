using MTRec.Learning.Distributed;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.ActorCritic;

/// <summary>Steps of a log as learners of one action a request see them; owned by the scope that drew them.</summary>
/// <param name="State">s [b, S].</param>
/// <param name="Action">a [b, A].</param>
/// <param name="Reward">r [b], all groups together.</param>
/// <param name="NextState">s' [b, S]; means nothing where the session ended.</param>
/// <param name="Continues">[b]: 1 where the session went on, 0 where it ended.</param>
public readonly record struct RequestSteps(Tensor State, Tensor Action, Tensor Reward, Tensor NextState, Tensor Continues);

/// <summary>Draws <see cref="RequestSteps"/> of a log evenly, with replacement.</summary>
public sealed class RequestSampler : IDisposable
{
    private readonly TransitionSampler _sampler;
    private readonly Tensor _weights;

    /// <summary>Prepares the draws.</summary>
    /// <param name="log">The log; it must outlive the sampler.</param>
    /// <param name="rewardWeights">Weight of each reward group; 1 each where null. Then scaled as <see cref="RewardScale"/> says.</param>
    /// <param name="seed">Decides the draws.</param>
    /// <exception cref="ArgumentException">The log holds actions of single items, or the weights do not fit.</exception>
    public RequestSampler(FusionLog log, IReadOnlyList<float>? rewardWeights, int seed)
    {
        if (log.Action.shape[1] != 1)
            throw new ArgumentException("The learner needs one action a request; the log has one an item.", nameof(log));
        _weights = RewardScale.Weights(log, rewardWeights);
        _sampler = new TransitionSampler(log, seed);
    }

    /// <summary>Slices of the next batch.</summary>
    /// <param name="slices">Which, 1 or more of one batch.</param>
    public IReadOnlyList<RequestSteps> Draw(IReadOnlyList<BatchSlice> slices) => [.. _sampler.Draw(slices).Select(Steps)];

    /// <inheritdoc/>
    public void Dispose()
    {
        _sampler.Dispose();
        _weights.Dispose();
    }

    private RequestSteps Steps(TransitionBatch batch) =>
        new(batch.State, batch.Action.squeeze(1), (batch.Rewards * _weights).sum(-1), batch.NextState, batch.Continues.squeeze(1));
}
