using MTRec.Core.Features;
using MTRec.Data.Features;
using MTRec.Data.Trajectories;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;
using MTRec.Learning.Pipelines;

namespace MTRec.Learning.Tests;

/// <summary>A <see cref="SyntheticLog"/> as examples, and backbones for it.</summary>
internal sealed class SyntheticExamples
{
    public SyntheticExamples(int historyLength = 8, int users = 120, int rowsPerUser = 12)
    {
        using var log = SyntheticLog.Write(users: users, rowsPerUser: rowsPerUser);
        Data = KuaiRandFolder.Read(log.Folder, 1, CancellationToken.None);
        var features = new KuaiRandFeatures(Data.Train, [.. Data.Users.Values], Data.Videos);
        Items = features.Items();
        Schema = new FeatureSchema(features.Definitions, new HistoryLayout(historyLength, DefaultBundle.HistoryActions));
        Folds = new UserFolds(2, 1);
        ItemsOutOfFold = features.ItemsOutOfFold(Folds);
        Train = new ImpressionExamples(
            Data.Train, Schema, user => ItemsOutOfFold[Folds.Of(Data.Train.Users[user])], Data.Users, Data.Histories);
        Dev = new ImpressionExamples(Data.Dev, Schema, _ => Items, Data.Users, Data.Histories);
        Statistics = BackboneStatistics.Measure(Train);
    }

    public KuaiRandFolder Data { get; }

    public ItemTable Items { get; }

    public UserFolds Folds { get; }

    public IReadOnlyList<ItemTable> ItemsOutOfFold { get; }

    public FeatureSchema Schema { get; }

    public ImpressionExamples Train { get; }

    public ImpressionExamples Dev { get; }

    public BackboneStatistics Statistics { get; }

    public static BackboneOptions SmallBackbone { get; } = new() { ItemWidth = 8, EventWidth = 12, ItemDropout = 0.3, Dropout = 0 };

    public Backbone NewBackbone() => new(Schema, Statistics, Items.Ids.Count, SmallBackbone);
}
