using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MentalReward.Choices;
using MTRec.Learning.Environments;
using MTRec.Learning.Evaluation;
using static TorchSharp.torch;

namespace MTRec.Simulation.SoftOptimal;

/// <summary>How well learners recover the reward of soft-optimal users, from choices among items shown at random.</summary>
public sealed class RewardRecovery : IDisposable
{
    private readonly ChoiceFit _fit;
    private readonly int _seed;
    private readonly SoftOptimalWorld _world;
    private readonly Range _judged;
    private readonly Func<Tensor, Tensor, Tensor> _join;
    private readonly ChoiceLog _log;
    private readonly ChoiceLog _test;
    private readonly double[] _truth;

    /// <summary>Collects choices to learn from and others to judge by.</summary>
    /// <param name="world">Where the users live.</param>
    /// <param name="tabular">Whether states are cells of a table, one for every mood and item; else features side by side.</param>
    /// <param name="sessions">Sessions to learn from; half as many judge.</param>
    /// <param name="fit">How networks are fitted.</param>
    /// <param name="seed">Seed of users, weights and batches.</param>
    public RewardRecovery(SoftOptimalWorld world, bool tabular, int sessions, ChoiceFit fit, int seed)
    {
        (_world, _fit, _seed) = (world, fit, seed);
        _join = tabular ? (mood, item) => (mood.unsqueeze(-1) * item.unsqueeze(-2)).flatten(1) : (state, item) => cat([state, item], -1);

        // Where there are several kinds of users, those that judge are not those that were learned from.
        var half = world.Kinds.Count / 2;
        _judged = half..;
        _log = Collect(half == 0 ? Range.All : ..half, sessions, seed);
        _test = Collect(_judged, Math.Max(1, sessions / 2), seed + 1_000_000);
        _truth = Array.ConvertAll(_test.Hidden["positive"], reward => (double)reward);
    }

    /// <summary>Rows that are learned from.</summary>
    public long Rows => _log.Count;

    /// <summary>The log odds of a positive response, with the same network and data, taken for its reward: by them a skip is worth 0.</summary>
    public RecoveredReward Frequency() => Judge(new ChoiceIql(new QrIqlOptions(), _fit, _seed).Frequency(_log, _test.State), 0);

    /// <summary>How well a learner recovers r*.</summary>
    public RecoveredReward Of(QrIqlOptions options)
    {
        var learner = new ChoiceIql(options, _fit, _seed);
        using var model = learner.Fit(_log);
        var positive = learner.Expect(model, _log, 1, _test.State);
        var skip = learner.Expect(model, _log, 0, _test.State);
        return Judge(positive, skip.Average());
    }

    /// <summary>
    /// Shares of rewards that users got from positive responses at or below each quantile: of the head that predicts the recovered reward, and of the
    /// critic's lambda_i(s, positive) about its mean. Calibrated quantiles cover tau_i = (2i - 1) / (2N); how near a head of this kind can come,
    /// tells one that is fitted to the rewards that users got themselves.
    /// </summary>
    public (double[] Head, double[] Critic, double[] Reachable) Coverage(QrIqlOptions options)
    {
        var learner = new ChoiceIql(options, _fit, _seed);
        using var model = learner.Fit(_log);
        var chosen = _test.Action.data<long>().ToArray().Select((action, row) => (action, row)).Where(pair => pair.action == 1).Select(pair => (long)pair.row).ToArray();
        using var states = _test.State.index_select(0, tensor(chosen));
        var outcomes = Array.ConvertAll(chosen, row => _test.Hidden["given"][row]);
        var head = learner.ExpectQuantiles(learner.Recover(model, _log), _log, states);
        var reachable = learner.ExpectQuantiles(_log.Hidden["given"], _log, states);
        var critic = learner.CriticQuantiles(model, _log, states);
        return (Calibration.Coverage(head, outcomes), Calibration.Coverage(critic, outcomes), Calibration.Coverage(reachable, outcomes));
    }

    /// <summary>
    /// One session of a user that was not learned from: by step the reward of what was done, of the other response, and of a positive response to
    /// another item, recovered and true.
    /// </summary>
    public IReadOnlyList<RewardStep> Session(QrIqlOptions options, int steps, int user)
    {
        var learner = new ChoiceIql(options, _fit, _seed);
        using var model = learner.Fit(_log);
        using var environment = new SoftOptimalUser(_world, candidates: 2, steps, _judged);
        using var scope = NewDisposeScope();
        var states = new List<Tensor>();
        var others = new List<Tensor>();
        var responses = new List<float>();
        var truths = new List<(float Shown, float Other)>();
        var observation = environment.Reset(user + 1, _seed);
        for (var step = 0; step < steps; step++)
        {
            states.Add(Joined(observation, user, 0));
            others.Add(Joined(observation, user, 1));
            var outcome = environment.Advance(tensor(new[] { 1f, 0 }).expand(user + 1, 2));
            responses.Add(outcome.Rewards[user, 0].item<float>());
            truths.Add((environment.CandidateRewards[2 * user], environment.CandidateRewards[(2 * user) + 1]));
            observation = outcome.Next;
        }

        var positive = learner.Expect(model, _log, 1, cat(states, 0));
        var skip = learner.Expect(model, _log, 0, cat(states, 0));
        var other = learner.Expect(model, _log, 1, cat(others, 0));
        return [.. Enumerable.Range(0, steps).Select(step => responses[step] > 0
            ? new RewardStep(positive[step], truths[step].Shown, skip[step], 0, other[step], truths[step].Other)
            : new RewardStep(skip[step], 0, positive[step], truths[step].Shown, other[step], truths[step].Other))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _log.Dispose();
        _test.Dispose();
    }

    private RecoveredReward Judge(float[] positive, double skip)
    {
        var errors = positive.Zip(_truth, (recovered, truth) => recovered - truth).ToArray();
        return new RecoveredReward(
            Spearman.Of(Array.ConvertAll(positive, x => (double)x), _truth),
            errors.Average(),
            Math.Sqrt(errors.Average(error => error * error)),
            skip);
    }

    private Tensor Joined(Observation observation, int user, int place) =>
        _join(observation.State.narrow(0, user, 1), observation.Candidates!.narrow(0, user, 1).select(1, place));

    private ChoiceLog Collect(Range kinds, int sessions, int seed)
    {
        using var environment = new SoftOptimalUser(_world, kinds: kinds);
        var hidden = new Dictionary<string, Func<float[]>> { ["positive"] = () => environment.PositiveRewards, ["given"] = () => environment.GivenRewards };
        return new ChoiceCollector(environment, _join, hidden).Collect(sessions, seed);
    }
}

/// <summary>How near a recovered reward of a positive response is to r*.</summary>
/// <param name="Spearman">Rank correlation over the states that were judged.</param>
/// <param name="Bias">Mean of recovered - r*.</param>
/// <param name="Error">Root of the mean squared difference.</param>
/// <param name="Skip">Mean recovered reward of a skip, which is worth 0.</param>
public readonly record struct RecoveredReward(double Spearman, double Bias, double Error, double Skip);

/// <summary>Rewards of one step, recovered and true.</summary>
/// <param name="Given">Of what the user did.</param>
/// <param name="GivenTruth">r* of it.</param>
/// <param name="OtherResponse">Of the response that the user did not give.</param>
/// <param name="OtherResponseTruth">r* of it.</param>
/// <param name="OtherItem">Of a positive response to another item.</param>
/// <param name="OtherItemTruth">r* of it.</param>
public readonly record struct RewardStep(
    double Given, double GivenTruth, double OtherResponse, double OtherResponseTruth, double OtherItem, double OtherItemTruth);
