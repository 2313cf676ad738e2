using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace MTRec.Telemetry;

/// <summary>
/// Writes metrics in Prometheus' text format, version 0.0.4. Names and units follow OpenTelemetry's rules for Prometheus: dots become
/// underscores, the unit and, on counters, <c>_total</c> are put behind.
/// </summary>
public static class PrometheusText
{
    /// <summary>The media type.</summary>
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Writes <paramref name="metrics"/>. A name that two metrics share is written once, with the first one's type; others of another type are left out.</summary>
    public static void Write(StringBuilder text, in Batch<Metric> metrics)
    {
        var families = new Dictionary<string, List<Metric>>(StringComparer.Ordinal);
        foreach (var metric in metrics)
        {
            if (TypeOf(metric.MetricType) is not { } type)
                continue;
            var name = NameOf(metric.Name, metric.Unit, type);
            if (!families.TryGetValue(name, out var family))
                families.Add(name, [metric]);
            else if (family[0].MetricType == metric.MetricType)
                family.Add(metric);
        }

        foreach (var (name, family) in families)
            WriteFamily(text, name, family);
    }

    /// <summary>A metric's name, such as <c>mtrec_rank_stage_duration_seconds</c>.</summary>
    /// <param name="name">OpenTelemetry's name.</param>
    /// <param name="unit">Its unit in UCUM.</param>
    /// <param name="type">Prometheus' type.</param>
    public static string NameOf(string name, string unit, string type)
    {
        var result = Legal(name, colons: true);
        if (UnitOf(unit, type) is { Length: > 0 } suffix && !result.EndsWith("_" + suffix, StringComparison.Ordinal))
            result += "_" + suffix;
        return type == "counter" && !result.EndsWith("_total", StringComparison.Ordinal) ? result + "_total" : result;
    }

    private static string? TypeOf(MetricType type) => type switch
    {
        MetricType.LongSum or MetricType.DoubleSum => "counter",
        MetricType.LongGauge or MetricType.DoubleGauge or MetricType.LongSumNonMonotonic or MetricType.DoubleSumNonMonotonic => "gauge",
        MetricType.Histogram => "histogram",
        _ => null,
    };

    // What stands in braces is an annotation, no unit.
    private static string UnitOf(string unit, string type) => unit switch
    {
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "By" => "bytes",
        "%" => "percent",
        "1" => type == "gauge" ? "ratio" : "",
        _ when unit.Contains('{', StringComparison.Ordinal) => "",
        _ => Legal(unit, colons: false).Trim('_'),
    };

    private static void WriteFamily(StringBuilder text, string name, List<Metric> family)
    {
        var type = TypeOf(family[0].MetricType)!;
        var unit = UnitOf(family[0].Unit, type);
        text.Append("# HELP ").Append(name).Append(' ').Append(Escaped(family[0].Description, quotes: false)).Append('\n');
        text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        if (unit.Length > 0)
            text.Append("# UNIT ").Append(name).Append(' ').Append(unit).Append('\n');
        foreach (var metric in family)
        {
            foreach (ref readonly var point in metric.GetMetricPoints())
                WritePoint(text, name, metric.MetricType, in point);
        }
    }

    private static void WritePoint(StringBuilder text, string name, MetricType type, in MetricPoint point)
    {
        var labels = LabelsOf(point.Tags);
        switch (type)
        {
            case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                WriteSample(text, name, labels, point.GetSumLong());
                break;
            case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                WriteSample(text, name, labels, point.GetSumDouble());
                break;
            case MetricType.LongGauge:
                WriteSample(text, name, labels, point.GetGaugeLastValueLong());
                break;
            case MetricType.DoubleGauge:
                WriteSample(text, name, labels, point.GetGaugeLastValueDouble());
                break;
            default:
                WriteHistogram(text, name, labels, in point);
                break;
        }
    }

    private static void WriteHistogram(StringBuilder text, string name, string labels, in MetricPoint point)
    {
        var separator = labels.Length > 0 ? "," : "";
        var count = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            count += bucket.BucketCount;
            WriteSample(text, name + "_bucket", $"{labels}{separator}le=\"{Number(bucket.ExplicitBound)}\"", count);
        }

        WriteSample(text, name + "_sum", labels, point.GetHistogramSum());
        WriteSample(text, name + "_count", labels, point.GetHistogramCount());
    }

    private static void WriteSample(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    // Two tags may get one name: then their values are joined, as OpenTelemetry wants it.
    private static string LabelsOf(ReadOnlyTagCollection tags)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
        {
            var name = Legal(key, colons: false);
            var text = ValueOf(value);
            labels[name] = labels.TryGetValue(name, out var before) ? $"{before};{text}" : text;
        }

        return string.Join(',', labels.Select(label => $"{label.Key}=\"{Escaped(label.Value, quotes: true)}\""));
    }

    private static string ValueOf(object? value) => value switch
    {
        bool truth => truth ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value?.ToString() ?? "",
    };

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Legal(string name, bool colons)
    {
        var legal = string.Create(name.Length, (name, colons), static (span, state) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsAsciiLetterOrDigit(state.name[i]) || (state.colons && state.name[i] == ':') ? state.name[i] : '_';
        });
        return legal.Length == 0 || char.IsAsciiDigit(legal[0]) ? "_" + legal : legal;
    }

    private static string Escaped(string text, bool quotes)
    {
        text = text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
        return quotes ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
    }
}
