using MTRec.Core.Features;
using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>
/// Users of KuaiRand with fitted responses, one sitting a session: context stays, the clock runs by what is watched. Each step shows the L best
/// of n drawn candidates; the responses to a list's items are drawn given the history before the list.
/// </summary>
/// <remarks>
/// The satisfaction, which decides when users leave, takes the mean reward of a list's items and is hidden from the state. Rewards are sums over
/// the list. The history is what the service would hold of the same events, and states and candidates are made of it by
/// <see cref="FusionState"/> alone. A response model is a law of what users did given their history under the log's own policy: how users would
/// change under another policy it cannot know.
/// </remarks>
public sealed class KuaiRandEnvironment : IEnvironment
{
    private readonly KuaiRandWorld _world;
    private readonly SessionStarts _starts;
    private readonly ResponseModel _responses;
    private readonly KuaiRandSessionOptions _options;
    private Generator? _chance;
    private SessionBatch? _sessions;
    private Observation? _observed;
    private float[] _startSatisfaction = [];
    private long[] _startMoments = [];

    internal KuaiRandEnvironment(string name, KuaiRandWorld world, SessionStarts starts, ResponseModel responses, KuaiRandSessionOptions options)
    {
        _world = world;
        _starts = starts;
        _responses = responses;
        _options = options;
        Shape = new EnvironmentShape(name, world.State.StateWidth, options.Candidates, KuaiRandRewards.Names, options.MaximumSteps)
        {
            Tasks = world.Tasks,
            Candidates = options.Candidates,
            CandidateWidth = world.State.CandidateWidth,
            ListSize = options.ListSize,
            Responses = ResponseLayout.Names,
        };
    }

    /// <inheritdoc/>
    public EnvironmentShape Shape { get; }

    /// <summary>The users that sessions are of.</summary>
    public IReadOnlySet<string> Users => _starts.Users.ToHashSet(StringComparer.Ordinal);

    /// <summary>Ids of the sessions' users [B].</summary>
    public IReadOnlyList<string> SessionUsers => Sessions.UserIds;

    /// <summary>Hidden satisfaction [B], for studies; a copy that the current dispose scope owns.</summary>
    public Tensor Satisfaction => Sessions.Satisfaction.clone();

    /// <summary>The service's inputs of the current step: context [B, C], user [B, U], history [B, H, W], candidates [B, n, 1 + I].</summary>
    public (Tensor Context, Tensor User, Tensor History, Tensor Candidates) Inputs =>
        (Sessions.Context.clone(), Sessions.User.clone(), Sessions.History.clone(), _world.Pool.Rows(Sessions.Places));

    /// <summary>Ids of the current candidates [B][n].</summary>
    public string[][] CandidateIds()
    {
        using var scope = NewDisposeScope();
        var places = Sessions.Places.Longs();
        return [.. places.Chunk(_options.Candidates).Select(row => Array.ConvertAll(row, place => _world.Pool.Ids[(int)place]))];
    }

    /// <summary>
    /// The moments of the current step [B], in milliseconds since the Unix epoch.
    /// </summary>
    public long[] Moments()
    {
        using var scope = NewDisposeScope();
        return Sessions.Now.Longs();
    }

    private Observation Observed => _observed!;

    private SessionBatch Sessions => _sessions ?? throw new InvalidOperationException("The environment has not been reset.");

    /// <inheritdoc/>
    public Observation Reset(int sessions, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sessions, 1);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        _chance?.Dispose();
        _chance = new Generator((ulong)seed);
        var start = _starts.Draw(sessions, seed);
        var next = new SessionBatch
        {
            UserIds = start.UserIds,
            Context = start.Context,
            User = start.User,
            UpstreamHalf = _world.Upstream.UserHalf(start.Context, start.User).unsqueeze(1),
            History = start.History,
            Times = start.Times,
            Now = start.Now,
            Satisfaction = (start.PlaySeconds * (1 / _world.StartScale)).clamp_min(_options.LowestStart),
            Active = ones(sessions),
            Views = zeros(sessions),
            Places = _world.Pool.Draw(Chance(sessions, _options.Candidates)),
        };
        _startSatisfaction = next.Satisfaction.Floats();
        _startMoments = next.Now.Longs();
        Keep(next, Observe(next));
        return Outwards(Copy(Observed));
    }

    /// <summary>
    /// The same users come back for another session: in the mood and the context in which they began, with what they have seen since in their
    /// history.
    /// </summary>
    /// <param name="seed">Decides all chance of the session.</param>
    /// <param name="later">Time since the first session began. A session that has lasted longer than that is followed at once.</param>
    /// <returns>The first states.</returns>
    public Observation Return(int seed, TimeSpan later)
    {
        var sessions = Sessions;
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        _chance?.Dispose();
        _chance = new Generator((ulong)seed);
        var count = sessions.UserIds.Count;
        var now = maximum(tensor(_startMoments) + (long)later.TotalMilliseconds, sessions.Now);
        var history = sessions.History.clone();
        Age(history, sessions.Times, now);
        var next = sessions with
        {
            History = history,
            Now = now,
            Satisfaction = tensor(_startSatisfaction),
            Active = ones(count),
            Views = zeros(count),
            Places = _world.Pool.Draw(Chance(count, _options.Candidates)),
        };
        Keep(next, Observe(next));
        return Outwards(Copy(Observed));
    }

    /// <summary>Ends sessions in which nothing was shown.</summary>
    /// <param name="places">The sessions' places in the batch.</param>
    public void Leave(IReadOnlyCollection<int> places)
    {
        if (places.Count == 0)
            return;
        var sessions = Sessions;
        using var scope = NewDisposeScope();
        var active = sessions.Active.index_fill(0, tensor([.. places.Select(place => (long)place)]), 0);
        Keep(sessions with { Active = active }, Copy(Observed) with { Active = active.clone() });
    }

    /// <summary>
    /// Names of the actions [B][L][] on the items that were shown last. They tell which strong positive it was; of sessions that have ended
    /// earlier they are those of the session's end.
    /// </summary>
    public string[][][] LastActions()
    {
        var names = _world.Actions.Names;
        var length = Sessions.History.shape[1];
        var list = _options.ListSize;
        using var scope = NewDisposeScope();
        var done = Sessions.History.narrow(1, length - list, list).narrow(2, HistoryLayout.ActionStart, names.Count).Floats();
        return [.. done.Chunk(list * names.Count).Select(session => session.Chunk(names.Count)
            .Select(item => names.Where((_, action) => item[action] == 1).ToArray()).ToArray())];
    }

    /// <inheritdoc/>
    public Outcome Advance(Tensor action)
    {
        var sessions = Sessions;
        var count = sessions.Active.shape[0];
        if (!action.shape.SequenceEqual([count, _options.Candidates]))
            throw new ArgumentException($"The action is [{string.Join(", ", action.shape)}], not [{count}, {_options.Candidates}].", nameof(action));
        using var quiet = no_grad();
        using var scope = NewDisposeScope();

        // Chance is drawn for all, so that it does not depend on who is still there; what follows is computed for those alone.
        var rows = sessions.Active.nonzero().squeeze(1);
        var chance = Chance(count, _options.ListSize, ResponseModel.Chances + 1).index_select(0, rows);
        var candidateChance = Chance(count, _options.Candidates).index_select(0, rows);
        if (rows.shape[0] == 0)
            return Nothing(count);
        var here = sessions.At(rows);

        var shown = Best(action.detach().index_select(0, rows));
        var items = _world.Pool.Rows(here.Places.gather(1, shown));
        var distribution = _responses.Predict(here.Context, here.User, here.History, items);
        var responses = distribution.Draw(chance);
        var itemRewards = _world.Rewards.Of(_options.ExpectedRewards ? distribution.Expected() : responses);

        var watched = itemRewards.select(-1, 0).mean([1L]);
        var satisfaction = (here.Satisfaction * _options.Persistence) + (watched * (1 - _options.Persistence));
        var views = here.Views + _options.ListSize;
        var ended = satisfaction.lt(_options.LeaveBelow).logical_or(views.ge(_options.MaximumViews)).to(ScalarType.Float32);
        var (history, times, now) = Remember(here, items, responses, chance.select(-1, ResponseModel.Chances));
        var next = here with
        {
            History = history,
            Times = times,
            Now = now,
            Satisfaction = satisfaction,
            Active = 1 - ended,
            Views = views,
            Places = _world.Pool.Draw(candidateChance),
        };
        Keep(sessions.With(rows, next), Merge(Observed, rows, Observe(next)));

        var outcome = new Outcome(Copy(Observed), Spread(itemRewards.sum(1L)), Spread(ended))
        {
            Shown = Spread(shown),
            ItemRewards = Spread(itemRewards),
            Responses = Spread(responses),
        };
        return Outwards(outcome);

        Tensor Spread(Tensor part) => zeros([count, .. part.shape[1..]], dtype: part.dtype).index_copy(0, rows, part);
    }

    // All sessions have ended.
    private Outcome Nothing(long count)
    {
        var list = _options.ListSize;
        var groups = Shape.Rewards.Count;
        var outcome = new Outcome(Copy(Observed), zeros(count, groups), zeros(count))
        {
            Shown = zeros([count, list], dtype: ScalarType.Int64),
            ItemRewards = zeros(count, list, groups),
            Responses = zeros(count, list, ResponseLayout.Names.Length),
        };
        return Outwards(outcome);
    }

    private static Observation Outwards(Observation observation)
    {
        foreach (var tensor in Tensors(observation))
            tensor.MoveToOuterDisposeScope();
        return observation;
    }

    private static Outcome Outwards(Outcome outcome)
    {
        foreach (var tensor in (Tensor[])[.. Tensors(outcome.Next), outcome.Rewards, outcome.Ended, outcome.Shown!, outcome.ItemRewards!, outcome.Responses!])
            tensor.MoveToOuterDisposeScope();
        return outcome;
    }

    /// <summary>What only an oracle knows: the expected rewards [B, n, R] of showing each of the current candidates.</summary>
    public Tensor ExpectedRewards() => ExpectedRewards(this);

    /// <summary>
    /// The expected rewards [B, n, R] of the current candidates if these users responded as those of another environment: what one who knew
    /// all of that environment would go by in this one.
    /// </summary>
    public Tensor ExpectedRewards(KuaiRandEnvironment users)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var sessions = Sessions;
        var candidates = _world.Pool.Rows(sessions.Places);
        var responses = users._responses.Predict(sessions.Context, sessions.User, sessions.History, candidates);
        return _world.Rewards.Of(responses.Expected()).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _chance?.Dispose();
        _sessions?.Dispose();
        _sessions = null;
        Forget(_observed);
        _observed = null;
    }

    private Tensor Chance(params long[] size) => rand(size, generator: _chance);

    // The places of the L highest scores, best first; of equals the first.
    private Tensor Best(Tensor scores)
    {
        var places = new List<Tensor>();
        for (var l = 0; l < _options.ListSize; l++)
        {
            var best = scores.argmax(1, keepdim: true);
            places.Add(best);
            if (l + 1 < _options.ListSize)
                scores = scores.scatter(1, best, full_like(best, float.NegativeInfinity, dtype: scores.dtype));
        }

        return cat(places, 1);
    }

    private Observation Observe(SessionBatch sessions)
    {
        var logits = _world.Upstream.Logits(sessions.UpstreamHalf, _world.Pool.Upstream(sessions.Places));
        return new Observation(
            _world.State.State(sessions.Context, sessions.User, sessions.History),
            sessions.Active.clone(),
            _world.Normalise(logits),
            _world.State.Candidates(_world.Pool.Rows(sessions.Places), sessions.History));
    }

    private static Tensor[] Tensors(Observation observation) => [observation.State, observation.Active, observation.TaskScores!, observation.Candidates!];

    private static Observation Copy(Observation observation) => new(
        observation.State.clone(), observation.Active.clone(), observation.TaskScores!.clone(), observation.Candidates!.clone());

    // What is seen of all sessions, where those of the rows have gone on.
    private static Observation Merge(Observation all, Tensor rows, Observation part) => new(
        all.State.index_copy(0, rows, part.State),
        all.Active.index_copy(0, rows, part.Active),
        all.TaskScores!.index_copy(0, rows, part.TaskScores!),
        all.Candidates!.index_copy(0, rows, part.Candidates!));

    // The history after a step, as the service's assembler writes it: shown items at its end, ages by the new moment.
    private (Tensor History, Tensor Times, Tensor Now) Remember(SessionBatch sessions, Tensor items, Tensor responses, Tensor chance)
    {
        var (history, times, shown) = (sessions.History, sessions.Times, _options.ListSize);
        var length = history.shape[1];
        var watch = responses.narrow(-1, ResponseLayout.Names.Length - 1, 1);
        var rows = cat([ones_like(watch), zeros_like(watch), watch, _world.Actions.Of(responses, chance), items], -1);
        var kept = Math.Max(0, length - shown);
        var nextHistory = cat([history.narrow(1, length - kept, kept), rows], 1);
        var nextTimes = cat([times.narrow(1, length - kept, kept), sessions.Now.unsqueeze(1).expand(-1, shown)], 1);
        nextHistory = nextHistory.narrow(1, nextHistory.shape[1] - length, length);
        nextTimes = nextTimes.narrow(1, nextTimes.shape[1] - length, length);

        var passed = ((watch.sum([1L, 2L]) + (_options.PauseSeconds * shown)) * 1000).round().to(ScalarType.Int64);
        var now = sessions.Now + passed;
        Age(nextHistory, nextTimes, now);
        return (nextHistory, nextTimes, now);
    }

    // Ages by a moment, in place.
    private static void Age(Tensor history, Tensor times, Tensor now)
    {
        var age = (now.unsqueeze(1) - times).clamp_min(0).to(ScalarType.Float32) / 1000;
        history.select(-1, HistoryLayout.AgeColumn).copy_(age * history.select(-1, HistoryLayout.PresentColumn));
    }

    private void Keep(SessionBatch next, Observation observed)
    {
        var before = _sessions;
        var seen = _observed;
        _sessions = next;
        _observed = observed;
        next.Detach();
        foreach (var tensor in Tensors(observed))
            tensor.DetachFromDisposeScope();
        before?.DisposeUnless(next);
        Forget(seen);
    }

    private static void Forget(Observation? observed)
    {
        if (observed is null)
            return;
        foreach (var tensor in Tensors(observed))
            tensor.Dispose();
    }

    private sealed record SessionBatch : IDisposable
    {
        public required IReadOnlyList<string> UserIds { get; init; }

        public required Tensor Context { get; init; }

        public required Tensor User { get; init; }

        public required Tensor UpstreamHalf { get; init; }

        public required Tensor History { get; init; }

        public required Tensor Times { get; init; }

        public required Tensor Now { get; init; }

        public required Tensor Satisfaction { get; init; }

        public required Tensor Active { get; init; }

        public required Tensor Views { get; init; }

        public required Tensor Places { get; init; }

        /// <summary>The sessions of some rows.</summary>
        public SessionBatch At(Tensor rows) => new()
        {
            UserIds = UserIds,
            Context = Context.index_select(0, rows),
            User = User.index_select(0, rows),
            UpstreamHalf = UpstreamHalf.index_select(0, rows),
            History = History.index_select(0, rows),
            Times = Times.index_select(0, rows),
            Now = Now.index_select(0, rows),
            Satisfaction = Satisfaction.index_select(0, rows),
            Active = Active.index_select(0, rows),
            Views = Views.index_select(0, rows),
            Places = Places.index_select(0, rows),
        };

        /// <summary>These, where the sessions of some rows have gone on.</summary>
        public SessionBatch With(Tensor rows, SessionBatch next) => this with
        {
            History = History.index_copy(0, rows, next.History),
            Times = Times.index_copy(0, rows, next.Times),
            Now = Now.index_copy(0, rows, next.Now),
            Satisfaction = Satisfaction.index_copy(0, rows, next.Satisfaction),
            Active = Active.index_copy(0, rows, next.Active),
            Views = Views.index_copy(0, rows, next.Views),
            Places = Places.index_copy(0, rows, next.Places),
        };

        private Tensor[] All => [Context, User, UpstreamHalf, History, Times, Now, Satisfaction, Active, Views, Places];

        public void Detach()
        {
            foreach (var tensor in All)
                tensor.DetachFromDisposeScope();
        }

        public void DisposeUnless(SessionBatch next)
        {
            foreach (var (tensor, later) in All.Zip(next.All))
            {
                if (!ReferenceEquals(tensor, later))
                    tensor.Dispose();
            }
        }

        public void Dispose()
        {
            foreach (var tensor in All)
                tensor.Dispose();
        }
    }
}
