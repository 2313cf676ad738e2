using MTRec.Core.Features;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;
using MTRec.Data.Trajectories;

namespace MTRec.Data.Features;

/// <summary>
/// What a training log and its users' and videos' files give: the definitions of the features, for the manifest, and the item tables.
/// <see cref="KuaiRandEncoder"/> writes the context and the users by these definitions, in training and later.
/// </summary>
/// <remarks>
/// Context: <c>hour</c> 0 to 23, <c>dayOfWeek</c> 0 (Sunday) to 6, <c>tab</c>; their codes are the values themselves, so 0 is a value like
/// any other. User: <c>activeDegree</c>, <c>isLowActivePeriod</c>, <c>isLiveStreamer</c>, <c>isVideoAuthor</c>, <c>followCount</c>,
/// <c>fansCount</c>, <c>friendCount</c>, <c>registerDays</c>, <c>onehot0</c> to <c>onehot17</c>. Item: <c>duration</c> (seconds),
/// <c>width</c>, <c>height</c>, <c>uploadDay</c> (days since 2022-01-01), <c>clickRate</c>, <c>longViewRate</c>, <c>likeRate</c>,
/// <c>playRatio</c>, <c>logCount</c> (<see cref="ItemStatistic"/>), <c>uploadType</c>, <c>videoType</c>, <c>musicType</c>, <c>tag</c> (a
/// video's first tag). Defaults are medians of numbers, the most frequent hour, day and tab, and unknown for other categories.
/// </remarks>
public sealed class KuaiRandFeatures
{
    /// <summary>A category needs this many users or videos to get a code of its own; our choice.</summary>
    public const int MinCategoryCount = 10;

    private readonly ImpressionLog _log;
    private readonly Dictionary<string, VideoProfile> _videos;
    private readonly Dictionary<string, float> _durations;
    private readonly IReadOnlyList<string> _itemIds;
    private readonly ItemStatistics _statistics;
    private readonly FeatureDefinition[] _items;

    /// <summary>Learns definitions and statistics.</summary>
    /// <param name="log">The training log; nothing of any other log may be in it.</param>
    /// <param name="users">Descriptions of users; those outside the log are passed over.</param>
    /// <param name="videos">Descriptions of videos; those outside the log are in the item table, but shape no definition.</param>
    public KuaiRandFeatures(ImpressionLog log, IReadOnlyList<UserProfile> users, IReadOnlyList<VideoProfile> videos)
    {
        _log = log;
        _videos = videos.ToDictionary(video => video.VideoId, StringComparer.Ordinal);
        _durations = Durations(log);
        _statistics = ItemStatistics.Of(log);
        var items = Vocabulary.Ordered(log.Items.Ids.Union(_videos.Keys, StringComparer.Ordinal));
        _itemIds = [.. items.OrderByDescending(id => _statistics[id].LogCount)];

        var knownUsers = users.Where(user => log.Users.Find(user.UserId) >= 0).ToArray();
        var knownItems = log.Items.Ids.Select(id => Source(id, _statistics)).ToArray();
        _items =
        [
            .. KuaiRandColumns.ItemNumbers.Select(column => Numeric(FeatureKind.Item, column, knownItems, Default(column))),
            .. KuaiRandColumns.ItemCategories.Select(column => Categorical(FeatureKind.Item, column, knownItems)),
        ];
        Definitions =
        [
            Code(KuaiRandColumns.Hour, 23, log.Hour),
            Code(KuaiRandColumns.DayOfWeek, 6, log.Day.Select(day => (int)DateOnly.FromDayNumber(day).DayOfWeek)),
            Code(KuaiRandColumns.Tab, Math.Max(1, log.Tab.DefaultIfEmpty().Max()), log.Tab),
            .. KuaiRandColumns.UserNumbers.Select(column => Numeric(FeatureKind.User, column, knownUsers, null)),
            .. KuaiRandColumns.UserCategories.Select(column => Categorical(FeatureKind.User, column, knownUsers)),
            .. _items,
        ];

        // An item that nobody has seen has the prior's statistics.
        float? Default(NumericColumn<ItemSource> column)
        {
            var unknown = column.Value(new ItemSource(null, _statistics.Unknown, float.NaN));
            return float.IsNaN(unknown) ? null : unknown;
        }
    }

    /// <summary>All features, in tensor order within their kind.</summary>
    public IReadOnlyList<FeatureDefinition> Definitions { get; }

    /// <summary>
    /// The table to export and to evaluate later rows with: every item of the log or the videos' file, the most shown first, with the
    /// statistics of the whole log.
    /// </summary>
    public ItemTable Items() => Table(_statistics);

    /// <summary>
    /// The tables to train with: the same rows, but in place f the statistics without the users of fold f
    /// (see <see cref="ItemStatistics.OutOfFold"/>). A row of user u takes the table <c>folds.Of(u)</c>.
    /// </summary>
    public IReadOnlyList<ItemTable> ItemsOutOfFold(UserFolds folds) => [.. ItemStatistics.OutOfFold(_log, folds).Select(Table)];

    private static FeatureDefinition Code(string name, int max, IEnumerable<int> values) =>
        new(name, FeatureKind.Context, FeatureType.Categorical, MostFrequent(values), 0, max);

    private static int MostFrequent(IEnumerable<int> values) => values.Where(value => value >= 0)
        .CountBy(value => value)
        .OrderByDescending(pair => pair.Value)
        .ThenBy(pair => pair.Key)
        .FirstOrDefault().Key;

    private static FeatureDefinition Numeric<T>(FeatureKind kind, NumericColumn<T> column, IEnumerable<T> sources, float? unknown)
    {
        var values = sources.Select(column.Value).Where(float.IsFinite).Order().ToArray();
        var typical = Math.Clamp(unknown ?? (values.Length > 0 ? values[values.Length / 2] : column.Min), column.Min, column.Max);
        return new FeatureDefinition(column.Name, kind, FeatureType.Numeric, typical, column.Min, column.Max);
    }

    private static FeatureDefinition Categorical<T>(FeatureKind kind, CategoricalColumn<T> column, IEnumerable<T> sources)
    {
        var codes = Vocabulary.Of(sources.Select(column.Text), MinCategoryCount);
        return new FeatureDefinition(column.Name, kind, FeatureType.Categorical, 0, 0, Math.Max(1, codes.Count), codes);
    }

    private static Dictionary<string, float> Durations(ImpressionLog log)
    {
        var durations = new Dictionary<string, float>(StringComparer.Ordinal);
        for (var row = 0; row < log.Count; row++)
        {
            if (!float.IsNaN(log.DurationSeconds[row]))
                durations.TryAdd(log.Items[log.Item[row]], log.DurationSeconds[row]);
        }

        return durations;
    }

    private ItemSource Source(string id, ItemStatistics statistics) =>
        new(_videos.GetValueOrDefault(id), statistics[id], _durations.GetValueOrDefault(id, float.NaN));

    private ItemTable Table(ItemStatistics statistics)
    {
        var (numbers, categories) = (KuaiRandColumns.ItemNumbers, KuaiRandColumns.ItemCategories);
        var features = new float[_itemIds.Count * _items.Length];
        for (var row = 0; row < _itemIds.Count; row++)
        {
            var source = Source(_itemIds[row], statistics);
            var values = features.AsSpan(row * _items.Length, _items.Length);
            for (var i = 0; i < numbers.Length; i++)
                values[i] = FeatureValue.Of(_items[i], numbers[i].Value(source));
            for (var i = numbers.Length; i < values.Length; i++)
                values[i] = FeatureValue.Of(_items[i], categories[i - numbers.Length].Text(source));
        }

        return new ItemTable(_itemIds, features, _items.Length);
    }
}
