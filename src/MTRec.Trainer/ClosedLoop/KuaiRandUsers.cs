using MTRec.Core.Features;
using MTRec.Core.Tasks;
using MTRec.Learning.Environments;
using MTRec.Learning.Networks;
using MTRec.Simulation.KuaiRand;
using static TorchSharp.torch;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>
/// Users of KuaiRand with fitted responses. Every day each of them begins in the mood and the context of the first day, at the same hour, and remembers
/// all that was shown. The log's moments are moved so that everyone's first day is one day.
/// </summary>
internal sealed class KuaiRandUsers : ILoopUsers
{
    private readonly KuaiRandSimulator _simulator;
    private readonly KuaiRandEnvironment _environment;
    private readonly FeatureSchema _schema;
    private readonly int _seed;
    private readonly IReadOnlyDictionary<float, string>?[] _contextNames;
    private readonly IReadOnlyDictionary<float, string>?[] _userNames;
    private readonly TimeSpan[] _shift;
    private string[][] _candidates = [];
    private long[] _moments = [];
    private float[] _context = [];
    private float[] _user = [];
    private float[] _scores = [];
    private bool[] _present;

    /// <summary>Prepares.</summary>
    /// <param name="simulator">The fitted world; disposed of with the users.</param>
    /// <param name="training">Whether they are of the half that policies are trained with.</param>
    /// <param name="users">How many.</param>
    /// <param name="seed">Decides who they are, and all chance.</param>
    public KuaiRandUsers(KuaiRandSimulator simulator, bool training, int users, int seed)
    {
        (_simulator, _environment, _schema, _seed) = (simulator, training ? simulator.Training : simulator.Evaluation, simulator.Schema, seed);
        _contextNames = [.. _schema.Context.Select(Names)];
        _userNames = [.. _schema.User.Select(Names)];
        (_shift, _present) = (new TimeSpan[users], new bool[users]);
    }

    /// <inheritdoc/>
    public string Name => _environment.Shape.Name;

    /// <inheritdoc/>
    public string RewardName => "reward";

    /// <inheritdoc/>
    public int Count => _present.Length;

    /// <inheritdoc/>
    public int ListSize => _environment.Shape.ListSize;

    /// <inheritdoc/>
    public IReadOnlyList<TaskDefinition> Tasks => _environment.Shape.Tasks;

    /// <inheritdoc/>
    public IReadOnlyList<bool> Present => _present;

    /// <inheritdoc/>
    public void Begin(int day)
    {
        using var scope = NewDisposeScope();
        Look(day == 0 ? _environment.Reset(Count, _seed) : _environment.Return(LoopTime.SeedOf(_seed, day), TimeSpan.FromDays(day)));
        if (day > 0)
            return;
        for (var user = 0; user < Count; user++)
        {
            var moment = DateTimeOffset.FromUnixTimeMilliseconds(_moments[user]);
            _shift[user] = LoopTime.FirstDay + moment.UtcDateTime.TimeOfDay - moment;
        }
    }

    /// <inheritdoc/>
    public LoopQuery Query(int user)
    {
        // A video may be drawn twice.
        var (n, tasks) = (_environment.Shape.Candidates, Tasks.Count);
        var places = Enumerable.Range(0, n).DistinctBy(place => _candidates[user][place], StringComparer.Ordinal).ToArray();
        var scores = new float[places.Length * tasks];
        for (var i = 0; i < places.Length; i++)
        {
            for (var k = 0; k < tasks; k++)
            {
                var score = _scores[(((user * n) + places[i]) * tasks) + k];
                scores[(i * tasks) + k] = Tasks[k].Min + (score * (Tasks[k].Max - Tasks[k].Min));
            }
        }

        return new LoopQuery(
            DateTimeOffset.FromUnixTimeMilliseconds(_moments[user]) + _shift[user],
            LoopFeature.Of(_schema.Context, _contextNames, _context.AsSpan(user * _schema.Context.Count, _schema.Context.Count)),
            LoopFeature.Of(_schema.User, _userNames, _user.AsSpan(user * _schema.User.Count, _schema.User.Count)),
            Array.ConvertAll(places, place => _candidates[user][place]),
            scores);
    }

    /// <inheritdoc/>
    public IReadOnlyList<LoopResponse?> Respond(IReadOnlyList<string[]?> shown)
    {
        using var scope = NewDisposeScope();
        _environment.Leave([.. Enumerable.Range(0, Count).Where(user => _present[user] && shown[user] is null)]);
        var n = _environment.Shape.Candidates;
        var order = new float[Count * n];
        for (var user = 0; user < Count; user++)
        {
            for (var rank = 0; rank < (shown[user]?.Length ?? 0); rank++)
                order[(user * n) + Array.IndexOf(_candidates[user], shown[user]![rank])] = ListSize - rank;
        }

        var outcome = _environment.Advance(tensor(order, Count, n));
        var rewards = outcome.Rewards.sum(1L).Floats();
        var satisfaction = _environment.Satisfaction.Floats();
        var actions = _environment.LastActions();
        var watch = outcome.Responses!.select(-1, _environment.Shape.Responses.Count - 1).Floats();
        var responses = new LoopResponse?[Count];
        for (var user = 0; user < Count; user++)
        {
            if (shown[user] is { } items)
                responses[user] = new LoopResponse(
                    rewards[user], satisfaction[user], [.. items.Select((item, place) => new ItemResponse(item, actions[user][place], watch[(user * ListSize) + place]))]);
        }

        Look(outcome.Next);
        return responses;
    }

    /// <inheritdoc/>
    public void Dispose() => _simulator.Dispose();

    private static Dictionary<float, string>? Names(FeatureDefinition feature) => feature.Values?.ToDictionary(pair => (float)pair.Value, pair => pair.Key);

    private void Look(Observation observation)
    {
        var (context, user, _, _) = _environment.Inputs;
        (_context, _user) = (context.Floats(), user.Floats());
        (_candidates, _moments) = (_environment.CandidateIds(), _environment.Moments());
        _scores = observation.TaskScores!.Floats();
        _present = [.. observation.Active.Floats().Select(goes => goes == 1)];
    }
}
