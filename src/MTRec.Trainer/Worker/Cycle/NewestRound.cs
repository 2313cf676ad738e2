using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Learning.Fusion;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>
/// What learners of one action a request learn from: the sessions that the serving policy ranked. Rounds differ in more than their policy, by the days that they fell on: a learner that sees several takes for the
/// actions' doing what the days did, for each round's actions lie elsewhere. What earlier rounds taught is in the networks that are gone on from (ours).
/// </summary>
/// <param name="serving">The bundle.</param>
/// <param name="pairs">Pairs of further actions beside each exposure's, 0 or more: <see cref="DrawnAgain"/>.</param>
/// <param name="manifests">Of what ranked.</param>
/// <param name="list">L.</param>
internal sealed class NewestRound(BundleManifest serving, int pairs, RankedBy manifests, int list)
{
    private readonly string _name = $"{serving.Name}/{serving.Version}";
    private readonly List<long> _rows = [];
    private readonly DrawnAgain? _drawn = pairs == 0 || !Fuser.OfScores.Contains(serving.Fusion.Formula) ? null
        : new DrawnAgain(new FusionActions(serving.Fusion, serving.Tasks.Count), manifests, list, pairs);

    private long _count;
    private int _explored;

    /// <summary>Adds a session, in the order of the log's rows.</summary>
    public void Add(IReadOnlyList<ReplayedStep> session)
    {
        if (session.All(step => step.Exposure.Bundle == _name))
        {
            _rows.AddRange(Enumerable.Range(0, session.Count).Select(step => _count + step));
            _explored += session.Count(step => step.Exposure.Exploration is not null);
            _drawn?.Add(session);
        }

        _count += session.Count;
    }

    /// <summary>Those sessions, with their further actions.</summary>
    /// <param name="log">All that may be learned from.</param>
    /// <param name="least">Explored exposures that they must hold.</param>
    /// <returns>A log of its own; the caller disposes of it. Null where they hold fewer.</returns>
    public FusionLog? Of(FusionLog log, int least)
    {
        if (_explored < least)
            return null;
        var own = log.At(_rows);
        if (_drawn is null)
            return own;
        using (own)
            return _drawn.With(own);
    }
}
