using MTRec.Core.Features;
using MTRec.Data.Features;
using MTRec.Data.Logs;
using MTRec.Data.Trajectories;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;

namespace MTRec.Learning.Pipelines;

/// <summary>
/// KuaiRand with users kept back: what is learned, learns from one half of the users, on log_train with their log_dev to stop; what is judged, is
/// judged on log_dev and log_test of the others, who are known by their own earlier rows alone.
/// </summary>
public sealed class KeptBackUsers
{
    private readonly BackboneStatistics _statistics;
    private readonly FeatureSchema _schema;
    private readonly int _items;

    /// <summary>Splits the users of a folder by hash.</summary>
    /// <param name="data">The folder.</param>
    /// <param name="historyLength">Impressions of the history tensor.</param>
    /// <param name="seed">Seed of the folds of the item statistics; the two halves are always the same.</param>
    public KeptBackUsers(KuaiRandFolder data, int historyLength, int seed)
    {
        var halves = new UserFolds(2, 0);
        ImpressionLog Half(ImpressionLog log, int half) => log.OfUsers(user => halves.Of(user) == half);
        var train = Half(data.Train, 0);
        var features = new KuaiRandFeatures(train, [.. data.Users.Values], data.Videos);
        var items = features.Items();
        var folds = new UserFolds(5, seed);
        var outOfFold = features.ItemsOutOfFold(folds);
        _schema = new FeatureSchema(features.Definitions, new HistoryLayout(historyLength, DefaultBundle.HistoryActions));
        _items = items.Ids.Count;
        var beforeDev = EarlierEvents.After(data.Histories, data.Train);

        Train = new ImpressionExamples(train, _schema, user => outOfFold[folds.Of(train.Users[user])], data.Users, data.Histories);
        Validation = new ImpressionExamples(Half(data.Dev, 0), _schema, _ => items, data.Users, beforeDev);
        Judged =
        [
            new ImpressionExamples(Half(data.Dev, 1), _schema, _ => items, data.Users, beforeDev),
            .. data.Test is null
                ? Array.Empty<ImpressionExamples>()
                : [new ImpressionExamples(Half(data.Test, 1), _schema, _ => items, data.Users, EarlierEvents.After(beforeDev, data.Dev))],
        ];
        _statistics = BackboneStatistics.Measure(Train);
    }

    /// <summary>To learn from.</summary>
    public ImpressionExamples Train { get; }

    /// <summary>To decide when to stop.</summary>
    public ImpressionExamples Validation { get; }

    /// <summary>To judge on: rows of users that nothing has learned from, one log after the other.</summary>
    public IReadOnlyList<ImpressionExamples> Judged { get; }

    /// <summary>Makes a backbone for these examples.</summary>
    public Backbone NewBackbone(BackboneOptions options) => new(_schema, _statistics, _items, options);
}
