using MTRec.Testing;
using Xunit;

namespace MTRec.Inference.Tests;

public sealed class BundleLifetimeTests : IDisposable
{
    private readonly TemporaryFolder _registry = new();

    public void Dispose() => _registry.Dispose();

    [Fact]
    public void A_lease_outlives_the_bundle()
    {
        var bundle = Bundle.Load(TestBundles.Publish(_registry.Path));
        using var inputs = new RankingInputs(bundle.Shape, 2);
        using var outputs = new RankingOutputs(bundle.Shape, 2);
        var lease = bundle.TryLease()!;

        bundle.Dispose();
        bundle.Dispose();
        lease.Bundle.Scorer.Fuse(inputs, outputs, explain: false);
        Assert.Equal(2, outputs.FusionScores.Length);
        lease.Dispose();
        lease.Dispose();

        Assert.Null(bundle.TryLease());
        Assert.Throws<ObjectDisposedException>(() => lease.Bundle);
        Assert.Throws<ObjectDisposedException>(() => bundle.Scorer.Fuse(inputs, outputs, explain: false));
    }

    [Fact]
    public async Task Bundles_swap_under_load_without_a_failed_call()
    {
        var folder = TestBundles.Publish(_registry.Path);
        var current = Bundle.Load(folder);
        using var stop = new CancellationTokenSource();
        var calls = 0;
        // Threads of their own: the pool may have none to spare while other tests run.
        var users = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            Call, stop.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();

        for (var i = 0; i < 10; i++)
        {
            var before = Volatile.Read(ref calls);
            Interlocked.Exchange(ref current, Bundle.Load(folder)).Dispose();
            Assert.True(
                SpinWait.SpinUntil(() => Volatile.Read(ref calls) > before + 10, TimeSpan.FromMinutes(1)),
                $"{calls} calls, {before} of them before the swap");
        }

        await stop.CancelAsync();
        await Task.WhenAll(users);
        current.Dispose();

        void Call()
        {
            while (!stop.IsCancellationRequested)
            {
                // Between reading the reference and leasing, the bundle may be replaced: then the next one is leased.
                BundleLease? lease;
                do
                {
                    lease = Volatile.Read(ref current).TryLease();
                }
                while (lease is null);

                using (lease)
                {
                    using var inputs = new RankingInputs(lease.Bundle.Shape, 20);
                    using var outputs = new RankingOutputs(lease.Bundle.Shape, 20);
                    lease.Bundle.Scorer.ScoreTasks(inputs);
                    lease.Bundle.Scorer.EstimateMentalReward(inputs, outputs);
                    Interlocked.Increment(ref calls);
                }
            }
        }
    }
}
