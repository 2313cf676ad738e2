using MTRec.Core.Blending;
using MTRec.Core.Bundles;
using MTRec.Core.Events;
using MTRec.Core.Experiments;
using MTRec.Core.Fusion;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>
/// How an exposure's candidates would have been ordered by other fusion scores. What the blend put beside the fusion score is the same whatever the action, and is taken from
/// the log: the logged final scores without the fusion scores of the logged action.
/// </summary>
internal sealed class LoggedOrder
{
    private readonly FusionSection _fusion;
    private readonly bool _multiplies;
    private readonly int _list;
    private readonly float[] _scores;
    private readonly double[] _rest;
    private readonly double[] _final;
    private readonly float[] _fused;
    private readonly Standardiser _ranked;
    private readonly float[] _priors;
    private readonly float[] _parts;

    private LoggedOrder(ExposureEvent exposure, BundleManifest manifest, int list)
    {
        var tasks = manifest.Tasks;
        (_fusion, _multiplies, _list, _ranked) = (manifest.Fusion, exposure.Blend == BlendForm.Multiplicative, list, manifest.Blending.FusionScore);
        _scores = [.. exposure.Scores.Select((score, i) => tasks[i % tasks.Count].Normalise(score))];
        _priors = [.. _fusion.Priors ?? []];
        (_rest, _final, _fused) = (new double[exposure.ItemIds.Length], new double[exposure.ItemIds.Length], new float[exposure.ItemIds.Length]);
        _parts = new float[tasks.Count];
        for (var i = 0; i < _rest.Length; i++)
        {
            var f = Fuse(i, exposure.Action!);
            _rest[i] = !_multiplies ? exposure.FinalScores[i] - _ranked.Z(f)
                : f == 0 ? 0
                : Math.Sign(f) * Math.Log(exposure.FinalScores[i] / f);
        }
    }

    /// <summary>Normalised task scores of a candidate [K].</summary>
    public ReadOnlySpan<float> ScoresOf(int candidate) => _scores.AsSpan(candidate * _parts.Length, _parts.Length);

    /// <summary>Reads an exposure; null where its order is not that of its final scores, or the formula is not one of scores and an action alone.</summary>
    /// <param name="exposure">An exposure that fits the bundle, with an action.</param>
    /// <param name="manifest">The bundle that ranked.</param>
    /// <param name="list">L.</param>
    public static LoggedOrder? Of(ExposureEvent exposure, BundleManifest manifest, int list)
    {
        var final = exposure.FinalScores;
        if (!Fuser.OfScores.Contains(manifest.Fusion.Formula) || final.Length != exposure.ItemIds.Length)
            return null;
        for (var place = 1; place < exposure.Order.Length; place++)
        {
            if (final[exposure.Order[place]] > final[exposure.Order[place - 1]])
                return null;
        }

        var last = final[exposure.Order[list - 1]];
        return final.Count(score => score > last) < list ? new LoggedOrder(exposure, manifest, list) : null;
    }

    /// <summary>The first L candidates, best first, by fusion scores [N] and what standardises them.</summary>
    public int[] First(ReadOnlySpan<float> fusion, Standardiser standardiser)
    {
        for (var i = 0; i < _final.Length; i++)
            _final[i] = _multiplies ? fusion[i] * Math.Exp(Math.Sign(fusion[i]) * _rest[i]) : standardiser.Z(fusion[i]) + _rest[i];
        var first = new int[_list];
        RankOrder.Sort(_final, first);
        return first;
    }

    /// <summary>In how many of a number of further draws each candidate [N] is among the first L.</summary>
    public int[] Draws(LoggedDraw draw, int width, int draws, SplitMix64 chance)
    {
        var action = new float[width];
        var shown = new int[_final.Length];
        for (var k = 0; k < draws; k++)
        {
            draw.Draw(ref chance, action);
            foreach (var i in First(action))
                shown[i]++;
        }

        return shown;
    }

    /// <summary>The first L candidates, best first, where the bundle that ranked had fused by another action.</summary>
    /// <param name="action">In real units: one row, or one a candidate.</param>
    public int[] First(ReadOnlySpan<float> action)
    {
        for (var i = 0; i < _fused.Length; i++)
            _fused[i] = Fuse(i, action);
        return First(_fused, _ranked);
    }

    private float Fuse(int candidate, ReadOnlySpan<float> action)
    {
        var width = _fusion.Action.Count;
        return Fuser.Fuse(_fusion.Formula, ScoresOf(candidate), action.Length == width ? action : action.Slice(candidate * width, width), _priors, _parts);
    }
}
