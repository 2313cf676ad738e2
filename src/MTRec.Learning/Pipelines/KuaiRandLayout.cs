using System.Collections.Immutable;
using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Data.Features;
using MTRec.Data.Logs;
using MTRec.Data.Trajectories;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;

namespace MTRec.Learning.Pipelines;

/// <summary>Lays logs out as examples: what is known of items is measured on a training log, for its own rows without their user.</summary>
internal sealed class KuaiRandLayout
{
    private readonly KuaiRandFolder _data;
    private readonly IReadOnlyDictionary<string, ImmutableArray<SessionEvent>> _beforeDev;

    /// <param name="data">The folder.</param>
    /// <param name="train">The rows of its training log to measure on.</param>
    /// <param name="historyLength">Impressions of the history tensor, 1 or more.</param>
    /// <param name="statisticsFolds">Folds of the item statistics, 2 or more.</param>
    /// <param name="seed">Seed of the folds.</param>
    public KuaiRandLayout(KuaiRandFolder data, ImpressionLog train, int historyLength, int statisticsFolds, int seed)
    {
        _data = data;
        var features = new KuaiRandFeatures(train, [.. data.Users.Values], data.Videos);
        Definitions = features.Definitions;
        Items = features.Items();
        Schema = new FeatureSchema(features.Definitions, new HistoryLayout(historyLength, DefaultBundle.HistoryActions));
        var folds = new UserFolds(statisticsFolds, seed);
        var outOfFold = features.ItemsOutOfFold(folds);
        var foldOf = train.Users.Ids.Select(folds.Of).ToArray();
        _beforeDev = EarlierEvents.After(data.Histories, data.Train);
        Train = new ImpressionExamples(train, Schema, user => outOfFold[foldOf[user]], data.Users, data.Histories);
        Statistics = BackboneStatistics.Measure(Train);
    }

    /// <summary>The features, of all three kinds.</summary>
    public IReadOnlyList<FeatureDefinition> Definitions { get; }

    /// <summary>The layout of the tensors.</summary>
    public FeatureSchema Schema { get; }

    /// <summary>The items with their features.</summary>
    public ItemTable Items { get; }

    /// <summary>The rows that were measured on.</summary>
    public ImpressionExamples Train { get; }

    /// <summary>How they normalise the features.</summary>
    public BackboneStatistics Statistics { get; }

    /// <summary>Rows of the development log.</summary>
    public ImpressionExamples OfDev(ImpressionLog rows) => new(rows, Schema, _ => Items, _data.Users, _beforeDev);

    /// <summary>Rows of the test log.</summary>
    public ImpressionExamples OfTest(ImpressionLog rows) =>
        new(rows, Schema, _ => Items, _data.Users, EarlierEvents.After(_beforeDev, _data.Dev));

    /// <summary>Makes a backbone for these examples.</summary>
    public Backbone NewBackbone(BackboneOptions options) => new(Schema, Statistics, Items.Ids.Count, options);
}
