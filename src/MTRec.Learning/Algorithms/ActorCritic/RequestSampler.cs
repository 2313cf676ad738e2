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
    /// <param name="batchSize">b, 1 or more.</param>
    /// <param name="rewardWeights">Weight of each reward group; 1 each where null. Then scaled as <see cref="RewardScale"/> says.</param>
    /// <param name="seed">Decides the draws.</param>
    /// <param name="slice">The part of every batch that is given; all of it where left out.</param>
    /// <exception cref="ArgumentException">The log holds actions of single items, or the weights do not fit.</exception>
    public RequestSampler(FusionLog log, int batchSize, IReadOnlyList<float>? rewardWeights, int seed, BatchSlice? slice = null)
    {
        if (log.Action.shape[1] != 1)
            throw new ArgumentException("The learner needs one action a request; the log has one an item.", nameof(log));
        _weights = RewardScale.Weights(log, rewardWeights);
        _sampler = new TransitionSampler(log, batchSize, seed, slice);
    }

    /// <summary>The next batch.</summary>
    public RequestSteps Draw()
    {
        var batch = _sampler.Draw();
        return new RequestSteps(
            batch.State, batch.Action.squeeze(1), (batch.Rewards * _weights).sum(-1), batch.NextState, batch.Continues.squeeze(1));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sampler.Dispose();
        _weights.Dispose();
    }
}
