using MTRec.Core.Features;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Networks;

public sealed class HistoryTests
{
    private const int Length = 4;
    private static readonly HistoryLayout Layout = new(Length, ["click", "like"]);

    [Fact]
    public void An_empty_history_gives_zeros_and_no_attention()
    {
        using var scope = NewDisposeScope();
        var encoder = new HistoryEncoder(Layout, 3, 5);
        var encoded = encoder.call(zeros(2, Length, 9), randn(2, Length, 3));
        Assert.All(encoded.Summary.Floats(), value => Assert.Equal(0, value));
        Assert.All(new TargetAttention(6, 5, 4).call(randn(2, 6), encoded).Floats(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void The_summary_has_its_closed_form()
    {
        using var scope = NewDisposeScope();
        // Two impressions, one day and no time ago; the column to summarise is 10, then 4.
        var history = zeros(1, Length, 9);
        foreach (var (place, age) in new[] { (2, 86_400f), (3, 0f) })
        {
            history[0, place, HistoryLayout.PresentColumn] = tensor(1f);
            history[0, place, HistoryLayout.AgeColumn] = tensor(age);
        }

        var summary = new HistorySummary(Length).call(history, tensor(new[] { 99f, 99, 10, 4 }, 1, Length, 1)).Floats();

        var recent = Math.Exp(-1);
        Assert.Equal(14 / 3.0, summary[0], 5);
        Assert.Equal(((10 * recent) + 4) / (2 + recent), summary[1], 5);
        Assert.Equal(14 / 3.0, summary[2], 5);
        Assert.Equal(Math.Log(3), summary[3], 5);
    }

    [Fact]
    public void Only_the_last_rows_of_a_history_need_to_be_given()
    {
        using var scope = NewDisposeScope();
        var encoder = new HistoryEncoder(Layout, 3, 5);
        var attention = new TargetAttention(6, 5, 4);
        var history = zeros(1, Length, 9);
        history.narrow(1, 2, 2).copy_(rand(1, 2, 9));
        history.narrow(1, 2, 2).select(2, HistoryLayout.PresentColumn).fill_(1);
        var items = randn(1, Length, 3);
        var target = randn(1, 6);

        var whole = encoder.call(history, items);
        var cut = encoder.call(history.narrow(1, 2, 2), items.narrow(1, 2, 2));

        Assert.True(whole.Summary.allclose(cut.Summary, atol: 1e-6));
        Assert.True(attention.call(target, whole).allclose(attention.call(target, cut), atol: 1e-6));
    }

    [Fact]
    public void Attention_weighs_impressions_by_the_softmax_of_scaled_products()
    {
        using var scope = NewDisposeScope();
        var attention = new TargetAttention(2, 3, 4);
        var parameters = attention.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        var events = randn(1, Length, 3);
        var item = randn(1, 2);
        var present = tensor(new[] { 0f, 1, 1, 1 }, 1, Length);
        events *= present.unsqueeze(-1);

        var query = item.matmul(parameters["_query.weight"].t()) + parameters["_query.bias"];
        var keys = events.matmul(parameters["_key.weight"].t()) + parameters["_key.bias"];
        var scores = (keys * query.unsqueeze(1)).sum(-1).narrow(1, 1, 3) / 2;
        var expected = (scores.softmax(-1).unsqueeze(-1) * events.narrow(1, 1, 3)).sum(1);

        Assert.True(attention.call(item, new HistoryEncoding(events, present, zeros(1, Length, 1), zeros(1, 1))).allclose(expected, atol: 1e-5));
    }

    [Fact]
    public void Matches_count_responses_to_the_same_item_or_category()
    {
        using var scope = NewDisposeScope();
        var schema = new FeatureSchema(
            [
                new("length", FeatureKind.Item, FeatureType.Numeric, 0, 0, 9),
                new("tag", FeatureKind.Item, FeatureType.Categorical, 0, 0, 9),
            ],
            new HistoryLayout(3, ["click"]));
        // present, age, watch, click, item, length, tag: item 4 clicked, item 5 not, both of tag 2; an absent row.
        var history = tensor(new[] { 0f, 0, 0, 1, 4, 1, 2, 1, 0, 0, 1, 4, 1, 2, 1, 0, 0, 0, 5, 1, 2 }, [1, 3, 7]);
        var responses = history.narrow(2, 3, 1);
        var module = new MatchedResponses(schema);

        float[] Of(float item, float tag) => module.call(tensor(new[] { item, 0, tag }, 1, 3), history, responses.expand(-1, -1, 2)).Floats();

        var log2 = MathF.Log(2);
        var log3 = MathF.Log(3);
        Assert.Equal([0.5f, 0.5f, log2, 1 / 3f, 1 / 3f, log3], Of(4, 2).Select(x => x));
        Assert.Equal([0, 0, log2, 0, 0, 0], Of(5, 7).Select(x => x));
        Assert.Equal([0, 0, 0, 0, 0, 0], Of(0, 0).Select(x => x));
    }
}
