using MTRec.Core.Features;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;

namespace MTRec.Learning.Pipelines;

/// <summary>A folder's logs as examples. What is known of items is measured on the training log, for its own rows without their user.</summary>
public sealed record KuaiRandExamples
{
    /// <summary>The features, of all three kinds.</summary>
    public required IReadOnlyList<FeatureDefinition> Definitions { get; init; }

    /// <summary>The layout of the tensors.</summary>
    public required FeatureSchema Schema { get; init; }

    /// <summary>The items with their features.</summary>
    public required ItemTable Items { get; init; }

    /// <summary>To learn from.</summary>
    public required ImpressionExamples Train { get; init; }

    /// <summary>To decide on.</summary>
    public required ImpressionExamples Dev { get; init; }

    /// <summary>For figures only; null where there is no such log.</summary>
    public required ImpressionExamples? Test { get; init; }

    /// <summary>How the training log normalises the features.</summary>
    public required BackboneStatistics Statistics { get; init; }

    /// <summary>The splits that figures are made on, by name.</summary>
    public IEnumerable<(string Name, ImpressionExamples Examples)> Evaluated
    {
        get
        {
            yield return ("dev", Dev);
            if (Test is not null)
                yield return ("test", Test);
        }
    }

    /// <summary>Prepares a folder.</summary>
    /// <param name="data">The folder.</param>
    /// <param name="historyLength">Impressions of the history tensor, 1 or more.</param>
    /// <param name="statisticsFolds">Folds of the item statistics, 2 or more.</param>
    /// <param name="seed">Seed of the folds.</param>
    public static KuaiRandExamples From(KuaiRandFolder data, int historyLength, int statisticsFolds, int seed)
    {
        var layout = new KuaiRandLayout(data, data.Train, historyLength, statisticsFolds, seed);
        return new KuaiRandExamples
        {
            Definitions = layout.Definitions,
            Schema = layout.Schema,
            Items = layout.Items,
            Train = layout.Train,
            Dev = layout.OfDev(data.Dev),
            Test = data.Test is null ? null : layout.OfTest(data.Test),
            Statistics = layout.Statistics,
        };
    }

    /// <summary>Makes a backbone for these examples.</summary>
    public Backbone NewBackbone(BackboneOptions options) => new(Schema, Statistics, Items.Ids.Count, options);
}
