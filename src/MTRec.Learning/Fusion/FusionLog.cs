using MTRec.Learning.Environments;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>
/// What a policy did and what followed, one row a step, as tensors: what all offline learners of fusion learn from. J is 1 where the request
/// had one action, L where every shown item had its own. Rows of a session follow each other.
/// </summary>
public sealed record FusionLog : IDisposable
{
    /// <summary>[N, S].</summary>
    public required Tensor State { get; init; }

    /// <summary>Features of the shown items [N, L, F].</summary>
    public required Tensor Items { get; init; }

    /// <summary>Task scores of the shown items [N, L, K], normalised to [0, 1].</summary>
    public required Tensor TaskScores { get; init; }

    /// <summary>The drawn action [N, J, A], each dimension in [-1, 1].</summary>
    public required Tensor Action { get; init; }

    /// <summary>The action of the policy that was explored around [N, J, A].</summary>
    public required Tensor Baseline { get; init; }

    /// <summary>Logarithm of the density with which <see cref="Action"/> was drawn [N, J]; NaN where it was not drawn.</summary>
    public required Tensor LogDensity { get; init; }

    /// <summary>[N, R]: sums over the list.</summary>
    public required Tensor Rewards { get; init; }

    /// <summary>[N, L, R].</summary>
    public required Tensor ItemRewards { get; init; }

    /// <summary>[N, L, responses], columns as <see cref="Environments.EnvironmentShape.Responses"/>.</summary>
    public required Tensor Responses { get; init; }

    /// <summary>[N] int64: the row of the same session's next step, -1 where the session ended.</summary>
    public required Tensor Next { get; init; }

    /// <summary>[N] int64: the session's number.</summary>
    public required Tensor Session { get; init; }

    /// <summary>[N] int64: the step within the session, from 0.</summary>
    public required Tensor Step { get; init; }

    /// <summary>Lowest deviation from <see cref="Baseline"/> that was explored, per dimension [A], at most 0.</summary>
    public required Tensor LowerBound { get; init; }

    /// <summary>Highest deviation likewise [A], at least 0.</summary>
    public required Tensor UpperBound { get; init; }

    /// <summary>Some of the candidates that were not shown, where they were kept.</summary>
    public PassedOver? PassedOver { get; init; }

    /// <summary>N.</summary>
    public long Count => State.shape[0];

    /// <summary>Joins logs of equal widths, one after the other; sessions are numbered on. The bounds are the widest of them.</summary>
    /// <returns>A log of its own; the caller disposes of it and of the parts.</returns>
    /// <exception cref="ArgumentException">There is no log.</exception>
    public static FusionLog Join(IReadOnlyList<FusionLog> logs)
    {
        if (logs.Count == 0)
            throw new ArgumentException("No log to join.", nameof(logs));
        using var scope = NewDisposeScope();
        long rows = 0, sessions = 0;
        var next = new List<Tensor>();
        var session = new List<Tensor>();
        foreach (var log in logs)
        {
            next.Add(where(log.Next.ge(0), log.Next + rows, log.Next));
            session.Add(log.Session + sessions);
            rows += log.Count;
            sessions += log.Session.max().item<long>() + 1;
        }

        return new FusionLog
        {
            State = Column(log => log.State),
            Items = Column(log => log.Items),
            TaskScores = Column(log => log.TaskScores),
            Action = Column(log => log.Action),
            Baseline = Column(log => log.Baseline),
            LogDensity = Column(log => log.LogDensity),
            Rewards = Column(log => log.Rewards),
            ItemRewards = Column(log => log.ItemRewards),
            Responses = Column(log => log.Responses),
            Next = cat(next),
            Session = cat(session),
            Step = Column(log => log.Step),
            LowerBound = stack(logs.Select(log => log.LowerBound)).amin([0L]),
            UpperBound = stack(logs.Select(log => log.UpperBound)).amax([0L]),
            PassedOver = logs.Any(log => log.PassedOver is null) ? null : new PassedOver(
                Column(log => log.PassedOver!.Items),
                Column(log => log.PassedOver!.TaskScores),
                Column(log => log.PassedOver!.Baseline),
                logs[0].PassedOver!.Weight),
        }.Select(tensor => tensor.DetachFromDisposeScope());

        Tensor Column(Func<FusionLog, Tensor> column) => cat([.. logs.Select(column)]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { State, Items, TaskScores, Action, Baseline, LogDensity, Rewards, ItemRewards, Responses, Next, Session, Step, LowerBound, UpperBound })
            tensor.Dispose();
        PassedOver?.Select(tensor =>
        {
            tensor.Dispose();
            return tensor;
        });
    }

    /// <summary>The same tensors, taken out of the current dispose scope: of a log that was made within one.</summary>
    public FusionLog Detached() => Select(tensor => tensor.DetachFromDisposeScope());

    /// <summary>Discounted sum of the rewards from each row to its session's end [N, R], owned by the current dispose scope.</summary>
    /// <param name="discount">gamma, in [0, 1].</param>
    public Tensor Returns(double discount)
    {
        var groups = (int)Rewards.shape[1];
        var (returns, next) = (Rewards.Floats(), Next.Longs());
        for (var row = next.Length - 1; row >= 0; row--)
        {
            for (var group = 0; group < groups && next[row] >= 0; group++)
                returns[(row * groups) + group] += (float)(discount * returns[(next[row] * groups) + group]);
        }

        return tensor(returns, next.Length, groups);
    }

    /// <summary>The same log as one that explored around <paramref name="policy"/>: older rounds of a progressive training beside the newest.</summary>
    /// <returns>A log of its own; the caller disposes of it and of this one.</returns>
    public FusionLog Around(IActionPolicy policy)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var passed = PassedOver is null ? null : PassedOver with { Baseline = Of(PassedOver.Items, PassedOver.TaskScores, PassedOver.Baseline.shape[1]) };
        return (this with { Baseline = Of(Items, TaskScores, Action.shape[1]), PassedOver = passed }).Select(tensor => tensor.clone().DetachFromDisposeScope());

        Tensor Of(Tensor items, Tensor scores, long actions)
        {
            const int Rows = 8192;
            var parts = new List<Tensor>();
            for (var row = 0L; row < Count; row += Rows)
            {
                using var inner = NewDisposeScope();
                var rows = Math.Min(Rows, Count - row);
                var observation = new Observation(State.narrow(0, row, rows), ones(rows), scores.narrow(0, row, rows), items.narrow(0, row, rows));
                parts.Add(policy.Act(observation).expand(-1, actions, -1).clone().MoveToOuterDisposeScope());
            }

            return cat(parts);
        }
    }

    /// <summary>Some rows, of sessions that are among them whole.</summary>
    /// <param name="rows">The rows, rising; one or more.</param>
    /// <returns>A log of its own; the caller disposes of it and of this one.</returns>
    public FusionLog At(IReadOnlyList<long> rows)
    {
        using var scope = NewDisposeScope();
        var places = rows.Index().ToDictionary(pair => pair.Item, pair => (long)pair.Index);
        var index = tensor(rows.ToArray());
        var next = Next.Longs();
        var (lower, upper) = (LowerBound.clone(), UpperBound.clone());
        return (Select(column => column.shape[0] == Count ? column.index_select(0, index) : column) with
        {
            Next = tensor(rows.Select(row => next[row] < 0 ? -1 : places[next[row]]).ToArray()),
            LowerBound = lower,
            UpperBound = upper,
        }).Detached();
    }

    // The same log with every tensor mapped.
    internal FusionLog Select(Func<Tensor, Tensor> map) => this with
    {
        State = map(State),
        Items = map(Items),
        TaskScores = map(TaskScores),
        Action = map(Action),
        Baseline = map(Baseline),
        LogDensity = map(LogDensity),
        Rewards = map(Rewards),
        ItemRewards = map(ItemRewards),
        Responses = map(Responses),
        Next = map(Next),
        Session = map(Session),
        Step = map(Step),
        LowerBound = map(LowerBound),
        UpperBound = map(UpperBound),
        PassedOver = PassedOver?.Select(map),
    };
}

/// <summary>Candidates that a request had and did not show, drawn evenly among them.</summary>
/// <param name="Items">[N, M, F].</param>
/// <param name="TaskScores">[N, M, K], normalised to [0, 1].</param>
/// <param name="Baseline">The action of the policy that was explored around [N, M, A], or [N, 1, A] where the request had one.</param>
/// <param name="Weight">How many of the request's candidates each stands for, 1 or more.</param>
public sealed record PassedOver(Tensor Items, Tensor TaskScores, Tensor Baseline, double Weight)
{
    internal PassedOver Select(Func<Tensor, Tensor> map) => this with { Items = map(Items), TaskScores = map(TaskScores), Baseline = map(Baseline) };
}
