using System.Runtime.InteropServices;
using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Data.Logs;
using MTRec.Inference;
using MTRec.Learning.Examples;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>Shown items of a window as a log, one row an item; an item that nobody responded to was left alone. Users must come one after the other, their steps in order.</summary>
/// <param name="schema">The layout of the features.</param>
/// <param name="list">L: items of an answer that the user sees.</param>
internal sealed class WindowImpressions(FeatureSchema schema, int list)
{
    // What feedback may tell of, it tells of.
    private static readonly UserActions All = Enum.GetValues<UserActions>().Aggregate((a, b) => a | b);

    private readonly IdTable _users = new();
    private readonly IdTable _items = new();
    private readonly List<(int User, int Item, long Moment, ItemResponse Response)> _rows = [];
    private readonly List<ReadOnlyMemory<SessionEvent>> _histories = [];
    private readonly List<float> _context = [];
    private readonly List<float> _user = [];

    /// <summary>Number of shown items.</summary>
    public int Count => _rows.Count;

    /// <summary>Number of users.</summary>
    public int Users => _users.Count;

    /// <summary>Adds a step's list.</summary>
    public void Add(ReplayedStep step)
    {
        var exposure = step.Exposure;
        var user = _users.Add(exposure.UserId);
        var features = Clamped(exposure.User, schema.User);
        if (_user.Count < _users.Count * schema.User.Count)
            _user.AddRange(features);
        else
            features.CopyTo(CollectionsMarshal.AsSpan(_user).Slice(user * schema.User.Count, schema.User.Count));
        ReadOnlyMemory<SessionEvent> history = step.History.TakeLast(schema.History.Length).ToArray();
        for (var place = 0; place < list; place++)
        {
            var response = step.Responses.GetValueOrDefault(place, new ItemResponse(UserActions.None, 0));
            _rows.Add((user, _items.Add(exposure.ItemIds[exposure.Order[place]]), exposure.Timestamp.ToUnixTimeMilliseconds(), response));
            _histories.Add(history);
            _context.AddRange(Clamped(exposure.Context, schema.Context));
        }
    }

    /// <summary>The log.</summary>
    public ImpressionLog Log()
    {
        // Within a user the moments must not fall; the caller named them.
        var moments = _rows.Select(row => row.Moment).ToArray();
        for (var row = 1; row < moments.Length; row++)
        {
            if (_rows[row].User == _rows[row - 1].User)
                moments[row] = Math.Max(moments[row], moments[row - 1]);
        }

        return new ImpressionLog
        {
            Users = _users,
            Items = _items,
            Row = [.. Enumerable.Range(1, Count).Select(row => (long)row)],
            User = [.. _rows.Select(row => row.User)],
            Item = [.. _rows.Select(row => row.Item)],
            TimestampMs = [.. moments],
            Actions = [.. _rows.Select(row => row.Response.Actions)],
            Recorded = [.. _rows.Select(_ => All)],
            WatchSeconds = [.. _rows.Select(row => row.Response.WatchSeconds)],
            DurationSeconds = [.. _rows.Select(_ => float.NaN)],
            Tab = [.. _rows.Select(_ => ImpressionLog.Missing)],
            Hour = [.. _rows.Select(_ => ImpressionLog.Missing)],
            Day = [.. moments.Select(moment => DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(moment).UtcDateTime).DayNumber)],
        };
    }

    /// <summary>The log as examples, whose histories are its own rows: what was shown and how it ended.</summary>
    public ImpressionExamples OfShown(Bundle bundle) => new(Log(), schema, bundle.Items, [.. _context], [.. _user]);

    /// <summary>The log as examples, whose histories are what the service remembered when it ranked: what its graphs saw.</summary>
    public ImpressionExamples AsServed(Bundle bundle) => new(Log(), schema, bundle.Items, [.. _context], [.. _user], _histories);

    private static float[] Clamped(float[] values, IReadOnlyList<FeatureDefinition> features) =>
        [.. values.Zip(features, (value, feature) => Math.Clamp(value, feature.Min, feature.Max))];
}
