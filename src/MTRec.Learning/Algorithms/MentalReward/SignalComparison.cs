using MTRec.Core.Sessions;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Examples;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>
/// Judges signals of satisfaction, one value an impression, by what users said outright: does a signal rank what a user liked above the
/// rest of what the same user saw, and what was liked above what was hated?
/// </summary>
public sealed class SignalComparison
{
    private readonly bool[] _like;
    private readonly bool[] _hate;
    private readonly bool[] _longView;
    private readonly float[] _share;
    private readonly int[] _users;
    private readonly UserBootstrap _bootstrap;

    /// <summary>Takes the impressions to judge by: logs one after the other, whose users are matched by id.</summary>
    public SignalComparison(IReadOnlyList<ImpressionExamples> judged, UserBootstrap bootstrap)
    {
        bool[] Did(UserActions action) => [.. judged.SelectMany(examples => examples.Did(action))];
        (_like, _hate, _longView, _bootstrap) = (Did(UserActions.Like), Did(UserActions.Hate), Did(UserActions.LongView), bootstrap);
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        _users = [.. judged.SelectMany(examples => examples.Log.User.Select(user => Number(ids, examples.Log.Users[user])))];
        float[] watch = [.. judged.SelectMany(examples => examples.Log.WatchSeconds.Select(seconds => float.IsNaN(seconds) ? 0 : seconds))];
        float[] duration = [.. judged.SelectMany(examples => examples.Log.DurationSeconds)];
        _share = [.. watch.Zip(duration, (seconds, length) => float.IsNaN(length) ? 0 : seconds / length)];

        // Who reacts or stays has opened, whether a click was logged or not.
        var stayed = new PositiveResponse(UserActions.LongView, 10);
        double[] depth = [.. judged.SelectMany(examples => Enumerable.Range(0, examples.Count).Select(row =>
            SequentialChoicesOptions.React.Taken.Holds(examples.Log, row) ? 3.0
            : stayed.Holds(examples.Log, row) ? 2
            : SequentialChoicesOptions.Open.Taken.Holds(examples.Log, row) ? 1 : 0))];
        Observed =
        [
            ("click", [.. Did(UserActions.Click).Select(did => did ? 1.0 : 0)]),
            ("long view", [.. _longView.Select(did => did ? 1.0 : 0)]),
            ("watch time", [.. watch.Select(seconds => (double)seconds)]),
            ("watch ratio", [.. _share.Select(share => (double)share)]),
            ("log(1 + seconds) + 4 log(1 + ratio)", [.. watch.Zip(_share, (seconds, share) => Math.Log(1 + seconds) + (4 * Math.Log(1 + share)))]),
            ("depth up to stay", [.. depth.Select(d => Math.Min(d, 2))]),
            ("depth", depth),
        ];
    }

    /// <summary>
    /// Signals that need no model: what reward functions are usually made of. The depth of a response is 0 for a skip, 1 for open, 2 for stay (a long
    /// view or more than 10 seconds), 3 for react; react holds the like itself.
    /// </summary>
    public IReadOnlyList<(string Name, double[] Values)> Observed { get; }

    /// <summary>Judges one signal.</summary>
    /// <param name="signal">One value an impression [rows]; NaN where it is undefined: such rows are left out.</param>
    public SignalQuality Judge(IReadOnlyList<double> signal)
    {
        var rows = Enumerable.Range(0, signal.Count).Where(row => !double.IsNaN(signal[row])).ToArray();
        var said = Array.FindAll(rows, row => _like[row] != _hate[row]);
        return new SignalQuality(
            WithinUserAuc.ByUser(Scores(rows), Of(_like, rows), Of(_users, rows), _bootstrap),
            Auc.ByUser(Scores(said), Of(_like, said), Of(_users, said), _bootstrap),
            WithinUserAuc.ByUser(Scores(rows), Of(_longView, rows), Of(_users, rows), _bootstrap),
            Spearman.Of(Array.ConvertAll(rows, row => signal[row]), Array.ConvertAll(rows, row => (double)_share[row])));

        float[] Scores(int[] places) => Array.ConvertAll(places, row => (float)signal[row]);

        static T[] Of<T>(T[] values, int[] places) => Array.ConvertAll(places, row => values[row]);
    }

    private static int Number(Dictionary<string, int> ids, string id)
    {
        if (!ids.TryGetValue(id, out var number))
            ids.Add(id, number = ids.Count);
        return number;
    }
}

/// <summary>How good a signal is.</summary>
/// <param name="Like">Within-user AUC of liked impressions over the same user's others, users weighted by their rows.</param>
/// <param name="LikeOverHate">AUC of liked over hated impressions, all users together: a user who did both is rare.</param>
/// <param name="LongView">Within-user AUC of long views.</param>
/// <param name="WatchRatio">Spearman correlation with the share of the item that was watched.</param>
public readonly record struct SignalQuality(Estimate Like, Estimate LikeOverHate, Estimate LongView, double WatchRatio);
