using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MentalReward.Choices;
using MTRec.Learning.Evaluation;

namespace MTRec.Simulation.LongTermSatisfaction;

/// <summary>
/// What the reward that is recovered from a user who maximises nothing goes with. Positive is an engagement above the usual.
/// </summary>
public sealed class Misspecification : IDisposable
{
    private readonly ChoiceFit _fit;
    private readonly int _seed;
    private readonly ChoiceLog _log;
    private readonly ChoiceLog _test;

    /// <summary>Collects choices to learn from and others to judge by.</summary>
    /// <param name="options">The environment.</param>
    /// <param name="sessions">Sessions to learn from; half as many judge.</param>
    /// <param name="fit">How networks are fitted.</param>
    /// <param name="seed">Seed of users, weights and batches.</param>
    public Misspecification(LongTermSatisfactionOptions options, int sessions, ChoiceFit fit, int seed)
    {
        (_fit, _seed) = (fit, seed);
        using var user = new LongTermSatisfactionUser(options);
        var hidden = new Dictionary<string, Func<float[]>>
        {
            ["engagement"] = () => user.Engagement,
            ["satisfaction"] = () => user.Satisfaction,
            ["after"] = () => user.SatisfactionAfter,
        };
        var collector = new ChoiceCollector(user, null, hidden);
        _log = collector.Collect(sessions, seed);
        _test = collector.Collect(Math.Max(1, sessions / 2), seed + 1_000_000);
    }

    /// <summary>Spearman correlations of what a learner recovers.</summary>
    public MisspecifiedReward Of(QrIqlOptions options)
    {
        var learner = new ChoiceIql(options, _fit, _seed);
        using var model = learner.Fit(_log);
        var given = learner.Recover(model, _test);
        var predicted = learner.Expect(model, _log, 1, _test.State);
        var rows = Enumerable.Range(0, given.Length).Where(row => !float.IsNaN(given[row])).ToArray();
        return new MisspecifiedReward(
            With(given, "engagement"), With(given, "satisfaction"), With(given, "after"),
            With(predicted, "engagement"), With(predicted, "satisfaction"), With(predicted, "after"));

        double With(float[] reward, string name) =>
            Spearman.Of(Array.ConvertAll(rows, row => (double)reward[row]), Array.ConvertAll(rows, row => (double)_test.Hidden[name][row]));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _log.Dispose();
        _test.Dispose();
    }
}

/// <summary>Spearman correlations of r(s, a) after the response, and of r(s, positive) predicted before it.</summary>
/// <param name="GivenEngagement">After the response, with the engagement.</param>
/// <param name="GivenSatisfaction">With the satisfaction with which the item was consumed.</param>
/// <param name="GivenAfter">With the satisfaction that it left.</param>
/// <param name="PredictedEngagement">Before the response, with the engagement that followed.</param>
/// <param name="PredictedSatisfaction">With the satisfaction with which the item was consumed.</param>
/// <param name="PredictedAfter">With the satisfaction that it left.</param>
public readonly record struct MisspecifiedReward(
    double GivenEngagement, double GivenSatisfaction, double GivenAfter, double PredictedEngagement, double PredictedSatisfaction, double PredictedAfter);
