using MTRec.Core.Tasks;
using MTRec.Learning.Environments;
using static TorchSharp.torch;

namespace MTRec.Simulation.SoftOptimal;

/// <summary>
/// Users of a <see cref="SoftOptimalWorld"/> as an environment: each step n items of the world are candidates, one is shown, and the user responds by
/// softmax Q*. The reward is engagement: 1 for a positive response. The user expects items to be drawn evenly; under an agent that
/// chooses well the user is better off than expected, and no longer exactly optimal.
/// </summary>
/// <remarks>
/// The state is [kind of user, mood], candidates are the items' features. The one upstream task, <c>positive</c>, is the chance of a positive response
/// blurred by <see cref="ScoreNoise"/>. Sessions are cut after <see cref="EnvironmentShape.MaximumSteps"/>.
/// </remarks>
public sealed class SoftOptimalUser : IEnvironment
{
    /// <summary>Standard deviation of the upstream score's error, in log odds.</summary>
    public const double ScoreNoise = 0.5;

    private readonly SoftOptimalWorld _world;
    private readonly int _firstKind;
    private readonly int _kinds;
    private int _seed;
    private int _step;
    private int[] _kind = [];
    private int[] _mood = [];
    private bool[] _gone = [];
    private int[] _candidates = [];

    /// <summary>Makes the environment.</summary>
    /// <param name="world">Where the users live.</param>
    /// <param name="candidates">n, from 1 to the world's items: drawn without repetition.</param>
    /// <param name="steps">Steps of a session, 1 or more.</param>
    /// <param name="kinds">The kinds of users that come; all where null. Disjoint ranges keep evaluation users apart.</param>
    public SoftOptimalUser(SoftOptimalWorld world, int candidates = 1, int steps = 20, Range? kinds = null)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(candidates, Math.Clamp(candidates, 1, world.Items.Count));
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        _world = world;
        (_firstKind, _kinds) = (kinds ?? Range.All).GetOffsetAndLength(world.Kinds.Count);
        Shape = new EnvironmentShape("soft-optimal", world.Kinds[0].Length + world.Moods[0].Length, candidates, ["engagement"], steps)
        {
            Tasks = [new TaskDefinition("positive", 0, 1, 0.5f, "probability")],
            Candidates = candidates,
            CandidateWidth = world.Items[0].Length,
            ListSize = 1,
            Responses = ["positive"],
        };
    }

    /// <inheritdoc/>
    public EnvironmentShape Shape { get; }

    /// <summary>The world's items that are the current candidates [B * n].</summary>
    public IReadOnlyList<int> CandidateItems => _candidates;

    /// <summary>The truth, for evaluation only: r*(s, positive) of the shown items of the last step [B]; NaN for sessions that had ended.</summary>
    public float[] PositiveRewards { get; private set; } = [];

    /// <summary>The truth, for evaluation only: what the users got in the last step, noise included [B]; NaN for sessions that had ended.</summary>
    public float[] GivenRewards { get; private set; } = [];

    /// <summary>The truth, for evaluation only: r*(s, positive) of every candidate of the last step [B * n], whether it was shown or not.</summary>
    public float[] CandidateRewards { get; private set; } = [];

    /// <inheritdoc/>
    public Observation Reset(int sessions, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sessions, 1);
        var random = new Random(seed);
        (_seed, _step) = (seed, 0);
        _kind = new int[sessions];
        _mood = new int[sessions];
        _gone = new bool[sessions];
        for (var session = 0; session < sessions; session++)
            (_kind[session], _mood[session]) = (_firstKind + random.Next(_kinds), random.Next(_world.Moods.Count));
        return Observe();
    }

    /// <summary>The same users come back for another session, in the mood in which they left.</summary>
    /// <param name="seed">Decides all chance of the session.</param>
    /// <returns>The first states.</returns>
    public Observation Return(int seed)
    {
        (_seed, _step) = (seed, 0);
        Array.Clear(_gone);
        return Observe();
    }

    /// <summary>Ends sessions in which nothing was shown.</summary>
    /// <param name="places">The sessions' places in the batch.</param>
    public void Leave(IEnumerable<int> places)
    {
        foreach (var place in places)
            _gone[place] = true;
    }

    /// <inheritdoc/>
    public Outcome Advance(Tensor action)
    {
        var sessions = _kind.Length;
        var shown = action.argmax(-1);
        var places = shown.data<long>().ToArray();
        var positive = new float[sessions];
        PositiveRewards = new float[sessions];
        GivenRewards = new float[sessions];
        CandidateRewards = [.. _candidates.Select((item, place) => (float)_world.Reward(_kind[place / Shape.Candidates], _mood[place / Shape.Candidates], item))];
        var ended = _step >= Shape.MaximumSteps;
        if (ended)
        {
            Array.Fill(PositiveRewards, float.NaN);
            Array.Fill(GivenRewards, float.NaN);
        }
        else
        {
            var random = StepRandom.Of(_seed, _step, 1);
            for (var session = 0; session < sessions; session++)
                Respond(session, _candidates[(session * Shape.Candidates) + (int)places[session]], random, positive);
            _step++;
        }

        var rewards = tensor(positive).unsqueeze(1);
        return new Outcome(Observe(), rewards, tensor(Array.ConvertAll(_gone, gone => !gone && !ended && _step == Shape.MaximumSteps ? 1f : 0f)))
        {
            Shown = shown.unsqueeze(1),
            ItemRewards = rewards.unsqueeze(1),
            Responses = rewards.unsqueeze(1),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Respond(int session, int item, Random random, float[] positive)
    {
        // Three draws a session and step, whatever the action.
        var (noise, choice, move) = (_world.Noise(random.NextDouble()), random.NextDouble(), random.NextDouble());
        var (kind, mood) = (_kind[session], _mood[session]);
        if (_gone[session])
        {
            (PositiveRewards[session], GivenRewards[session]) = (float.NaN, float.NaN);
            return;
        }

        var response = choice < _world.Positive(kind, mood, item, noise) ? 1 : 0;
        positive[session] = response;
        PositiveRewards[session] = (float)_world.Reward(kind, mood, item);
        GivenRewards[session] = response * (float)(_world.Reward(kind, mood, item) + noise);
        _mood[session] = _world.Next(mood, item, response, move);
    }

    private Observation Observe()
    {
        var (sessions, n) = (_kind.Length, Shape.Candidates);
        var random = StepRandom.Of(_seed, _step, 0);
        var state = new List<float>(sessions * Shape.StateWidth);
        var features = new List<float>(sessions * n * Shape.CandidateWidth);
        var scores = new float[sessions * n];
        var items = Enumerable.Range(0, _world.Items.Count).ToArray();
        _candidates = new int[sessions * n];
        for (var session = 0; session < sessions; session++)
        {
            state.AddRange(_world.Kinds[_kind[session]]);
            state.AddRange(_world.Moods[_mood[session]]);
            for (var place = 0; place < n; place++)
            {
                var other = random.Next(place, items.Length);
                (items[place], items[other]) = (items[other], items[place]);
                _candidates[(session * n) + place] = items[place];
                features.AddRange(_world.Items[items[place]]);
                scores[(session * n) + place] = (float)_world.Positive(_kind[session], _mood[session], items[place], ScoreNoise * random.Normal());
            }
        }

        return new Observation(
            tensor([.. state], sessions, Shape.StateWidth),
            tensor(Array.ConvertAll(_gone, gone => !gone && _step < Shape.MaximumSteps ? 1f : 0f)),
            tensor(scores, [sessions, n, 1]),
            tensor([.. features], [sessions, n, Shape.CandidateWidth]));
    }
}
