using MTRec.Inference;
using MTRec.Learning.Fitting;
using MTRec.Testing;
using MTRec.Trainer.ClosedLoop;
using Xunit;

namespace MTRec.Trainer.Tests.ClosedLoop;

[Collection(nameof(LearnsInProcess))]
public sealed class SoftOptimalTests
{
    [Fact]
    public void The_bundle_serves_the_feed_and_its_mental_reward_orders_as_the_true_one()
    {
        using var folder = new TemporaryFolder();
        var fit = new FitOptions { Epochs = 6, BatchSize = 256, LearningRate = 1e-2, WeightDecay = 1e-3, Patience = 6 };
        var options = new SoftOptimalBundleOptions { Users = 320, Reward = new SoftOptimalBundleOptions().Reward with { Width = 32, Fit = fit, HeadFit = fit } };
        var (directory, order) = SoftOptimalBundle.Publish(folder.Path, "soft", "1", world: 3, seed: 1, options, new Progress<FitProgress>(), CancellationToken.None);

        using var bundle = Bundle.Load(directory);
        var feed = new SoftOptimalFeed(3);
        Assert.Equal(feed.Items.Ids, bundle.Items.Ids);
        Assert.True(bundle.HasMentalReward);
        Assert.Equal(["click", "longView"], bundle.Manifest.Tasks.Select(task => task.Name));
        Assert.Equal(80 * 40, order.Count);
        Assert.True(order.Value > 0.25, $"Spearman {order.Value}");
        Assert.Throws<IOException>(() => SoftOptimalBundle.Publish(folder.Path, "soft", "1", 3, 1, options with { Users = 8 }, new Progress<FitProgress>(), CancellationToken.None));
    }

    [Fact]
    public void Users_meet_the_same_chance_whatever_they_are_shown()
    {
        var feed = new SoftOptimalFeed(3);
        var first = Course(feed, seed: 4, place: 0);

        Assert.Equal(first, Course(feed, seed: 4, place: 0));
        Assert.Equal(first[..4], Course(feed, seed: 4, place: 1)[..4]);
        Assert.NotEqual(first[..4], Course(feed, seed: 5, place: 0)[..4]);

        // Candidates do not depend on what was shown before.
        Assert.Equal(first.Where(line => line.StartsWith("item", StringComparison.Ordinal)), Course(feed, seed: 4, place: 2).Where(line => line.StartsWith("item", StringComparison.Ordinal)));
    }

    private static string[] Course(SoftOptimalFeed feed, int seed, int place)
    {
        const int Count = 4;
        using var users = new SoftOptimalUsers(feed, feed.Met, Count, candidates: 5, seed);
        var lines = new List<string>();
        for (var day = 0; day < 2; day++)
        {
            users.Begin(day);
            for (var step = 0; step < 3; step++)
            {
                var asked = Enumerable.Range(0, Count).Select(users.Query).ToArray();
                lines.AddRange(asked.Select(query => string.Join(' ', query.ItemIds)));
                var responses = users.Respond(Array.ConvertAll(asked, query => (string[]?)[query.ItemIds[place]]));
                lines.AddRange(responses.Select(response => $"did {string.Join(' ', response!.Items[0].Actions)} {response.Reward}"));
            }
        }

        return [.. lines];
    }
}
