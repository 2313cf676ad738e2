using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Examples;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>
/// Where sessions begin: a user of the log, drawn alike, at one of the user's impressions, drawn alike, with the context of that impression and
/// the user's earlier impressions as the history. Lists from before the log, which lack most responses, are not in it.
/// </summary>
internal sealed class SessionStarts
{
    private static readonly ExampleView View = new(WithProfile: true, WithEarlier: false);

    private readonly ImpressionExamples _examples;
    private readonly int[] _users;
    private readonly int[] _starts;
    private readonly float[] _playSeconds;

    public SessionStarts(ImpressionExamples examples)
    {
        _examples = examples;
        var log = examples.Log;
        _starts = [.. log.UserStarts()];
        _users = [.. Enumerable.Range(0, log.Users.Count).Where(user => _starts[user + 1] > _starts[user])];
        _playSeconds = new float[log.Users.Count];
        for (var row = 0; row < log.Count; row++)
        {
            if (!float.IsNaN(log.WatchSeconds[row]))
                _playSeconds[log.User[row]] += Math.Min(log.WatchSeconds[row], BehaviourTask.MaxWatchSeconds);
        }
    }

    /// <summary>The users' ids.</summary>
    public IEnumerable<string> Users => _users.Select(user => _examples.Log.Users[user]);

    /// <summary>Draws sessions.</summary>
    public SessionStart Draw(int sessions, int seed)
    {
        var random = new Random(seed);
        var rows = new int[sessions];
        for (var i = 0; i < sessions; i++)
        {
            var user = _users[random.Next(_users.Length)];
            rows[i] = random.Next(_starts[user], _starts[user + 1]);
        }

        var batch = _examples.Batch(rows, Enumerable.Repeat(View, sessions).ToArray());
        var length = _examples.Schema.History.Length;
        var times = new long[sessions * length];
        for (var i = 0; i < sessions; i++)
        {
            var events = _examples.History(rows[i], View);
            events = events[Math.Max(0, events.Length - length)..];
            for (var e = 0; e < events.Length; e++)
                times[((i + 1) * length) - events.Length + e] = events[e].TimestampMs;
        }

        var missing = length - batch.History.shape[1];
        var history = missing == 0 ? batch.History : cat([zeros(sessions, missing, _examples.Schema.HistoryWidth), batch.History], 1);
        return new SessionStart(
            [.. rows.Select(row => _examples.Log.Users[_examples.Log.User[row]])],
            batch.Context,
            batch.User,
            history,
            tensor(times, sessions, length),
            tensor(Array.ConvertAll(rows, row => _examples.Log.TimestampMs[row])),
            tensor(Array.ConvertAll(rows, row => _playSeconds[_examples.Log.User[row]])));
    }
}

/// <summary>Sessions about to begin.</summary>
/// <param name="UserIds">Ids of the users [B].</param>
/// <param name="Context">[B, C].</param>
/// <param name="User">[B, U].</param>
/// <param name="History">[B, H, W].</param>
/// <param name="Times">When the history's impressions were shown, milliseconds since the Unix epoch [B, H]; 0 where there is none.</param>
/// <param name="Now">The moment likewise [B].</param>
/// <param name="PlaySeconds">Seconds that the users watched in the whole log [B].</param>
internal sealed record SessionStart(
    IReadOnlyList<string> UserIds, Tensor Context, Tensor User, Tensor History, Tensor Times, Tensor Now, Tensor PlaySeconds);
