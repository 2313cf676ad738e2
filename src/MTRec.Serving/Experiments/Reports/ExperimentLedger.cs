using MTRec.Core.Events;
using MTRec.Core.Experiments;

namespace MTRec.Serving.Experiments.Reports;

/// <summary>
/// What users did before and after they first met each experiment. It holds hashes in place of user ids, and a bounded number of users: beyond it, those
/// with the lowest hashes, which is a uniform sample that no later event changes. For one thread at a time.
/// </summary>
/// <param name="maxUsers">Users kept at most.</param>
internal sealed class ExperimentLedger(int maxUsers)
{
    private readonly Dictionary<ulong, User> _users = [];
    private readonly Dictionary<(string Experiment, string Variant), long> _exposures = [];
    private ulong _highest = ulong.MaxValue;

    /// <summary>Events taken in.</summary>
    public long Events { get; private set; }

    /// <summary>When the first of them was logged.</summary>
    public DateTimeOffset? From { get; private set; }

    /// <summary>When the last of them was logged.</summary>
    public DateTimeOffset? To { get; private set; }

    /// <summary>Share of all users that are kept, in (0, 1].</summary>
    public double SampledShare => (_highest + 1.0) / (ulong.MaxValue + 1.0);

    /// <summary>Takes an event in; those of one user come in the order in which the service took them in.</summary>
    public void Add(LoggedEvent logged)
    {
        // What is kept here is a hash of the user and sums.
        if (logged is ForgetEvent)
            return;
        Events++;
        From = From is { } from && from <= logged.Received ? from : logged.Received;
        To = To is { } to && to >= logged.Received ? to : logged.Received;
        var exposure = logged as ExposureEvent;
        foreach (var variant in exposure?.Variants ?? [])
        {
            // Whoever was given a variant on purpose is no random sample of anybody.
            if (variant.Because is null)
                _exposures[(variant.Experiment, variant.Variant)] = Exposures(variant.Experiment, variant.Variant) + 1;
        }

        var key = Percentile.Seed(logged.UserId, "report");
        if (key > _highest)
            return;
        if (!_users.TryGetValue(key, out var user))
            _users.Add(key, user = new User());
        user.Add(logged, exposure);
        while (_users.Count > maxUsers)
            HalveSample();
    }

    /// <summary>Exposures by chance, of all users.</summary>
    public long Exposures(string experiment, string variant) => _exposures.GetValueOrDefault((experiment, variant));

    /// <summary>The sampled users of an experiment.</summary>
    public IEnumerable<ExposedUser> UsersOf(string experiment) =>
        _users.Values.SelectMany(user => user.Entries.Where(entry => entry.Experiment == experiment)
            .Select(entry => new ExposedUser(entry.Variant, entry.Before, user.Totals - entry.Before)));

    private void HalveSample()
    {
        _highest >>= 1;
        foreach (var key in _users.Keys.Where(key => key > _highest).ToArray())
            _users.Remove(key);
    }

    private sealed class User
    {
        // A call whose fate its sender did not learn is sent again soon.
        private const int RememberedEvents = 16;

        private ulong[] _recent = [];
        private int _next;

        public UserTotals Totals { get; private set; }

        public List<Entry> Entries { get; } = [];

        public void Add(LoggedEvent logged, ExposureEvent? exposure)
        {
            if (logged is FeedbackEvent feedback && IsDouble(feedback.EventId))
                return;
            foreach (var variant in exposure?.Variants ?? [])
            {
                if (variant.Because is null)
                    Enter(variant);
            }

            Totals += UserTotals.Of(logged);
        }

        private void Enter(ExposureVariant variant)
        {
            var place = Entries.FindIndex(entry => entry.Experiment == variant.Experiment);
            if (place < 0)
                Entries.Add(new Entry(variant.Experiment, variant.Variant, Totals));
            else if (Entries[place].Variant is { } known && known != variant.Variant)
                Entries[place] = Entries[place] with { Variant = null };
        }

        private bool IsDouble(string eventId)
        {
            var key = Percentile.Seed(eventId, "event");
            if (Array.IndexOf(_recent, key) >= 0)
                return true;
            if (_recent.Length < RememberedEvents)
            {
                _recent = [.. _recent, key];
                return false;
            }

            _recent[_next] = key;
            _next = (_next + 1) % RememberedEvents;
            return false;
        }
    }

    /// <summary>A user's part in an experiment; no variant where there were two.</summary>
    private sealed record Entry(string Experiment, string? Variant, UserTotals Before);
}

/// <summary>What a user did before and after the first exposure to an experiment.</summary>
/// <param name="Variant">The variant; null where the user met more than one.</param>
/// <param name="Before">Before.</param>
/// <param name="After">With the first exposure and after it.</param>
internal readonly record struct ExposedUser(string? Variant, UserTotals Before, UserTotals After);
