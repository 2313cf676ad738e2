using System.Globalization;

namespace MTRec.Benchmarks.Serving;

/// <summary>Several measurements of one figure, a round each.</summary>
/// <param name="Median">The middle one.</param>
/// <param name="Low">The lowest.</param>
/// <param name="High">The highest.</param>
internal sealed record Spread(double Median, double Low, double High)
{
    /// <summary>Of some measurements.</summary>
    public static Spread Of(IEnumerable<double> measured)
    {
        var sorted = measured.Order().ToArray();
        return new Spread(sorted[sorted.Length / 2], sorted[0], sorted[^1]);
    }

    /// <summary>Of the ratios of two figures, round by round: what slows the machine for a while slows both.</summary>
    public static Spread OfRatios(IEnumerable<double> measured, IEnumerable<double> reference) => Of(measured.Zip(reference, (ours, theirs) => ours / theirs));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Median:0.00} [{Low:0.00}, {High:0.00}]");
}
