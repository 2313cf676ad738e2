using FsCheck;
using FsCheck.Fluent;
using MTRec.Core.Sessions;
using Xunit;

namespace MTRec.Core.Tests.Sessions;

public class UserSessionTests
{
    // Times are distinct: of two impressions of one moment the later arrival stands later.
    private static readonly Arbitrary<int[]> Arrivals = Arb.From(Gen.Shuffle(Enumerable.Range(0, 30)).Select(times => times.ToArray()));

    [Fact]
    public void Whatever_the_order_of_arrival_the_latest_remain_in_time_order() =>
        Prop.ForAll(Arrivals, times =>
        {
            var session = times.Aggregate(UserSession.Empty, (state, time) => Apply(state, time, new SessionLimits(10, 100)).Next);

            Assert.Equal(Enumerable.Range(20, 10).Select(Event), session.Events);
            Assert.Equal(30, session.TotalEvents);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_one_moment_the_later_arrival_stands_later()
    {
        var session = UserSession.Empty;
        foreach (var item in new[] { "v-1", "v-2", "v-3" })
            (session, _) = session.Apply(item, new SessionEvent(item, 7, UserActions.None, 0), SessionLimits.Default);

        Assert.Equal(["v-1", "v-2", "v-3"], session.Events.Select(shown => shown.ItemId));
    }

    [Fact]
    public void Feedback_applied_twice_counts_once() =>
        Prop.ForAll(Arrivals, times =>
        {
            var limits = new SessionLimits(10, 100);
            var once = times.Aggregate(UserSession.Empty, (state, time) => Apply(state, time, limits).Next);
            var twice = once;
            foreach (var time in times.Reverse())
            {
                (twice, var applied) = Apply(twice, time, limits);
                Assert.False(applied);
            }

            Assert.Same(once, twice);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Nothing_grows_beyond_its_limit() =>
        Prop.ForAll(Arrivals, times =>
        {
            var session = UserSession.Empty;
            foreach (var time in times)
            {
                (session, var applied) = Apply(session, time, new SessionLimits(3, 5));
                Assert.True(applied);
                Assert.InRange(session.Events.Length, 1, 3);
                Assert.InRange(session.RecentEventIds.Length, 1, 5);
            }

            Assert.Equal(times[^5..].Select(time => $"e{time}"), session.RecentEventIds);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_state_is_never_changed_in_place()
    {
        var (before, _) = Apply(UserSession.Empty, 1, SessionLimits.Default);
        var (after, _) = Apply(before, 2, SessionLimits.Default);

        Assert.Empty(UserSession.Empty.Events);
        Assert.Single(before.Events);
        Assert.Equal(2, after.Events.Length);
    }

    [Fact]
    public void Actions_have_wire_names()
    {
        Assert.Equal(
            ["click", "longView", "like", "follow", "comment", "forward", "profileEnter", "favorite", "purchase", "hate", "report"],
            UserActionNames.All);
        foreach (var name in UserActionNames.All)
        {
            Assert.True(UserActionNames.TryParse(name, out var action));
            Assert.Equal([name], UserActionNames.Of(action));
        }

        Assert.False(UserActionNames.TryParse("Click", out _));
        Assert.False(UserActionNames.TryParse("none", out _));
        Assert.Equal(["click", "like"], UserActionNames.Of(UserActions.Like | UserActions.Click));
        Assert.Empty(UserActionNames.Of(UserActions.None));
    }

    private static SessionEvent Event(int time) => new($"v{time}", time, UserActions.Click, time);

    private static (UserSession Next, bool Applied) Apply(UserSession session, int time, SessionLimits limits) =>
        session.Apply($"e{time}", Event(time), limits);
}
