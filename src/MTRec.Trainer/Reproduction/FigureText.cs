using System.Globalization;

namespace MTRec.Trainer.Reproduction;

/// <summary>Figures as text: as many digits as tell something.</summary>
internal static class FigureText
{
    /// <summary>What stands where there is no figure.</summary>
    public const string None = "–";

    /// <summary>A number: none of the decimals of a whole one; four about 1, fewer where it is large, powers of ten where it is very large or very small.</summary>
    public static string Of(double value) => Math.Abs(value) switch
    {
        double.NaN => None,
        0 => "0",
        >= 1e6 or < 1e-4 => value.ToString("0.###e0", CultureInfo.InvariantCulture),
        _ when value == Math.Round(value) => value.ToString("0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.0000", CultureInfo.InvariantCulture),
    };

    /// <summary>The interval, empty where there is none.</summary>
    public static string Interval(ReportCell cell) => cell is { Low: { } low, High: { } high } && !(low == high) && !double.IsNaN(low + high)
        ? $"{Of(low)} to {Of(high)}"
        : "";

    /// <summary>A figure with its interval.</summary>
    public static string Of(ReportCell? cell) => cell switch
    {
        null => None,
        _ when Interval(cell) is { Length: > 0 } interval => $"{Of(cell.Value)} ({interval})",
        _ => Of(cell.Value),
    };
}
