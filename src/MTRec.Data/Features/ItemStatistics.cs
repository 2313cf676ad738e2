using MTRec.Core.Sessions;
using MTRec.Data.Logs;
using MTRec.Data.Trajectories;

namespace MTRec.Data.Features;

/// <summary>How one item fared on a log, smoothed towards all items' mean.</summary>
/// <param name="ClickRate">In [0, 1].</param>
/// <param name="LongViewRate">In [0, 1].</param>
/// <param name="LikeRate">In [0, 1].</param>
/// <param name="PlayRatio">Mean of watch time over duration, each at most <see cref="ItemStatistics.MaxPlayRatio"/>.</param>
/// <param name="LogCount">ln(1 + impressions).</param>
public readonly record struct ItemStatistic(float ClickRate, float LongViewRate, float LikeRate, float PlayRatio, float LogCount);

/// <summary>
/// Item statistics as features. Each mean is (sum + s m) / (n + s), with m the mean over all items and s =
/// <see cref="PriorImpressions"/>; only rows that tell of the quantity count.
/// </summary>
/// <remarks>
/// A training row must not see its own answer: give it the statistics of <see cref="OutOfFold"/>, which leave out all rows of its user's
/// fold. Rows of later days and served items take those of the whole log (<see cref="Of"/>).
/// </remarks>
public sealed class ItemStatistics
{
    /// <summary>The prior mean counts like this many impressions; our choice.</summary>
    public const double PriorImpressions = 20;

    /// <summary>A play ratio above this counts as this, so that a loop left running does not rule an item's mean; our choice.</summary>
    public const float MaxPlayRatio = 3;

    private readonly Dictionary<string, ItemStatistic> _items;

    private ItemStatistics(IdTable items, Sums[] sums, double countScale)
    {
        var total = Sums.Of(sums);
        var priors = Array.ConvertAll(Sums.Means, mean => mean.Known(total) > 0 ? mean.Sum(total) / mean.Known(total) : 0);
        Unknown = Statistic(default, priors, countScale);
        _items = new Dictionary<string, ItemStatistic>(items.Count, StringComparer.Ordinal);
        for (var item = 0; item < items.Count; item++)
            _items.Add(items[item], Statistic(sums[item], priors, countScale));
    }

    /// <summary>The statistic of an item that was never shown: the means over all items.</summary>
    public ItemStatistic Unknown { get; }

    /// <summary>An item's statistic; <see cref="Unknown"/> for one that the log lacks.</summary>
    public ItemStatistic this[string itemId] => _items.GetValueOrDefault(itemId, Unknown);

    /// <summary>The statistics of a whole log.</summary>
    public static ItemStatistics Of(ImpressionLog log) => new(log.Items, Sum(log, 1, _ => 0)[0], countScale: 1);

    /// <summary>
    /// For every fold f the statistics of the rows of all users outside f. Counts are scaled up to the whole log's size, so that the
    /// feature means the same in training as later.
    /// </summary>
    /// <returns>[folds]; a row of user u takes the one of <c>folds.Of(u)</c>.</returns>
    public static IReadOnlyList<ItemStatistics> OutOfFold(ImpressionLog log, UserFolds folds)
    {
        var foldOf = log.Users.Ids.Select(folds.Of).ToArray();
        var sums = Sum(log, folds.Count, user => foldOf[user]);
        var scale = folds.Count / (folds.Count - 1.0);
        return [.. Enumerable.Range(0, folds.Count).Select(fold => new ItemStatistics(log.Items, Outside(fold), scale))];

        Sums[] Outside(int fold)
        {
            var others = sums.Where((_, other) => other != fold).ToArray();
            return [.. Enumerable.Range(0, log.Items.Count).Select(item => Sums.Of(others.Select(other => other[item])))];
        }
    }

    private static ItemStatistic Statistic(in Sums sums, double[] priors, double countScale)
    {
        Span<float> means = stackalloc float[Sums.Means.Length];
        for (var i = 0; i < means.Length; i++)
            means[i] = (float)((Sums.Means[i].Sum(sums) + (PriorImpressions * priors[i])) / (Sums.Means[i].Known(sums) + PriorImpressions));
        return new ItemStatistic(means[0], means[1], means[2], means[3], (float)Math.Log(1 + (countScale * sums.Shown)));
    }

    /// <summary>Sums [folds][items].</summary>
    private static Sums[][] Sum(ImpressionLog log, int folds, Func<int, int> foldOf)
    {
        var sums = new Sums[folds][];
        for (var fold = 0; fold < folds; fold++)
            sums[fold] = new Sums[log.Items.Count];
        for (var row = 0; row < log.Count; row++)
            sums[foldOf(log.User[row])][log.Item[row]].Add(log, row);
        return sums;
    }

    private struct Sums
    {
        /// <summary>What each mean is of: how often it is known, and its sum.</summary>
        public static readonly (Func<Sums, double> Known, Func<Sums, double> Sum)[] Means =
        [
            (sums => sums._clickKnown, sums => sums._clicks),
            (sums => sums._longViewKnown, sums => sums._longViews),
            (sums => sums._likeKnown, sums => sums._likes),
            (sums => sums._ratioKnown, sums => sums._ratios),
        ];

        private long _clickKnown;
        private long _clicks;
        private long _longViewKnown;
        private long _longViews;
        private long _likeKnown;
        private long _likes;
        private long _ratioKnown;
        private double _ratios;

        public long Shown { get; private set; }

        public static Sums Of(IEnumerable<Sums> parts)
        {
            var total = default(Sums);
            foreach (var part in parts)
            {
                total.Shown += part.Shown;
                total._clickKnown += part._clickKnown;
                total._clicks += part._clicks;
                total._longViewKnown += part._longViewKnown;
                total._longViews += part._longViews;
                total._likeKnown += part._likeKnown;
                total._likes += part._likes;
                total._ratioKnown += part._ratioKnown;
                total._ratios += part._ratios;
            }

            return total;
        }

        public void Add(ImpressionLog log, int row)
        {
            Shown++;
            Count(UserActions.Click, ref _clickKnown, ref _clicks);
            Count(UserActions.LongView, ref _longViewKnown, ref _longViews);
            Count(UserActions.Like, ref _likeKnown, ref _likes);
            var ratio = log.WatchSeconds[row] / log.DurationSeconds[row];
            if (float.IsNaN(ratio))
                return;
            _ratioKnown++;
            _ratios += Math.Min(ratio, MaxPlayRatio);

            void Count(UserActions action, ref long known, ref long done)
            {
                if ((log.Recorded[row] & action) != 0)
                    known++;
                if ((log.Actions[row] & action) != 0)
                    done++;
            }
        }
    }
}
