using System.Globalization;
using System.Text;

namespace MTRec.Serving.Tests.Operations;

/// <summary>
/// Reads Prometheus' text format 0.0.4 character by character, knowing nothing of who wrote it, and refuses what Prometheus would refuse, and what it
/// would take and misread: families in pieces, a sample twice, counters without _total, buckets that fall.
/// </summary>
internal sealed class PrometheusSamples
{
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);
    private readonly List<Sample> _samples = [];

    private PrometheusSamples()
    {
    }

    public IReadOnlyDictionary<string, string> Types => _types;

    public IReadOnlyList<Sample> All => _samples;

    public static PrometheusSamples Parse(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', text);
        var parsed = new PrometheusSamples();
        var closed = new HashSet<string>(StringComparer.Ordinal);
        var family = "";
        foreach (var line in text[..^1].Split('\n'))
        {
            var next = line.StartsWith('#') ? parsed.ReadComment(line) : parsed.ReadSample(line);
            if (next == family)
                continue;
            Assert.True(closed.Add(family), $"The family {family} comes in pieces.");
            family = next;
            Assert.DoesNotContain(family, closed);
        }

        parsed.CheckSamples();
        return parsed;
    }

    /// <summary>The value of the one sample with that name and at least those labels.</summary>
    public double Value(string name, params (string Name, string Value)[] labels) => Matching(name, labels).Single().Value;

    public IReadOnlyList<Sample> Matching(string name, params (string Name, string Value)[] labels) =>
        [.. _samples.Where(sample => sample.Name == name && labels.All(label => sample.Labels.GetValueOrDefault(label.Name) == label.Value))];

    private string ReadComment(string line)
    {
        var parts = line.Split(' ', 4);
        Assert.Equal("#", parts[0]);
        if (parts[1] == "TYPE")
        {
            Assert.True(_types.TryAdd(parts[2], parts[3]), $"{parts[2]} has two types.");
            Assert.DoesNotContain(_samples, sample => FamilyOf(sample.Name) == parts[2]);
        }

        return parts[2];
    }

    private string ReadSample(string line)
    {
        var at = 0;
        var name = ReadName(line, ref at, colons: true);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        if (line[at..].StartsWith("{}", StringComparison.Ordinal))
        {
            at += 2;
        }
        else if (line[at] == '{')
        {
            do
            {
                at++;
                var label = ReadName(line, ref at, colons: false);
                Assert.Equal("=\"", line[at..(at + 2)]);
                at += 2;
                Assert.True(labels.TryAdd(label, ReadQuoted(line, ref at)), $"A label twice: {line}");
            }
            while (line[at] == ',');
            Assert.Equal('}', line[at++]);
        }

        Assert.Equal(' ', line[at++]);
        var value = line[at..] switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            "NaN" => double.NaN,
            var number => double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
        _samples.Add(new Sample(name, labels, value));
        return FamilyOf(name);
    }

    private string FamilyOf(string name)
    {
        foreach (var suffix in new[] { "_bucket", "_sum", "_count" })
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal) && _types.GetValueOrDefault(name[..^suffix.Length]) == "histogram")
                return name[..^suffix.Length];
        }

        return name;
    }

    private static string ReadName(string line, ref int at, bool colons)
    {
        var start = at;
        while (char.IsAsciiLetterOrDigit(line[at]) || line[at] == '_' || (colons && line[at] == ':'))
            at++;
        Assert.True(at > start && !char.IsAsciiDigit(line[start]), $"No name: {line}");
        return line[start..at];
    }

    private static string ReadQuoted(string line, ref int at)
    {
        var text = new StringBuilder();
        for (; line[at] != '"'; at++)
        {
            if (line[at] != '\\')
            {
                text.Append(line[at]);
                continue;
            }

            text.Append(line[++at] switch { '\\' => '\\', '"' => '"', 'n' => '\n', _ => throw new FormatException($"No escape: {line}") });
        }

        at++;
        return text.ToString();
    }

    private void CheckSamples()
    {
        Assert.Equal(_samples.Count, _samples.Select(sample => sample.Id()).Distinct().Count());
        foreach (var sample in _samples)
        {
            var type = _types[FamilyOf(sample.Name)];
            Assert.True(type is "counter" or "gauge" or "histogram", type);
            if (type == "counter")
                Assert.True(sample.Value >= 0 && sample.Name.EndsWith("_total", StringComparison.Ordinal), sample.Name);
        }

        foreach (var (name, _) in _types.Where(type => type.Value == "histogram"))
        {
            foreach (var series in _samples.Where(sample => sample.Name == name + "_bucket").GroupBy(sample => sample.Id("le")))
            {
                var buckets = series.Select(sample => (Bound: Bound(sample.Labels["le"]), sample.Value)).ToArray();
                Assert.Equal(buckets.OrderBy(bucket => bucket.Bound), buckets);
                Assert.Equal(buckets.OrderBy(bucket => bucket.Value).Select(bucket => bucket.Value), buckets.Select(bucket => bucket.Value));
                Assert.Equal(double.PositiveInfinity, buckets[^1].Bound);
                var count = _samples.Single(sample => sample.Name == name + "_count" && sample.Id() == series.Key.Replace(name + "_bucket", name + "_count", StringComparison.Ordinal));
                Assert.Equal(count.Value, buckets[^1].Value);
                Assert.Contains(_samples, sample => sample.Name == name + "_sum" && sample.Id() == count.Id().Replace(name + "_count", name + "_sum", StringComparison.Ordinal));
            }
        }
    }

    private static double Bound(string le) => le == "+Inf" ? double.PositiveInfinity : double.Parse(le, NumberStyles.Float, CultureInfo.InvariantCulture);
}

internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value)
{
    /// <summary>Name and labels, without one label.</summary>
    public string Id(string? without = null) =>
        Name + string.Concat(Labels.Where(label => label.Key != without).OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"|{label.Key}={label.Value}"));
}
