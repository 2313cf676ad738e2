using MTRec.Data.Logs;

namespace MTRec.Trainer.Replay;

/// <summary>
/// Decides what is ranked at each step: the item that the log shows, at a random place (ties go by place), among others drawn without
/// repetition from the log's items that the user never sees in it. A step depends on the seed and its row alone.
/// </summary>
internal sealed class ReplayPlan
{
    private readonly Impression[] _rows;
    private readonly string[] _pool;
    private readonly Dictionary<string, HashSet<string>> _itemsOfUser;
    private readonly int _candidates;
    private readonly int _seed;

    /// <summary>Plans a replay.</summary>
    /// <param name="log">The rows to replay, in any order; impossible and repeated ones are passed over.</param>
    /// <param name="candidates">Items ranked a step, fewer where the pool is smaller; 1 or more.</param>
    /// <param name="seed">The seed of the draws.</param>
    /// <param name="limit">The number of steps, the first ones in the order of time.</param>
    public ReplayPlan(IEnumerable<Impression> log, int candidates, int seed, int limit)
    {
        _candidates = candidates;
        _seed = seed;
        Impression[] rows =
        [
            .. log.Where(row => (row.Flaws & RowFlaws.Impossible) == 0)
                .DistinctBy(row => (row.UserId, row.ItemId, row.TimestampMs))
                .OrderBy(row => row.TimestampMs),
        ];
        _pool = [.. rows.Select(row => row.ItemId).Distinct(StringComparer.Ordinal)];
        _itemsOfUser = rows.GroupBy(row => row.UserId, StringComparer.Ordinal).ToDictionary(
            user => user.Key, user => user.Select(row => row.ItemId).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        _rows = rows[..Math.Min(limit, rows.Length)];
    }

    /// <summary>Number of steps.</summary>
    public int Count => _rows.Length;

    /// <summary>
    /// Deals the users out: every user's steps are in one hand, in the order of time, so that a user's request never overtakes the
    /// feedback before it.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<Impression>> Deal(int hands)
    {
        var dealt = Enumerable.Range(0, hands).Select(_ => new List<Impression>()).ToArray();
        var handOfUser = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in _rows)
        {
            if (!handOfUser.TryGetValue(row.UserId, out var hand))
                handOfUser[row.UserId] = hand = handOfUser.Count % hands;
            dealt[hand].Add(row);
        }

        return dealt;
    }

    /// <summary>Draws the candidates of a row.</summary>
    public ReplayStep Step(in Impression row)
    {
        var random = new Random(SeedOf(_seed, row.Row));
        var seen = _itemsOfUser[row.UserId];
        var others = Math.Min(_candidates - 1, _pool.Length - seen.Count);
        var chosen = new HashSet<string>(others, StringComparer.Ordinal);
        var candidates = new List<string>(others + 1);
        if (others * 2 > _pool.Length)
        {
            // Most of the pool is wanted: drawing until all are found would take long.
            var rest = _pool.Where(item => !seen.Contains(item)).ToArray();
            random.Shuffle(rest);
            candidates.AddRange(rest[..others]);
        }

        while (candidates.Count < others)
        {
            var item = _pool[random.Next(_pool.Length)];
            if (!seen.Contains(item) && chosen.Add(item))
                candidates.Add(item);
        }

        var place = random.Next(others + 1);
        candidates.Insert(place, row.ItemId);
        return new ReplayStep(row, [.. candidates], place);
    }

    // Random's seeded sequences are the same on every machine; HashCode's are not. The multiplier is 2^64 over the golden ratio.
    private static int SeedOf(int seed, long row) => (int)(unchecked((((ulong)seed << 32) ^ (ulong)row) * 0x9E3779B97F4A7C15UL) >> 33);
}
