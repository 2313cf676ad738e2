using MathNet.Numerics.Distributions;
using MTRec.Core.Bundles;
using MTRec.Core.Experiments;
using MTRec.Serving.Exploration;

namespace MTRec.Serving.Tests.Exploration;

public sealed class ActionDrawTests
{
    private const int Draws = 20_000;
    private static readonly ActionDimension[] One = [new("click.weight", -3, 5)];

    // Real means on [-3, 5]: the middle, near an edge, at an edge.
    public static TheoryData<string, float, float, double, float> Cases => new()
    {
        { "Bounded", -0.15f, 0.15f, 0.1, 1 },
        { "Bounded", -0.3f, 0.1f, 0.1, 4.9f },
        { "Bounded", -0.2f, 0.2f, 0.1, -3 },
        { "Gaussian", -2, 2, 0.1, 1 },
        { "Gaussian", -2, 2, 0.8, 4.5f },
        { "Gaussian", -0.2f, 0.3f, 0.25, 5 },
        { "Gaussian", -0.1f, 0.1f, 2, -2.9f },
        { "Gaussian", -2, 2, 0.001, 1 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Draws_follow_the_density_that_is_logged(string kind, float lower, float upper, double deviation, float baseline)
    {
        var draw = new ActionDraw(Enum.Parse<ExplorationKind>(kind), lower, upper, deviation);
        var chance = new SplitMix64(17);
        var action = new float[1];
        var drawn = new (double Place, double Density)[Draws];
        for (var i = 0; i < Draws; i++)
        {
            var logDensity = draw.Draw(One, [baseline], ref chance, action);
            Assert.InRange(action[0], -3, 5);
            drawn[i] = ((action[0] - 1) / 4.0, Math.Exp(logDensity));
        }

        var mean = (baseline - 1) / 4.0;
        var (low, high) = (Math.Max(-1, mean + lower), Math.Min(1, mean + upper));
        Assert.All(drawn, one => Assert.InRange(one.Place, low - 1e-6, high + 1e-6));

        // Kolmogorov-Smirnov: the critical value at 0.0001 is 2.23 / sqrt(n). Rounding to float blurs the narrowest law by little.
        Array.Sort(drawn);
        var law = Law(kind, mean, low, high, deviation);
        var distance = drawn.Select((one, i) => Math.Max(Math.Abs(law(one.Place) - (i / (double)Draws)), Math.Abs(law(one.Place) - ((i + 1) / (double)Draws)))).Max();
        Assert.InRange(distance, 0, 2.23 / Math.Sqrt(Draws));

        // The density integrates to 1 over where draws fall, by trapezoids between neighbours; and up to each quartile to that quartile.
        var mass = 0.0;
        var quartile = 1;
        for (var i = 1; i < Draws; i++)
        {
            mass += (drawn[i].Density + drawn[i - 1].Density) / 2 * (drawn[i].Place - drawn[i - 1].Place);
            if (i == quartile * Draws / 4)
                Assert.Equal(quartile++ / 4.0, mass, 0.02);
        }

        Assert.Equal(1, mass, 0.005);
    }

    [Fact]
    public void Dimensions_are_drawn_apart_and_points_stay()
    {
        ActionDimension[] dimensions = [new("a", 0, 1), new("fixed", 2, 2), new("b", -10, 10)];
        var draw = new ActionDraw(ExplorationKind.Bounded, -0.5f, 0.5f, 0.1);
        var chance = new SplitMix64(3);
        var (a, b) = (new double[Draws], new double[Draws]);
        var action = new float[3];
        for (var i = 0; i < Draws; i++)
        {
            // Both ranges lie inside: the joint density is 1 on a square of side 1.
            Assert.Equal(0, draw.Draw(dimensions, [0.5f, 2, 0], ref chance, action), 1e-12);
            Assert.Equal(2, action[1]);
            (a[i], b[i]) = (action[0], action[2]);
        }

        Assert.InRange(MathNet.Numerics.Statistics.Correlation.Pearson(a, b), -0.03, 0.03);
    }

    private static Func<double, double> Law(string kind, double mean, double low, double high, double deviation)
    {
        if (kind == "Bounded")
            return place => Math.Clamp((place - low) / (high - low), 0, 1);
        var (below, above) = (Normal.CDF(mean, deviation, low), Normal.CDF(mean, deviation, high));
        return place => Math.Clamp((Normal.CDF(mean, deviation, place) - below) / (above - below), 0, 1);
    }
}
