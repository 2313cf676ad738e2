using MTRec.Learning.Environments;
using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>Lets a policy with exploration rank for an environment's users and writes what happened.</summary>
/// <param name="environment">The users.</param>
/// <param name="batch">Sessions side by side, 1 or more.</param>
/// <param name="perCandidate">Whether every candidate's action is drawn by itself, also around a policy that has one action a request.</param>
/// <param name="passedOver">M: candidates to keep of those that were not shown, less than there are; 0 for none.</param>
public sealed class LogCollector(IEnvironment environment, int batch = 512, bool perCandidate = false, int passedOver = 0)
{
    /// <summary>Collects whole sessions.</summary>
    /// <param name="policy">The policy that is explored around.</param>
    /// <param name="exploration">How its actions are drawn.</param>
    /// <param name="sessions">Number of sessions, 1 or more.</param>
    /// <param name="seed">Decides the users, their chance and the exploration.</param>
    /// <returns>The log; the caller disposes of it.</returns>
    public FusionLog Collect(IActionPolicy policy, Exploration exploration, int sessions, int seed)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var generator = new Generator(unchecked((ulong)((seed * 7919L) + 17)));
        var steps = new List<FusionLog>();
        for (var first = 0; first < sessions; first += batch)
            Sessions(policy, exploration, Math.Min(batch, sessions - first), first, seed + (first / batch * 1_000_003), generator, steps);
        return Ordered(steps, environment.Shape.MaximumSteps);
    }

    /// <summary>As BatchRL-MTF (arXiv 2208.04560) collected: some sessions Gaussian at random, others Gaussian around the policy, one log of both.</summary>
    /// <param name="policy">The policy that is explored around.</param>
    /// <param name="atRandom">Sessions at random, 1 or more.</param>
    /// <param name="around">Sessions around the policy, 1 or more.</param>
    /// <param name="seed">Decides the users, their chance and the exploration; the sessions around the policy have the next one.</param>
    /// <returns>The log; the caller disposes of it.</returns>
    public FusionLog CollectAtRandomAndAround(IActionPolicy policy, int atRandom, int around, int seed)
    {
        using var random = Collect(policy, new Exploration.AtRandom(), atRandom, seed);
        using var near = Collect(policy, new Exploration.Gaussian(), around, seed + 1);
        return FusionLog.Join([random, near]);
    }

    private void Sessions(IActionPolicy policy, Exploration exploration, int count, int first, int seed, Generator generator, List<FusionLog> steps)
    {
        var observation = environment.Reset(count, seed);
        for (var step = 0; step < environment.Shape.MaximumSteps && observation.Active.sum().item<float>() > 0; step++)
        {
            using var scope = NewDisposeScope();
            var baseline = policy.Act(observation);
            if (perCandidate)
                baseline = baseline.expand(-1, observation.TaskScores!.shape[1], -1);
            var (action, logDensity) = exploration.Draw(baseline, generator);
            var outcome = environment.Advance(policy.Actions.Fuse(action, observation.TaskScores!));
            var shown = outcome.Shown!;
            var rows = observation.Active.nonzero().squeeze(1);
            Tensor OfShown(Tensor x) => x.gather(1, shown.unsqueeze(-1).expand(-1, -1, x.shape[2])).index_select(0, rows);
            Tensor OfAction(Tensor x) => baseline.shape[1] > 1 ? OfShown(x) : x.index_select(0, rows);
            steps.Add(Keep(new FusionLog
            {
                State = observation.State.index_select(0, rows),
                Items = OfShown(observation.Candidates!),
                TaskScores = OfShown(observation.TaskScores!),
                Action = OfAction(action),
                Baseline = OfAction(baseline),
                LogDensity = OfAction(logDensity.unsqueeze(-1)).squeeze(-1),
                Rewards = outcome.Rewards.index_select(0, rows),
                ItemRewards = outcome.ItemRewards!.index_select(0, rows),
                Responses = outcome.Responses!.index_select(0, rows),
                Next = rows,
                Session = rows + first,
                Step = rows.full_like(step),
                LowerBound = full(baseline.shape[2], exploration.Lower),
                UpperBound = full(baseline.shape[2], exploration.Upper),
                PassedOver = passedOver == 0 ? null : Others(observation, baseline, shown, rows, generator),
            }));
            var seen = observation;
            observation = outcome.Next;
            foreach (var tensor in Tensors(observation))
                tensor.MoveToOuterDisposeScope();
            foreach (var tensor in Tensors(seen))
                tensor.Dispose();
        }
    }

    private PassedOver Others(Observation observation, Tensor baseline, Tensor shown, Tensor rows, Generator generator)
    {
        var (count, candidates) = (observation.TaskScores!.shape[0], observation.TaskScores.shape[1]);
        var lot = rand(count, candidates, generator: generator).scatter(1, shown, full_like(shown, -1, ScalarType.Float32));
        var others = lot.topk(passedOver, -1).indexes;
        Tensor Of(Tensor x) => x.gather(1, others.unsqueeze(-1).expand(-1, -1, x.shape[2])).index_select(0, rows);
        return new PassedOver(
            Of(observation.Candidates!),
            Of(observation.TaskScores),
            baseline.shape[1] == 1 ? baseline.index_select(0, rows) : Of(baseline),
            (candidates - shown.shape[1]) / (double)passedOver);
    }

    private static IEnumerable<Tensor> Tensors(Observation observation) =>
        new[] { observation.State, observation.Active, observation.TaskScores, observation.Candidates }.OfType<Tensor>();

    private static FusionLog Keep(FusionLog log) => log.Select(tensor => tensor.MoveToOuterDisposeScope());

    // The steps came from all sessions at once; a session's rows are to follow each other.
    private static FusionLog Ordered(List<FusionLog> steps, int maximumSteps)
    {
        var session = cat([.. steps.Select(step => step.Session)]);
        var step = cat([.. steps.Select(step => step.Step)]);
        var order = ((session * maximumSteps) + step).argsort();
        session = session.index_select(0, order);
        var rows = arange(session.shape[0], ScalarType.Int64);
        var follows = cat([session.narrow(0, 1, session.shape[0] - 1).eq(session.narrow(0, 0, session.shape[0] - 1)), zeros(1, ScalarType.Bool)]);
        var first = steps[0];
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
            Next = where(follows, rows + 1, rows.full_like(-1)),
            Session = session,
            Step = step.index_select(0, order),
            LowerBound = first.LowerBound,
            UpperBound = first.UpperBound,
            PassedOver = first.PassedOver is null ? null : new PassedOver(
                Column(log => log.PassedOver!.Items),
                Column(log => log.PassedOver!.TaskScores),
                Column(log => log.PassedOver!.Baseline),
                first.PassedOver.Weight),
        }.Select(tensor => tensor.DetachFromDisposeScope());

        Tensor Column(Func<FusionLog, Tensor> column) => cat([.. steps.Select(column)]).index_select(0, order);
    }
}
