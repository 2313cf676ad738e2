using System.Text.Json;
using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Data;
using MTRec.Data.Logs;
using MTRec.Inference;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Examples;
using MTRec.Learning.Fusion;
using MTRec.Simulation.KuaiRand;
using MTRec.Trainer.Worker.State;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>
/// What transitions are made by beside the events: statistics of the state, and what a response is worth. Measured once on a window and kept, so that a
/// column means the same in every cycle.
/// </summary>
/// <param name="Measured">The newest event of the window that it was measured on.</param>
/// <param name="Impressions">Shown items that it was measured on.</param>
/// <param name="State">Statistics of the state.</param>
/// <param name="WatchScale">Seconds watched that are a reward of 1.</param>
/// <param name="Behaviours">Rewards of click, long view, like, strong positive and hate.</param>
internal sealed record MeasuredWindow(DateTimeOffset Measured, int Impressions, FusionStatistics State, double WatchScale, IReadOnlyList<float> Behaviours)
{
    // Impressions looked ahead for future dwell, as in the simulator.
    private const int DwellHorizon = 5;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    /// <summary>Reads what was measured before for a layout; null where nothing was.</summary>
    /// <exception cref="DataFormatException">The file is damaged.</exception>
    public static MeasuredWindow? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize<MeasuredWindow>(File.ReadAllBytes(path), Json) ?? throw new DataFormatException($"{path}: holds nothing.");
        }
        catch (JsonException e)
        {
            throw new DataFormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Keeps it.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Write(string path) => DurableFiles.Replace(path, JsonSerializer.SerializeToUtf8Bytes(this, Json));

    /// <summary>Measures.</summary>
    /// <param name="sessions">The sessions; no more are drawn than are needed.</param>
    /// <param name="bundle">The layout, and the items' features.</param>
    /// <param name="options">How.</param>
    /// <param name="newest">The window's end.</param>
    /// <returns>Null where there is nothing to measure on.</returns>
    public static MeasuredWindow? Of(IEnumerable<IReadOnlyList<ReplayedStep>> sessions, Bundle bundle, TransitionOptions options, DateTimeOffset newest)
    {
        var rows = new ImpressionRows(bundle.Assembler.Schema);
        foreach (var session in sessions)
        {
            foreach (var step in session)
                rows.Add(step, options.ListSize);
            if (rows.Count >= options.MeasuredImpressions)
                break;
        }

        if (rows.Count == 0)
            return null;
        var log = rows.Log();
        using var state = new FusionState(new ImpressionExamples(log, bundle.Assembler.Schema, bundle.Items, rows.Context, rows.Users));
        var weights = FixedPolicy.RewardWeights(BehaviourTask.Default, FutureDwell.Correlations(log, BehaviourTask.Default, DwellHorizon));
        return new MeasuredWindow(
            newest, rows.Count, state.Statistics, options.WatchScale, options.Behaviours ?? KuaiRandRewards.BehaviourWeights(log, weights, options.WatchScale));
    }

    /// <summary>Shown items as a log; an item that nobody responded to was left alone.</summary>
    private sealed class ImpressionRows(FeatureSchema schema)
    {
        // What feedback may tell of, it tells of.
        private static readonly UserActions All = Enum.GetValues<UserActions>().Aggregate((a, b) => a | b);

        private readonly IdTable _users = new();
        private readonly IdTable _items = new();
        private readonly List<(int User, int Item, long Moment, ItemResponse Response)> _rows = [];
        private readonly List<float> _context = [];
        private readonly List<float> _user = [];

        public int Count => _rows.Count;

        public float[] Context => [.. _context];

        public float[] Users => [.. _user];

        public void Add(ReplayedStep step, int list)
        {
            var exposure = step.Exposure;
            var user = _users.Add(exposure.UserId);
            var features = Clamped(exposure.User, schema.User);
            if (_user.Count < _users.Count * schema.User.Count)
                _user.AddRange(features);
            else
                features.CopyTo(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_user).Slice(user * schema.User.Count, schema.User.Count));
            for (var place = 0; place < list; place++)
            {
                var response = step.Responses.GetValueOrDefault(place, new ItemResponse(UserActions.None, 0));
                _rows.Add((user, _items.Add(exposure.ItemIds[exposure.Order[place]]), exposure.Timestamp.ToUnixTimeMilliseconds(), response));
                _context.AddRange(Clamped(exposure.Context, schema.Context));
            }
        }

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

        private static float[] Clamped(float[] values, IReadOnlyList<FeatureDefinition> features) =>
            [.. values.Zip(features, (value, feature) => Math.Clamp(value, feature.Min, feature.Max))];
    }
}
