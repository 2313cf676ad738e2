using System.Globalization;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;
using MTRec.Data.Trajectories;
using MTRec.Testing;
using Xunit;

namespace MTRec.Data.Tests.Trajectories;

public class TrajectoryTests
{
    // 2022-05-01 23:40 in UTC+8.
    private const long Start = 1651419600000;

    private static readonly ImpressionLog Log = Csv.Clean(
        At("u1", 0), At("u1", 30), At("u1", 61), At("u2", 0), At("u2", 15), At("u1", 2000));

    [Fact]
    public void A_user_is_one_trajectory() =>
        Assert.Equal([new(0, 0, 4), new(1, 4, 6)], TrajectoryCutter.ByUser(Log));

    [Fact]
    public void A_pause_longer_than_the_gap_ends_a_session() =>
        Assert.Equal([new(0, 0, 2), new(0, 2, 3), new(0, 3, 4), new(1, 4, 6)], TrajectoryCutter.ByGap(Log, TrajectoryCutter.DefaultGap));

    [Fact]
    public void A_day_ends_at_local_midnight() =>
        Assert.Equal([new(0, 0, 1), new(0, 1, 3), new(0, 3, 4), new(1, 4, 6)], TrajectoryCutter.ByDay(Log));

    [Fact]
    public void An_empty_log_has_no_trajectories() => Assert.Empty(TrajectoryCutter.ByUser(Csv.Clean()));

    [Fact]
    public void Folds_depend_on_id_and_seed_alone_and_are_even()
    {
        var folds = new UserFolds(5, seed: 1);
        // python3 -c "import hashlib; print([int.from_bytes(hashlib.sha256(f'1:{i}'.encode()).digest()[:8], 'big') % 5 for i in range(8)])"
        Assert.Equal([0, 3, 3, 1, 3, 0, 1, 1], Enumerable.Range(0, 8).Select(i => folds.Of(i.ToString(CultureInfo.InvariantCulture))));

        var sizes = Enumerable.Range(0, 10_000).GroupBy(i => folds.Of($"user-{i}")).Select(group => group.Count()).ToArray();
        Assert.Equal(5, sizes.Length);
        Assert.All(sizes, size => Assert.InRange(size, 1850, 2150));

        var other = new UserFolds(5, seed: 2);
        var same = Enumerable.Range(0, 10_000).Count(i => folds.Of($"user-{i}") == other.Of($"user-{i}"));
        Assert.InRange(same, 1850, 2150);
    }

    [KuaiRandFact]
    public void Real_sessions_are_thin_and_real_users_are_not()
    {
        using var reader = KuaiRandLogReader.Open(Path.Combine(SharedData.KuaiRand, "log_train.csv.gz"));
        var log = LogCleaner.Clean(reader.Rows(), out _);

        var sessions = TrajectoryCutter.ByGap(log, TrajectoryCutter.DefaultGap);
        var days = TrajectoryCutter.ByDay(log);
        var users = TrajectoryCutter.ByUser(log);

        Assert.InRange(sessions.Average(session => session.Length), 1.1, 1.3);
        Assert.InRange(users.Average(user => user.Length), 4.5, 5.5);
        Assert.Equal(log.Users.Count, users.Count);
        foreach (var cut in new[] { sessions, days, users })
        {
            Assert.Equal(log.Count, cut.Sum(trajectory => trajectory.Length));
            Assert.All(cut.Zip(cut.Skip(1)), pair => Assert.Equal(pair.First.End, pair.Second.Start));
        }
    }

    private static string At(string user, int minutes) => Csv.Row(
        ("user_id", user), ("time_ms", (Start + (minutes * 60_000L)).ToString(CultureInfo.InvariantCulture)));
}
