using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MTRec.Serving.Ranking;

namespace MTRec.Serving.Tests.Ranking;

public sealed class BlendingTests
{
    [Fact]
    public async Task Weight_zero_gives_exactly_the_fusion_order()
    {
        await using var app = await RankApp.StartAsync("--Blending:Weight=0");

        var answer = await app.RankAsync(Requests.Rows(20));

        Assert.Equal(answer.Items.OrderByDescending(item => item.FusionScore).Select(item => item.ItemId), answer.Items.Select(item => item.ItemId));
        Assert.All(answer.Items, item => Assert.NotNull(item.MentalReward));
    }

    [Fact]
    public async Task Ties_stay_in_the_order_of_the_request()
    {
        // Without the reward: a matrix product may round one row otherwise than another, whereas the fusion treats all rows alike.
        await using var app = await RankApp.StartAsync("--Blending:Weight=0");
        var ids = Enumerable.Range(0, 30).Select(i => $"twin-{i * 7 % 30}").ToArray();
        var request = Requests.Rows(1).Changed(r => r["candidates"] = new JsonArray([.. ids.Select(id => Requests.Row(id, 1))]));

        var answer = await app.RankAsync(request);

        Assert.Equal(ids, answer.Items.Select(item => item.ItemId));
    }

    [Fact]
    public async Task A_heavy_weight_gives_the_order_of_the_mental_reward()
    {
        await using var app = await RankApp.StartAsync("--Blending:Weight=100");

        var answer = await app.RankAsync(Requests.Rows(20));

        Assert.Equal(answer.Items.OrderByDescending(item => item.MentalReward!.Mean).Select(item => item.ItemId), answer.Items.Select(item => item.ItemId));
    }

    [Fact]
    public async Task A_changed_configuration_takes_effect_and_a_bad_one_keeps_the_old()
    {
        await using var app = await RankApp.StartAsync("--Blending:Form=Additive");
        var configuration = (IConfigurationRoot)app.Services.GetRequiredService<IConfiguration>();
        var blending = app.Services.GetRequiredService<LiveBlending>();

        configuration["Blending:Weight"] = "0";
        configuration.Reload();
        Assert.Equal(0, blending.Current.Weight);
        var answer = await app.RankAsync(Requests.Rows(20));
        Assert.Equal(answer.Items.OrderByDescending(item => item.FusionScore).Select(item => item.ItemId), answer.Items.Select(item => item.ItemId));

        foreach (var (key, value) in new[] { ("Blending:Weight", "-1"), ("Blending:Weight", "much"), ("Blending:Form", "Best"), ("Blending:Wieght", "1") })
        {
            var before = configuration[key];
            configuration[key] = value;
            configuration.Reload();
            Assert.Equal(0, blending.Current.Weight);
            configuration[key] = before;
        }
    }

    [Fact]
    public void Every_fault_of_the_options_is_reported()
    {
        var options = new BlendingOptions { Weight = double.NaN, Level = 1, Threshold = double.PositiveInfinity };

        Assert.Equal(["Weight", "Level", "Threshold"], options.Faults().Select(fault => fault.Split(' ')[0]));
    }
}
