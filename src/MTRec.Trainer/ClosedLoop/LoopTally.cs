using MTRec.Learning.Evaluation;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>What sessions came to, by day, variant and user. A user who changes the variant within a session counts in both.</summary>
internal sealed class LoopTally
{
    private const int Sessions = 0;
    private readonly SortedDictionary<(int Day, string Variant), SortedDictionary<int, double[]>> _sums = new(Comparer<(int Day, string Variant)>.Create(
        (x, y) => x.Day != y.Day ? x.Day.CompareTo(y.Day) : string.CompareOrdinal(x.Variant, y.Variant)));

    /// <summary>Days that anything was shown on, from 0.</summary>
    public IReadOnlyList<int> Days => [.. _sums.Keys.Select(key => key.Day).Distinct()];

    /// <summary>The variants, in order.</summary>
    public IReadOnlyList<string> Variants => [.. _sums.Keys.Select(key => key.Variant).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Adds what a user did with a list.</summary>
    public void Add(int day, string variant, int user, LoopResponse response)
    {
        if (!_sums.TryGetValue((day, variant), out var users))
            _sums[(day, variant)] = users = [];
        if (!users.TryGetValue(user, out var sums))
            users[user] = sums = new double[1 + LoopFigure.All.Count];
        sums[Sessions] = 1;
        foreach (var (place, figure) in LoopFigure.All.Index())
            sums[1 + place] = figure.IsLast ? figure.Of(response) : sums[1 + place] + figure.Of(response);
    }

    /// <summary>Number of sessions.</summary>
    /// <param name="day">The day; null for all.</param>
    /// <param name="variant">The variant.</param>
    public int Count(int? day, string variant) => Of(day, variant).Sum(users => users.Count);

    /// <summary>Each figure's mean over sessions, with 95 % intervals by user; NaN where there were none.</summary>
    /// <param name="day">The day; null for all, where a user's sessions hang together.</param>
    /// <param name="variant">The variant.</param>
    /// <param name="bootstrap">The resampling.</param>
    public IReadOnlyList<Estimate> Means(int? day, string variant, UserBootstrap bootstrap)
    {
        var all = ByUser(Of(day, variant));
        var table = new UserSums(all.Count, 1 + LoopFigure.All.Count);
        foreach (var (row, sums) in all.Values.Index())
        {
            for (var column = 0; column < sums.Length; column++)
                table[row, column] = sums[column];
        }

        return [.. LoopFigure.All.Select((_, place) => bootstrap.Interval(table, total => total[Sessions] == 0 ? double.NaN : total[1 + place] / total[Sessions]))];
    }

    /// <summary>
    /// How far each figure's mean over sessions lies above that of another variant, with 95 % intervals by user; NaN where either had none. What the same users did on the first day takes variance away:
    /// the means of Y - theta (X - mean X) with theta = cov(Y, X) / var(X) within variants (CUPED; Deng, Xu, Kohavi and Walker, WSDM 2013).
    /// </summary>
    /// <param name="day">The day; null for all after the first.</param>
    /// <param name="variant">The variant.</param>
    /// <param name="other">The one that it is compared with.</param>
    /// <param name="bootstrap">The resampling.</param>
    public IReadOnlyList<Estimate> Differences(int? day, string variant, string other, UserBootstrap bootstrap)
    {
        var first = ByUser(_sums.Where(pair => pair.Key.Day == 0).Select(pair => pair.Value));
        var sides = Array.ConvertAll([variant, other], name => _sums.Where(pair => pair.Key.Variant == name && (day is null ? pair.Key.Day > 0 : pair.Key.Day == day))
            .SelectMany(pair => pair.Value).Where(pair => first.ContainsKey(pair.Key)).ToArray());
        var users = sides.SelectMany(side => side).Select(pair => pair.Key).Distinct().Order().Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        return [.. LoopFigure.All.Select((_, place) => Difference(1 + place))];

        Estimate Difference(int figure)
        {
            var table = new UserSums(users.Count, sides.Length * AdjustedMean.Columns);
            foreach (var (side, sessions) in sides.Index())
            {
                foreach (var (user, sums) in sessions)
                {
                    var (x, y) = (first[user][figure] / first[user][Sessions], sums[figure]);
                    double[] columns = [1, y, x, x * y, x * x];
                    for (var column = 0; column < columns.Length; column++)
                        table[users[user], (side * AdjustedMean.Columns) + column] += columns[column];
                }
            }

            return bootstrap.Interval(table, total => AdjustedMean.Difference(total[..AdjustedMean.Columns], total[AdjustedMean.Columns..]));
        }
    }

    private static SortedDictionary<int, double[]> ByUser(IEnumerable<SortedDictionary<int, double[]>> days)
    {
        var all = new SortedDictionary<int, double[]>();
        foreach (var (user, sums) in days.SelectMany(users => users))
            all[user] = all.TryGetValue(user, out var before) ? [.. before.Zip(sums, (x, y) => x + y)] : sums;
        return all;
    }

    private IEnumerable<SortedDictionary<int, double[]>> Of(int? day, string variant) =>
        _sums.Where(pair => pair.Key.Variant == variant && (day is null || pair.Key.Day == day)).Select(pair => pair.Value);
}

/// <summary>The difference of two means, adjusted by what was before, from sums over sessions: their number, of Y, X, X Y and X X.</summary>
internal static class AdjustedMean
{
    /// <summary>Number of sums.</summary>
    public const int Columns = 5;

    /// <summary>mean(Y1) - mean(Y0) - theta (mean(X1) - mean(X0)); NaN where a side has no session.</summary>
    public static double Difference(ReadOnlySpan<double> one, ReadOnlySpan<double> other)
    {
        var variance = Within(one, 4, 2) + Within(other, 4, 2);
        var theta = variance > 0 ? (Within(one, 3, 1) + Within(other, 3, 1)) / variance : 0;
        return (one[1] / one[0]) - (other[1] / other[0]) - (theta * ((one[2] / one[0]) - (other[2] / other[0])));
    }

    // Sum of products of deviations from a side's own means.
    private static double Within(ReadOnlySpan<double> side, int products, int with) => side[products] - (side[2] * side[with] / side[0]);
}

/// <summary>A figure of a session.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Of">Its part of a list.</param>
/// <param name="IsLast">Whether a session has that of its last list instead of the sum.</param>
internal sealed record LoopFigure(string Name, Func<LoopResponse, double> Of, bool IsLast = false)
{
    /// <summary>The reward's place.</summary>
    public const int Reward = 0;

    /// <summary>All figures, the reward first.</summary>
    public static IReadOnlyList<LoopFigure> All { get; } =
    [
        new("reward", response => response.Reward),
        new("satisfaction at the end", response => response.Satisfaction, IsLast: true),
        new("watch time, s", response => response.Items.Sum(item => item.WatchSeconds ?? 0.0)),
        new("clicks", response => Count(response, "click")),
        new("long views", response => Count(response, "longView")),
        new("likes", response => Count(response, "like")),
        new("hates", response => Count(response, "hate")),
        new("items seen", response => response.Items.Count),
    ];

    private static double Count(LoopResponse response, string action) => response.Items.Count(item => item.Actions.Contains(action));
}
