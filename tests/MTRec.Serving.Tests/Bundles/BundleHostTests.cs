using MTRec.Inference;
using MTRec.Serving.Bundles;
using MTRec.Serving.Http;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Bundles;

public sealed class BundleHostTests : IDisposable
{
    private readonly TemporaryFolder _registry = new();
    private readonly BundleHost _host = new();

    public void Dispose()
    {
        _host.Dispose();
        _registry.Dispose();
    }

    [Fact]
    public void A_named_version_is_held_or_the_active_one_in_its_place()
    {
        var active = Load("1");
        var variant = Load("2");
        _host.Serve(new BundleSnapshot(active, null, [variant], null));

        using var hold = _host.Hold();
        using var named = _host.Hold("2");
        using var namedActive = _host.Hold("1");
        using var absent = _host.Hold("3");

        Assert.Equal((active, false), (hold.Served, hold.FellBack));
        Assert.Equal((variant, false), (named.Served, named.FellBack));
        Assert.Equal((active, false), (namedActive.Served, namedActive.FellBack));
        Assert.Equal((active, true), (absent.Served, absent.FellBack));
    }

    [Fact]
    public void A_retired_bundle_serves_those_who_hold_it_and_no_others()
    {
        var retired = Load("1");
        _host.Serve(new BundleSnapshot(retired, null, [], null));
        var hold = _host.Hold();
        var early = retired.RentCall();

        _host.Serve(new BundleSnapshot(Load("2"), null, [], null));

        // A body may arrive slowly: the call is rented after the swap.
        var late = hold.Served.RentCall();
        Score(retired, early);
        Score(retired, late);
        using (var next = _host.Hold())
            Assert.Equal("2", next.Served.Version);
        hold.Dispose();
        Assert.False(IsAlive(retired));
    }

    [Fact]
    public void A_bundle_is_freed_when_it_stands_in_no_place_and_nobody_holds_it()
    {
        var first = Load("1");
        var second = Load("2");
        _host.Serve(new BundleSnapshot(first, null, [first], null));
        _host.Serve(new BundleSnapshot(second, first, [], first));
        Assert.True(IsAlive(first));

        var hold = _host.Hold("1");
        _host.Serve(new BundleSnapshot(second, null, [], null));
        Assert.Same(first, hold.Served);
        Assert.True(IsAlive(first));
        hold.Dispose();

        Assert.False(IsAlive(first));
        Assert.True(IsAlive(second));
    }

    [Fact]
    public void Before_the_first_load_and_after_the_end_nothing_is_held()
    {
        Assert.Equal(503, Assert.Throws<RefusedException>(() => _host.Hold()).Problem.Status);
        _host.Serve(new BundleSnapshot(Load("1"), null, [], null));
        _host.Dispose();
        Assert.Equal(503, Assert.Throws<RefusedException>(() => _host.Hold("1")).Problem.Status);
    }

    private ServedBundle Load(string version) => new(Bundle.Load(TestBundles.Publish(_registry.Path, version: version)));

    private static bool IsAlive(ServedBundle served)
    {
        using var lease = served.Bundle.TryLease();
        return lease is not null;
    }

    private static void Score(ServedBundle served, Serving.Ranking.RankCall call)
    {
        call.ItemIds.Add("v-1"u8, 0);
        call.Described.Add(true);
        call.Inputs.Resize(1);
        call.BeginScoring();
        served.Bundle.Scorer.Fuse(call.Inputs, call.Outputs, explain: false);
        Assert.Equal(1, call.Outputs.FusionScores.Length);
        served.ReturnCall(call);
    }
}
