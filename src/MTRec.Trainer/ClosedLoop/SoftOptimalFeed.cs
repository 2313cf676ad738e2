using System.Globalization;
using MTRec.Core.Features;
using MTRec.Core.Tasks;
using MTRec.Learning.Pipelines;
using MTRec.Simulation;
using MTRec.Simulation.SoftOptimal;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>
/// A soft-optimal world as a feed that plays by itself. A positive response is a long view; a click is for an item's looks, a chance of the item's own that has
/// nothing to do with what it is worth to the user [ours]. So engagement can be had without satisfaction, and r* tells them apart.
/// </summary>
internal sealed class SoftOptimalFeed
{
    /// <summary>Items of a feed: more than the world's published 60, so that a list has something to choose from.</summary>
    public const int ItemCount = 90;

    private const int HistoryLength = 20;
    private const float FarthestTaste = 6;
    private const int LooksPurpose = 7;
    private readonly TasteWorld _taste = new() { Items = ItemCount };
    private readonly double[] _looks;

    /// <summary>Draws the world.</summary>
    /// <param name="seed">Its seed: bundle and users must have the same.</param>
    public SoftOptimalFeed(int seed)
    {
        World = _taste.Draw(seed);
        var random = StepRandom.Of(seed, 0, LooksPurpose);
        _looks = [.. Enumerable.Range(0, ItemCount).Select(_ => 1 / (1 + Math.Exp(-1.5 * random.Normal())))];
        Schema = new FeatureSchema(Definitions, new HistoryLayout(HistoryLength, DefaultBundle.HistoryActions));
        Items = new ItemTable(
            [.. Enumerable.Range(0, ItemCount).Select(ItemId)],
            [.. World.Items.SelectMany(ItemFeatures)],
            Schema.Item.Count);
    }

    /// <summary>The users' world.</summary>
    public SoftOptimalWorld World { get; }

    /// <summary>Kinds of users that a start bundle learns from.</summary>
    public Range Learned => ..(World.Kinds.Count / 2);

    /// <summary>Kinds of users that meet the service: none of those learned from.</summary>
    public Range Met => (World.Kinds.Count / 2)..;

    /// <summary>The features: the state is context, tastes and how satiated the user is of each category.</summary>
    public IReadOnlyList<FeatureDefinition> Definitions =>
    [
        .. Enumerable.Range(1, _taste.Width).Select(i => Numeric($"taste{i}", FeatureKind.Context, 0, -FarthestTaste, FarthestTaste)),
        .. Enumerable.Range(1, _taste.Categories).Select(i => Numeric($"satiation{i}", FeatureKind.Context, 0, 0, 1)),
        .. Enumerable.Range(1, _taste.Width).Select(i => Numeric($"feature{i}", FeatureKind.Item, 0, -FarthestTaste, FarthestTaste)),
        new FeatureDefinition("category", FeatureKind.Item, FeatureType.Categorical, 0, 0, _taste.Categories),
        Numeric("heavy", FeatureKind.Item, 0, 0, 1),
    ];

    /// <summary>The layout of the service's inputs.</summary>
    public FeatureSchema Schema { get; }

    /// <summary>The items' features.</summary>
    public ItemTable Items { get; }

    /// <summary>Click and long view.</summary>
    public IReadOnlyList<TaskDefinition> Tasks { get; } =
    [
        new TaskDefinition("click", 0, 1, 0.5f, "probability"),
        new TaskDefinition("longView", 0, 1, 0.6f, "probability"),
    ];

    /// <summary>The id of an item.</summary>
    public static string ItemId(int item) => string.Create(CultureInfo.InvariantCulture, $"item-{item}");

    /// <summary>The upstream scores of click and long view.</summary>
    /// <param name="item">The item.</param>
    /// <param name="positive">The upstream model's chance of a positive response.</param>
    public float[] Scores(int item, float positive) => [(float)_looks[item], positive];

    /// <summary>The names of what a user did.</summary>
    /// <param name="item">The item.</param>
    /// <param name="positive">Whether the response was positive.</param>
    /// <param name="chance">From [0, 1).</param>
    public string[] Actions(int item, bool positive, double chance) => (chance < _looks[item], positive) switch
    {
        (true, true) => ["click", "longView"],
        (true, false) => ["click"],
        (false, true) => ["longView"],
        _ => [],
    };

    private static FeatureDefinition Numeric(string name, FeatureKind kind, float typical, float min, float max) =>
        new(name, kind, FeatureType.Numeric, typical, min, max);

    // The one-hot category of the world's items as a code; 0 is unknown.
    private float[] ItemFeatures(float[] item) =>
        [.. item.Take(_taste.Width), 1 + Array.IndexOf(item, 1f, _taste.Width, _taste.Categories) - _taste.Width, item[^1]];
}
