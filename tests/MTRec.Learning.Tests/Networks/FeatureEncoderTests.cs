using MTRec.Core.Features;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Networks;

public sealed class FeatureEncoderTests
{
    private static readonly FeatureDefinition[] Features =
    [
        new("rate", FeatureKind.Item, FeatureType.Numeric, 0, 0, 1),
        new("code", FeatureKind.Item, FeatureType.Categorical, 0, 0, 2),
        new("count", FeatureKind.Item, FeatureType.Numeric, 0, 0, 1e6f),
        new("other", FeatureKind.Item, FeatureType.Categorical, 0, 0, 4),
    ];

    [Fact]
    public void Statistics_find_the_heavy_tail_and_normalise()
    {
        var random = new Random(1);
        var values = Enumerable.Range(0, 5000)
            .SelectMany(_ => new[] { (float)random.NextDouble(), random.Next(3), MathF.Exp(3 + (2 * Normal(random))), random.Next(5) })
            .ToArray();

        var statistics = NumericStatistics.Measure(Features, values, 4);

        Assert.False(statistics[0].HeavyTailed);
        Assert.True(statistics[2].HeavyTailed);
        Assert.Equal(0.5, statistics[0].Mean, 0.02);
        Assert.Equal(Math.Sqrt(1 / 12.0), statistics[0].Deviation, 0.02);
        using var encoder = new FeatureEncoder(Features, statistics, 2);
        using var encoded = encoder.call(tensor(values, 5000, 4)).narrow(1, 0, 2);
        foreach (var column in new[] { 0, 1 })
        {
            Assert.Equal(0, encoded.select(1, column).mean().item<float>(), 0.02f);
            Assert.Equal(1, encoded.select(1, column).std().item<float>(), 0.02f);
        }
    }

    [Fact]
    public void A_constant_column_is_not_blown_up()
    {
        var statistics = NumericStatistics.Measure([Features[0]], [0.5f, 0.5f, 0.5f], 1);
        Assert.Equal(1, statistics[0].Deviation);
    }

    [Fact]
    public void Values_out_of_range_count_as_its_ends()
    {
        using var scope = NewDisposeScope();
        var encoder = new FeatureEncoder(Features, [new(false, 0.5, 0.5), default, new(true, 2, 1), default], 3);
        var ends = encoder.call(tensor(new[] { 1f, 2, 1e6f, 0 }, 1, 4)).Floats();
        var beyond = encoder.call(tensor(new[] { 9f, 17, 1e30f, -3 }, 1, 4)).Floats();

        Assert.Equal(2 + (2 * 3), encoder.Width);
        Assert.Equal(ends, beyond);
        Assert.Equal(1, ends[0]);
        Assert.Equal(5, ends[1]);
    }

    [Fact]
    public void Categories_have_rows_of_their_own()
    {
        using var scope = NewDisposeScope();
        var encoder = new FeatureEncoder(Features, [new(false, 0, 1), default, new(false, 0, 1), default], 1);
        var seen = new HashSet<float>();
        for (var code = 0; code < 3; code++)
        {
            for (var other = 0; other < 5; other++)
            {
                var encoded = encoder.call(tensor(new[] { 0f, code, 0, other }, 1, 4)).Floats();
                seen.Add(encoded[2]);
                seen.Add(encoded[3]);
            }
        }

        Assert.Equal(8, seen.Count);
    }

    private static float Normal(Random random) =>
        MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle());
}
