using MathNet.Numerics.Distributions;
using MTRec.Core.Bundles;
using MTRec.Core.Events;
using MTRec.Core.Experiments;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>The chance by which the service drew an exposure's action, so that it can be drawn from again: evenly within bounds, or by a truncated Gaussian.</summary>
internal sealed class LoggedDraw
{
    private const double Rounding = 1e-3;

    private readonly IReadOnlyList<ActionDimension> _dimensions;
    private readonly double? _deviation;
    private readonly double[] _mean;
    private readonly double[] _low;
    private readonly double[] _high;

    private LoggedDraw(IReadOnlyList<ActionDimension> dimensions, ExposureExploration drawn)
    {
        (_dimensions, _deviation) = (dimensions, drawn.Deviation);
        (_mean, _low, _high) = (new double[drawn.Baseline.Length], new double[drawn.Baseline.Length], new double[drawn.Baseline.Length]);
        for (var i = 0; i < _mean.Length; i++)
        {
            var (middle, reach) = Range(i);
            _mean[i] = reach > 0 ? Math.Clamp((drawn.Baseline[i] - middle) / reach, -1, 1) : 0;
            _low[i] = reach > 0 ? Math.Max(-1, _mean[i] + drawn.Lower[i % dimensions.Count]) : 0;
            _high[i] = reach > 0 ? Math.Max(_low[i], Math.Min(1, _mean[i] + drawn.Upper[i % dimensions.Count])) : 0;
        }
    }

    /// <summary>The chance behind an exposure; null where its action was not drawn, or by a rule whose density is not the logged one.</summary>
    /// <param name="exposure">The exposure; its exploration fits its action.</param>
    /// <param name="dimensions">The action's dimensions [A].</param>
    public static LoggedDraw? Of(ExposureEvent exposure, IReadOnlyList<ActionDimension> dimensions)
    {
        if (exposure.Exploration is not { } drawn || exposure.Action is not { } action || action.Length != drawn.Baseline.Length)
            return null;
        var draw = new LoggedDraw(dimensions, drawn);
        var logged = drawn.LogDensity.Sum(value => (double)value);
        return Math.Abs(draw.LogDensity(action) - logged) <= Rounding * Math.Max(1, Math.Abs(logged)) ? draw : null;
    }

    /// <summary>Draws once more.</summary>
    /// <param name="chance">Decides the draw.</param>
    /// <param name="action">Receives the action in real units: as many rows as the exposure's.</param>
    public void Draw(ref SplitMix64 chance, Span<float> action)
    {
        for (var i = 0; i < action.Length; i++)
            action[i] = At(i, chance.NextDouble());
    }

    /// <summary>Draws two actions that lie opposite each other: each is drawn by the rule, and the middle of the two is the rule's.</summary>
    /// <inheritdoc cref="Draw(ref SplitMix64, Span{float})"/>
    public void Draw(ref SplitMix64 chance, Span<float> action, Span<float> opposite)
    {
        for (var i = 0; i < action.Length; i++)
        {
            var share = chance.NextDouble();
            (action[i], opposite[i]) = (At(i, share), At(i, 1 - share));
        }
    }

    // The inverse distribution function.
    private float At(int i, double share)
    {
        var (middle, reach) = Range(i);
        var drawn = _low[i] + ((_high[i] - _low[i]) * share);
        if (_deviation is { } deviation && _high[i] > _low[i])
        {
            var below = Normal.CDF(0, 1, (_low[i] - _mean[i]) / deviation);
            var mass = Normal.CDF(0, 1, (_high[i] - _mean[i]) / deviation) - below;
            drawn = Math.Clamp(_mean[i] + (deviation * Normal.InvCDF(0, 1, below + (share * mass))), _low[i], _high[i]);
        }

        return Math.Clamp((float)(middle + (drawn * reach)), _dimensions[i % _dimensions.Count].Min, _dimensions[i % _dimensions.Count].Max);
    }

    private double LogDensity(float[] action)
    {
        var sum = 0.0;
        for (var i = 0; i < action.Length; i++)
        {
            if (_high[i] <= _low[i])
                continue;
            if (_deviation is not { } deviation)
            {
                sum -= Math.Log(_high[i] - _low[i]);
                continue;
            }

            var (middle, reach) = Range(i);
            var mass = Normal.CDF(0, 1, (_high[i] - _mean[i]) / deviation) - Normal.CDF(0, 1, (_low[i] - _mean[i]) / deviation);
            sum += Normal.PDFLn(_mean[i], deviation, (action[i] - middle) / reach) - Math.Log(mass);
        }

        return sum;
    }

    private (double Middle, double Reach) Range(int i)
    {
        var dimension = _dimensions[i % _dimensions.Count];
        return ((dimension.Max + (double)dimension.Min) / 2, (dimension.Max - (double)dimension.Min) / 2);
    }
}
