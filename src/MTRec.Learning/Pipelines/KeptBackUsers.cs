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
    private const int StatisticsFolds = 5;

    private readonly KuaiRandLayout _layout;

    /// <summary>Splits the users of a folder by hash.</summary>
    /// <param name="data">The folder.</param>
    /// <param name="historyLength">Impressions of the history tensor.</param>
    /// <param name="seed">Seed of the folds of the item statistics; the two halves are always the same.</param>
    public KeptBackUsers(KuaiRandFolder data, int historyLength, int seed)
    {
        var halves = new UserFolds(2, 0);
        ImpressionLog Half(ImpressionLog log, int half) => log.OfUsers(user => halves.Of(user) == half);
        _layout = new KuaiRandLayout(data, Half(data.Train, 0), historyLength, StatisticsFolds, seed);
        Validation = _layout.OfDev(Half(data.Dev, 0));
        Judged =
        [
            _layout.OfDev(Half(data.Dev, 1)),
            .. data.Test is null ? Array.Empty<ImpressionExamples>() : [_layout.OfTest(Half(data.Test, 1))],
        ];
    }

    /// <summary>To learn from.</summary>
    public ImpressionExamples Train => _layout.Train;

    /// <summary>To decide when to stop.</summary>
    public ImpressionExamples Validation { get; }

    /// <summary>To judge on: rows of users that nothing has learned from, one log after the other.</summary>
    public IReadOnlyList<ImpressionExamples> Judged { get; }

    /// <summary>Makes a backbone for these examples.</summary>
    public Backbone NewBackbone(BackboneOptions options) => _layout.NewBackbone(options);
}
