using MTRec.Core.Tasks;
using MTRec.Learning.Environments;
using MTRec.Learning.Networks;
using MTRec.Simulation;
using MTRec.Simulation.SoftOptimal;
using static TorchSharp.torch;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>
/// Users of a <see cref="SoftOptimalFeed"/>, whose true reward is known. One item is shown a step; a session is cut after <see cref="Steps"/>; the next day
/// begins in the mood in which the last one ended.
/// </summary>
internal sealed class SoftOptimalUsers : ILoopUsers
{
    /// <summary>Steps of a session.</summary>
    public const int Steps = 20;

    private const int ClickPurpose = 2;
    private static readonly TimeSpan FirstHour = TimeSpan.FromHours(12);
    private static readonly TimeSpan StepTime = TimeSpan.FromSeconds(20);

    private readonly SoftOptimalFeed _feed;
    private readonly SoftOptimalUser _environment;
    private readonly int _seed;
    private bool[] _present;
    private float[] _state = [];
    private float[] _positive = [];
    private int[] _items = [];
    private int _day;
    private int _step;

    /// <summary>Prepares.</summary>
    /// <param name="feed">The feed.</param>
    /// <param name="kinds">The kinds of users that come.</param>
    /// <param name="users">How many.</param>
    /// <param name="candidates">Candidates a request.</param>
    /// <param name="seed">Decides who they are, and all chance.</param>
    public SoftOptimalUsers(SoftOptimalFeed feed, Range kinds, int users, int candidates, int seed)
    {
        (_feed, _seed, _present) = (feed, seed, new bool[users]);
        _environment = new SoftOptimalUser(feed.World, Math.Min(candidates, SoftOptimalFeed.ItemCount), Steps, kinds);
    }

    /// <inheritdoc/>
    public string Name => "soft-user";

    /// <inheritdoc/>
    public string RewardName => "true reward";

    /// <inheritdoc/>
    public int Count => _present.Length;

    /// <inheritdoc/>
    public int ListSize => 1;

    /// <inheritdoc/>
    public IReadOnlyList<TaskDefinition> Tasks => _feed.Tasks;

    /// <inheritdoc/>
    public IReadOnlyList<bool> Present => _present;

    /// <summary>The truth of the last step, for evaluation only: r* of a positive response to every candidate [users * n].</summary>
    public IReadOnlyList<float> CandidateRewards => _environment.CandidateRewards;

    /// <inheritdoc/>
    public void Begin(int day)
    {
        using var scope = NewDisposeScope();
        (_day, _step) = (day, 0);
        Look(day == 0 ? _environment.Reset(Count, _seed) : _environment.Return(LoopTime.SeedOf(_seed, day)));
    }

    /// <inheritdoc/>
    public LoopQuery Query(int user)
    {
        var n = _environment.Shape.Candidates;
        var items = _items.AsSpan(user * n, n).ToArray();
        return new LoopQuery(
            LoopTime.FirstDay + TimeSpan.FromDays(_day) + FirstHour + (_step * StepTime),
            [.. _feed.Schema.Context.Select((feature, i) => new LoopFeature(feature.Name, _state[(user * _feed.Schema.Context.Count) + i], null))],
            [],
            Array.ConvertAll(items, SoftOptimalFeed.ItemId),
            [.. items.SelectMany((item, place) => _feed.Scores(item, _positive[(user * n) + place]))]);
    }

    /// <inheritdoc/>
    public IReadOnlyList<LoopResponse?> Respond(IReadOnlyList<string[]?> shown)
    {
        using var scope = NewDisposeScope();
        var n = _environment.Shape.Candidates;
        _environment.Leave(Enumerable.Range(0, Count).Where(user => _present[user] && shown[user] is null));
        var order = new float[Count * n];
        var items = new int[Count];
        for (var user = 0; user < Count; user++)
        {
            if (shown[user] is not [var first, ..])
                continue;
            var place = Array.FindIndex(_items, user * n, n, item => SoftOptimalFeed.ItemId(item) == first);
            items[user] = _items[place];
            order[place] = 1;
        }

        var chance = StepRandom.Of(LoopTime.SeedOf(_seed, _day), _step, ClickPurpose);
        var outcome = _environment.Advance(tensor(order, Count, n));
        var positive = outcome.Rewards.Floats();
        var responses = new LoopResponse?[Count];
        for (var user = 0; user < Count; user++)
        {
            // A draw a user, whoever has left.
            var draw = chance.NextDouble();
            if (shown[user] is { } list)
                responses[user] = new LoopResponse(_environment.GivenRewards[user], double.NaN, [new ItemResponse(list[0], _feed.Actions(items[user], positive[user] > 0, draw), null)]);
        }

        _step++;
        Look(outcome.Next);
        return responses;
    }

    /// <inheritdoc/>
    public void Dispose() => _environment.Dispose();

    private void Look(Observation observation)
    {
        _state = observation.State.Floats();
        _positive = observation.TaskScores!.Floats();
        _items = [.. _environment.CandidateItems];
        _present = [.. observation.Active.Floats().Select(goes => goes == 1)];
    }
}
