using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Core.Sessions;
using MTRec.Data.Logs;
using MTRec.Export;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>
/// A bundle for a <see cref="SoftOptimalFeed"/> to begin a loop with: click and long view weigh alike, and QR-IQL has learned the mental reward from what users
/// chose among items shown at random. Task scores are the caller's. The users that it learns from are of other kinds than those who meet the service.
/// </summary>
internal static class SoftOptimalBundle
{
    private const int Days = 2;
    private const string DevSplit = "users of other kinds";

    private static readonly BackboneOptions Network = new() { Dropout = 0 };

    /// <summary>Learns and publishes.</summary>
    /// <param name="registry">The registry's folder.</param>
    /// <param name="name">The bundle's name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="world">Seed of the world.</param>
    /// <param name="seed">Seed of users, weights and batches.</param>
    /// <param name="options">How it learns.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Leaves nothing behind when it is raised.</param>
    /// <returns>The bundle's folder, and how well the mental reward orders as the true one.</returns>
    /// <exception cref="IOException">The version is published already, or the disk refuses.</exception>
    public static (string Folder, Metric Order) Publish(
        string registry, string name, string version, int world, int seed, SoftOptimalBundleOptions options, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        manual_seed(seed);
        var reward = options.Reward;
        var feed = new SoftOptimalFeed(world);
        var (train, scores, _) = Choices(feed, feed.Learned, options.Users, seed);
        var (dev, _, _) = Choices(feed, feed.Learned, options.Users / 4, seed + 1);
        var (met, _, truth) = Choices(feed, feed.Met, options.Users / 4, seed + 2);
        var fusion = FixedPolicy.FromRewardWeights(FusionFormula.WeightedSum, feed.Tasks, [1, 1], [false, false], scores);

        var views = new ViewSampler(1, 0);
        var statistics = BackboneStatistics.Measure(train);
        using var learned = new MentalRewardTraining(reward, views, seed, progress, cancellation)
            .Fit(() => new Backbone(feed.Schema, statistics, feed.Items.Ids.Count, Network), train, dev);
        var mental = learned.Model;
        var order = Spearman.Of(Array.ConvertAll(mental.Predict(met, ExampleView.Cold).Means, mean => (double)mean), truth);
        var metric = new Metric("spearman.trueReward", DevSplit, order, order, order, truth.Length);
        var sum = FixedPolicy.Standardise(fusion.Fuse(feed.Tasks, scores));
        var manifest = new BundleManifest
        {
            FormatVersion = BundleManifest.CurrentFormat,
            Name = name,
            Version = version,
            Created = DateTimeOffset.UtcNow,
            Tasks = feed.Tasks,
            Features = feed.Definitions,
            History = feed.Schema.History,
            Fusion = fusion.Fusion,
            Exploration = new ExplorationSection(null, -0.15f, 0.15f),
            MentalReward = new MentalRewardSection(reward.Algorithm, (float)reward.Discount, reward.RewardQuantiles, [.. UserActionNames.Of(reward.Positive.Actions)]),
            Blending = new BlendingSection(sum, FixedPolicy.Standardise(mental.Predict(train, ExampleView.Cold).Means)),
            Fallback = new FallbackSection(fusion.Action, sum),
            Files = ImmutableDictionary<string, BundleFile>.Empty,
            Provenance = new Provenance(
                string.Create(CultureInfo.InvariantCulture, $"soft-optimal users, world {world}, items shown at random"),
                typeof(SoftOptimalBundle).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
                seed,
                string.Create(CultureInfo.InvariantCulture, $"mtrec simulate --environment soft-user --publish REGISTRY --world {world} --seed {seed}"),
                [metric]),
        };
        var parts = new BundleParts(FusionGraphs.FixedPolicy(feed.Tasks, fusion.Fusion, fusion.Action), mental.Export(), null, feed.Items);
        return (BundleWriter.Write(registry, manifest, parts, cancellation), metric);
    }

    // What users of some kinds did with items shown at random: the examples, the upstream scores [rows, K], and r* of a positive response [rows].
    private static (ImpressionExamples Examples, float[] Scores, double[] Truth) Choices(SoftOptimalFeed feed, Range kinds, int count, int seed)
    {
        // A single candidate is one drawn at random.
        using var users = new SoftOptimalUsers(feed, kinds, count, candidates: 1, seed);
        var rows = new List<Choice>();
        for (var day = 0; day < Days; day++)
        {
            users.Begin(day);
            while (users.Present.Contains(true))
            {
                var asked = Enumerable.Range(0, count).Select(users.Query).ToArray();
                var responses = users.Respond(Array.ConvertAll(asked, query => (string[]?)query.ItemIds));
                for (var user = 0; user < count; user++)
                {
                    var actions = responses[user]!.Items[0].Actions.Aggregate(
                        UserActions.None, (all, action) => UserActionNames.TryParse(action, out var flag) ? all | flag : all);
                    rows.Add(new Choice(user, asked[user], actions, users.CandidateRewards[user]));
                }
            }
        }

        Choice[] sorted = [.. rows.OrderBy(row => row.User)];
        var ids = new IdTable();
        for (var user = 0; user < count; user++)
            ids.Add(string.Create(CultureInfo.InvariantCulture, $"u-{user}"));
        var items = new IdTable();
        var log = new ImpressionLog
        {
            Users = ids,
            Items = items,
            Row = [.. sorted.Select((_, row) => row + 1L)],
            User = [.. sorted.Select(row => row.User)],
            Item = [.. sorted.Select(row => items.Add(row.Asked.ItemIds[0]))],
            TimestampMs = [.. sorted.Select(row => row.Asked.Moment.ToUnixTimeMilliseconds())],
            Actions = [.. sorted.Select(row => row.Actions)],
            Recorded = [.. sorted.Select(_ => UserActions.Click | UserActions.LongView)],
            WatchSeconds = [.. sorted.Select(_ => float.NaN)],
            DurationSeconds = [.. sorted.Select(_ => float.NaN)],
            Tab = [.. sorted.Select(_ => ImpressionLog.Missing)],
            Hour = [.. sorted.Select(_ => ImpressionLog.Missing)],
            Day = [.. sorted.Select(_ => ImpressionLog.Missing)],
        };
        float[] context = [.. sorted.SelectMany(row => row.Asked.Context.Select(feature => feature.Number))];
        return (new ImpressionExamples(log, feed.Schema, feed.Items, context, []), [.. sorted.SelectMany(row => row.Asked.Scores)], [.. sorted.Select(row => (double)row.Truth)]);
    }

    private sealed record Choice(int User, LoopQuery Asked, UserActions Actions, float Truth);
}

/// <summary>How the mental reward of a <see cref="SoftOptimalBundle"/> is learned.</summary>
internal sealed record SoftOptimalBundleOptions
{
    /// <summary>Users who are watched for two days, 8 or more; a quarter as many others decide when to stop, and as many of other kinds judge.</summary>
    public int Users { get; init; } = 1000;

    /// <summary>The learner. A skip is worth nothing to these users, so that the anchored mean objective recovers r* itself.</summary>
    public QrIqlOptions Reward { get; init; } = new()
    {
        Objective = IqlObjective.Mean,
        AnchorSkip = true,
        Width = 128,
        Fit = new FitOptions { Epochs = 20, BatchSize = 512, LearningRate = 5e-3, WeightDecay = 1e-3, Patience = 20 },
        HeadFit = new FitOptions { Epochs = 12, BatchSize = 512, LearningRate = 5e-3, WeightDecay = 1e-3, Patience = 12 },
    };
}
