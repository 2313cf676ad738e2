using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Testing;
using Xunit;

namespace MTRec.Core.Tests.Features;

public class FeatureAssemblerTests
{
    private static readonly FeatureSchema Schema = TestBundles.Manifest().Schema();
    private static readonly ItemTable Items = TestBundles.ItemTable(TestBundles.Manifest());
    private readonly FeatureAssembler _assembler = new(Schema);

    [Fact]
    public void Features_have_their_places()
    {
        Assert.True(Schema.TryFind(FeatureKind.Item, "category", out var index));
        Assert.Equal(1, index);
        Assert.True(Schema.TryFind(FeatureKind.User, "device".AsSpan(), out index));
        Assert.Equal(1, index);
        Assert.False(Schema.TryFind(FeatureKind.Item, "age", out _));
        Assert.Equal(3, Schema.ItemWidth);
        Assert.Equal(3 + 2 + 3, Schema.HistoryWidth);
    }

    [Fact]
    public void A_name_may_serve_two_kinds_but_not_two_features_of_one()
    {
        var age = new FeatureDefinition("age", FeatureKind.User, FeatureType.Numeric, 0, 0, 1);

        _ = new FeatureSchema([age, age with { Kind = FeatureKind.Item }], Schema.History);
        Assert.Throws<ArgumentException>(() => new FeatureSchema([age, age], Schema.History));
    }

    [Fact]
    public void An_unknown_item_has_defaults_and_no_index()
    {
        float[] row = [9, 9, 9];

        Assert.False(_assembler.WriteItem("nobody", Items, row));
        Assert.Equal([0, 20, 0], row);
        Assert.True(_assembler.WriteItem("v-3", Items, row));
        Assert.Equal([3, 25, 2], row);
    }

    [Fact]
    public void History_stands_at_the_end_newest_last()
    {
        var history = Enumerable.Repeat(9f, 5 * 8).ToArray();
        SessionEvent[] events =
        [
            new("v-1", 1_000, UserActions.Click | UserActions.LongView, 4),
            new("nobody", 9_000, UserActions.Like, 0.5f),
        ];

        _assembler.WriteHistory(events, 6_000, Items, history);

        Assert.All(history[..(3 * 8)], value => Assert.Equal(0, value));
        Assert.Equal([1, 5, 4, 1, 1, 1, 5, 0], history[(3 * 8)..(4 * 8)]);

        // After the request's moment counts as now; a like has no column.
        Assert.Equal([1, 0, 0.5f, 0, 0, 0, 20, 0], history[(4 * 8)..]);
    }

    [Fact]
    public void History_keeps_the_latest()
    {
        var history = new float[5 * 8];
        var events = Enumerable.Range(1, 7).Select(i => new SessionEvent($"v-{i}", i * 1_000, UserActions.None, i)).ToArray();

        _assembler.WriteHistory(events, 7_000, Items, history);

        Assert.Equal([3f, 4, 5, 6, 7], Enumerable.Range(0, 5).Select(i => history[(i * 8) + HistoryLayout.WatchColumn]));
    }

    [Fact]
    public void An_action_without_a_flag_is_refused() =>
        Assert.Throws<ArgumentException>(() => new FeatureAssembler(new FeatureSchema([], new HistoryLayout(1, ["blink"]))));
}
