using System.Globalization;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using MTRec.Core.Events;
using Xunit;
using static MTRec.Trainer.Tests.Worker.WorkerEvents;

namespace MTRec.Trainer.Tests.Worker;

public sealed class OrderTests
{
    // Visits of users that overlap in time, with doubles: what two replicas and a retrying caller may write.
    private static readonly LoggedEvent[] Events =
    [
        .. Enumerable.Range(0, 6).SelectMany(user => Visit($"u-{user}", Start.AddSeconds(7 * user), 5)),
        .. Enumerable.Range(0, 3).SelectMany(user => Visit($"u-{user}", Start.AddHours(1 + user), 3)),
        .. Visit("u-1", Start.AddSeconds(7), 2),
    ];

    [Fact]
    public void Any_order_and_any_split_of_the_same_events_give_the_same_transitions()
    {
        var expected = Transitions([Events]);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(12),
            Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => Transitions(Split(seed)) == expected));
    }

    // Shuffled, cut into some files; between them the worker runs.
    private static LoggedEvent[][] Split(int seed)
    {
        var random = new Random(seed);
        var events = Events.ToArray();
        random.Shuffle(events);
        return [.. events.GroupBy(_ => random.Next(4)).Select(file => file.ToArray())];
    }

    // The property is not asynchronous; a thread that waits here must not be one that the tests' own continuations need.
    private static string Transitions(LoggedEvent[][] files) => Task.Run(() => TransitionsAsync(files)).GetAwaiter().GetResult();

    private static async Task<string> TransitionsAsync(LoggedEvent[][] files)
    {
        using var bench = new WorkerBench { Parts = 3 };
        foreach (var (number, file) in files.Index())
        {
            Append(bench.EventFile(number.ToString(CultureInfo.InvariantCulture) + ".jsonl"), file);
            if (number % 2 == 0)
                await bench.CatchUpAsync();
        }

        await bench.CatchUpAsync();
        using var set = await bench.TransitionsAsync();
        Assert.Equal((39, 41, 2), (set.Counts.Learned, set.Counts.Exposures, set.Counts.FeedbackDropped));
        return string.Join(' ', set.Learning.Shards.Select(shard => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(set.LearningFolder, shard.File))))));
    }
}
