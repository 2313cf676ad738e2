using System.Collections.Immutable;
using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Data.Features;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;
using static TorchSharp.torch;

namespace MTRec.Learning.Examples;

/// <summary>
/// One example an impression of a log: the shown item as the candidate, and the state just before it. The tensors are written by
/// <see cref="FeatureAssembler"/>, as in the service.
/// </summary>
public sealed class ImpressionExamples
{
    private readonly FeatureAssembler _assembler;
    private readonly Func<int, IItemFeatures> _itemsOf;
    private readonly float[] _context;
    private readonly float[] _users;
    private readonly float[] _candidates;
    private readonly SessionEvent[][] _events;
    private readonly int[] _earlier;
    private readonly IReadOnlyList<ReadOnlyMemory<SessionEvent>>? _histories;
    private readonly ImmutableArray<int> _starts;

    /// <summary>Prepares a log.</summary>
    /// <param name="log">The log.</param>
    /// <param name="schema">The layout to write.</param>
    /// <param name="itemsOf">
    /// The item features that rows of a user, given by index, see: for a training log those measured without the user
    /// (<see cref="KuaiRandFeatures.ItemsOutOfFold"/>).
    /// </param>
    /// <param name="profiles">Descriptions of users by id; absent users have the defaults.</param>
    /// <param name="earlier">Impressions from before the log by user id, oldest first.</param>
    public ImpressionExamples(
        ImpressionLog log,
        FeatureSchema schema,
        Func<int, IItemFeatures> itemsOf,
        IReadOnlyDictionary<string, UserProfile> profiles,
        IReadOnlyDictionary<string, ImmutableArray<SessionEvent>> earlier)
    {
        Log = log;
        Schema = schema;
        _assembler = new FeatureAssembler(schema);
        _itemsOf = itemsOf;
        _starts = log.UserStarts();
        _context = new float[log.Count * schema.Context.Count];
        _users = new float[log.Users.Count * schema.User.Count];
        _candidates = new float[log.Count * schema.ItemWidth];
        _events = new SessionEvent[log.Users.Count][];
        _earlier = new int[log.Users.Count];

        var encoder = new KuaiRandEncoder(schema);
        for (var user = 0; user < log.Users.Count; user++)
        {
            var id = log.Users[user];
            encoder.WriteUser(profiles.GetValueOrDefault(id), Row(_users, user, schema.User.Count));
            var before = earlier.GetValueOrDefault(id, []);
            _earlier[user] = before.Length;
            _events[user] = [.. before, .. Enumerable.Range(_starts[user], _starts[user + 1] - _starts[user]).Select(log.Event)];
        }

        for (var row = 0; row < log.Count; row++)
        {
            encoder.WriteContext(log, row, Row(_context, row, schema.Context.Count));
            _assembler.WriteItem(log.Items[log.Item[row]], itemsOf(log.User[row]), Row(_candidates, row, schema.ItemWidth));
        }
    }

    /// <summary>Prepares a log whose context and users are there as the graphs saw them: of the service's events.</summary>
    /// <param name="log">The log.</param>
    /// <param name="schema">The layout.</param>
    /// <param name="items">The items' features.</param>
    /// <param name="context">Of each row [rows, C].</param>
    /// <param name="users">Of each user [users, U].</param>
    /// <param name="histories">The impressions before each row, oldest first, as its ranker knew them, whatever the view [rows]; null where the log's own rows tell.</param>
    /// <exception cref="ArgumentException">The sizes do not fit.</exception>
    public ImpressionExamples(
        ImpressionLog log, FeatureSchema schema, IItemFeatures items, float[] context, float[] users, IReadOnlyList<ReadOnlyMemory<SessionEvent>>? histories = null)
    {
        if (context.Length != log.Count * schema.Context.Count || users.Length != log.Users.Count * schema.User.Count || (histories is not null && histories.Count != log.Count))
        {
            throw new ArgumentException(
                $"{context.Length} values of context, {users.Length} of users and {histories?.Count ?? log.Count} histories do not fit {log.Count} rows of {log.Users.Count} users.", nameof(context));
        }

        _histories = histories;
        Log = log;
        Schema = schema;
        _assembler = new FeatureAssembler(schema);
        _itemsOf = _ => items;
        _starts = log.UserStarts();
        (_context, _users) = (context, users);
        _candidates = new float[log.Count * schema.ItemWidth];
        _events = new SessionEvent[log.Users.Count][];
        _earlier = new int[log.Users.Count];
        for (var user = 0; user < log.Users.Count; user++)
            _events[user] = [.. Enumerable.Range(_starts[user], _starts[user + 1] - _starts[user]).Select(log.Event)];
        for (var row = 0; row < log.Count; row++)
            _assembler.WriteItem(log.Items[log.Item[row]], items, Row(_candidates, row, schema.ItemWidth));
    }

    /// <summary>The log.</summary>
    public ImpressionLog Log { get; }

    /// <summary>The layout of the tensors.</summary>
    public FeatureSchema Schema { get; }

    /// <summary>Number of examples: the log's rows.</summary>
    public int Count => Log.Count;

    /// <summary>The candidates' rows [examples, 1 + I].</summary>
    public ReadOnlySpan<float> Candidates => _candidates;

    /// <summary>The context [examples, C].</summary>
    public ReadOnlySpan<float> Context => _context;

    /// <summary>The users' features [users, U].</summary>
    public ReadOnlySpan<float> Users => _users;

    /// <summary>Whether the user did any of the actions, for every example.</summary>
    public bool[] Did(UserActions any) => [.. Log.Actions.Select(actions => (actions & any) != 0)];

    /// <summary>The next impression of the same user, -1 for a user's last.</summary>
    public int Next(int row) => row + 1 < Count && Log.User[row + 1] == Log.User[row] ? row + 1 : -1;

    /// <summary>How many impressions the example's history holds.</summary>
    public int HistoryLength(int row, ExampleView view) => Math.Min(Schema.History.Length, History(row, view).Length);

    /// <summary>Writes examples into tensors, which the current dispose scope owns.</summary>
    /// <param name="rows">Rows of the log, 1 or more.</param>
    /// <param name="views">What is known at each of them [rows].</param>
    public FeatureBatch Batch(ReadOnlySpan<int> rows, ReadOnlySpan<ExampleView> views)
    {
        var length = 1;
        for (var i = 0; i < rows.Length; i++)
            length = Math.Max(length, HistoryLength(rows[i], views[i]));

        var context = new float[rows.Length * Schema.Context.Count];
        var users = new float[rows.Length * Schema.User.Count];
        var candidates = new float[rows.Length * Schema.ItemWidth];
        var histories = new float[rows.Length * length * Schema.HistoryWidth];
        var full = new float[Schema.History.Length * Schema.HistoryWidth];
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            var user = Log.User[row];
            var state = State(row, views[i]);
            Row(_context, state, Schema.Context.Count).CopyTo(Row(context, i, Schema.Context.Count));
            Row(_candidates, row, Schema.ItemWidth).CopyTo(Row(candidates, i, Schema.ItemWidth));
            var profile = views[i].WithProfile ? Row(_users, user, Schema.User.Count) : _assembler.DefaultUser;
            profile.CopyTo(Row(users, i, Schema.User.Count));
            _assembler.WriteHistory(History(row, views[i]), Log.TimestampMs[state], _itemsOf(user), full);
            full.AsSpan(full.Length - (length * Schema.HistoryWidth)).CopyTo(Row(histories, i, length * Schema.HistoryWidth));
        }

        return new FeatureBatch(
            tensor(context, rows.Length, Schema.Context.Count),
            tensor(users, rows.Length, Schema.User.Count),
            tensor(histories, [rows.Length, length, Schema.HistoryWidth]),
            tensor(candidates, rows.Length, Schema.ItemWidth));
    }

    /// <summary>The impressions before an example, oldest first.</summary>
    public ReadOnlySpan<SessionEvent> History(int row, ExampleView view)
    {
        if (_histories is not null)
            return _histories[State(row, view)].Span;
        var user = Log.User[row];
        var before = State(row, view) - _starts[user];
        return _events[user].AsSpan(0, _earlier[user] + before)[(view.WithEarlier ? 0 : _earlier[user])..];
    }

    /// <summary>The impression whose moment the example's state is of.</summary>
    private int State(int row, ExampleView view) => view.AtStart ? _starts[Log.User[row]] : row;

    private static Span<float> Row(float[] values, int row, int width) => values.AsSpan(row * width, width);
}
