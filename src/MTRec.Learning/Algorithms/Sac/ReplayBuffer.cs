using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Sac;

/// <summary>Steps of sessions, the newest in the place of the oldest when it is full.</summary>
internal sealed class ReplayBuffer : IDisposable
{
    private readonly Tensor _state;
    private readonly Tensor _action;
    private readonly Tensor _reward;
    private readonly Tensor _next;
    private readonly Tensor _ended;
    private long _written;

    public ReplayBuffer(int capacity, int stateWidth, int actionWidth)
    {
        Capacity = capacity;
        _state = zeros(capacity, stateWidth).DetachFromDisposeScope();
        _action = zeros(capacity, actionWidth).DetachFromDisposeScope();
        _reward = zeros(capacity).DetachFromDisposeScope();
        _next = zeros(capacity, stateWidth).DetachFromDisposeScope();
        _ended = zeros(capacity).DetachFromDisposeScope();
    }

    public int Capacity { get; }

    public long Count => Math.Min(_written, Capacity);

    /// <summary>Takes the given rows of a step.</summary>
    /// <param name="rows">Int64 [rows].</param>
    /// <param name="step">All sessions' step [B, ...].</param>
    public void Add(Tensor rows, Replayed step)
    {
        var places = (arange(rows.shape[0], ScalarType.Int64) + _written).remainder(Capacity);
        _state.index_copy_(0, places, step.State.index_select(0, rows));
        _action.index_copy_(0, places, step.Action.index_select(0, rows));
        _reward.index_copy_(0, places, step.Reward.index_select(0, rows));
        _next.index_copy_(0, places, step.Next.index_select(0, rows));
        _ended.index_copy_(0, places, step.Ended.index_select(0, rows));
        _written += rows.shape[0];
    }

    /// <summary>Steps drawn evenly, with replacement.</summary>
    public Replayed Draw(int size)
    {
        var rows = randint(0, Count, [size], dtype: ScalarType.Int64);
        return new Replayed(
            _state.index_select(0, rows), _action.index_select(0, rows), _reward.index_select(0, rows), _next.index_select(0, rows), _ended.index_select(0, rows));
    }

    public void Dispose()
    {
        _state.Dispose();
        _action.Dispose();
        _reward.Dispose();
        _next.Dispose();
        _ended.Dispose();
    }
}

/// <summary>Steps, one a row: s [B, S], a [B, A], r [B], s' [B, S] and whether the session ended [B].</summary>
internal sealed record Replayed(Tensor State, Tensor Action, Tensor Reward, Tensor Next, Tensor Ended);
