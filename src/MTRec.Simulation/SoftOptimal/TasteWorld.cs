namespace MTRec.Simulation.SoftOptimal;

/// <summary>
/// A <see cref="SoftOptimalWorld"/> with features: users have a taste, items features and a category, and a user tires of a category by
/// consuming it. r* = <see cref="TasteWeight"/> taste . features / sqrt(d) + <see cref="Level"/> - <see cref="SatiationCost"/> * satiation of the item's category.
/// </summary>
/// <remarks>
/// A mood is the satiation of every category, 0 to <see cref="Levels"/> - 1. Every step one category, drawn evenly, recovers by 1; a positive response
/// then satiates the item's category by 1, wholly if the item is heavy. Heavy items are worth no less at once, only later: that is what tells
/// r* from the frequency of positive responses.
/// </remarks>
public sealed record TasteWorld
{
    /// <summary>Users: each has a taste of their own.</summary>
    public int Users { get; init; } = 100;

    /// <summary>I.</summary>
    public int Items { get; init; } = 60;

    /// <summary>d: width of tastes and features, both standard normal.</summary>
    public int Width { get; init; } = 4;

    /// <summary>Categories.</summary>
    public int Categories { get; init; } = 3;

    /// <summary>Levels of satiation.</summary>
    public int Levels { get; init; } = 4;

    /// <summary>gamma.</summary>
    public double Discount { get; init; } = 0.9;

    /// <summary>Weight of the taste.</summary>
    public double TasteWeight { get; init; } = 0.8;

    /// <summary>r* of an item that the user neither likes nor dislikes, of a category that is fresh.</summary>
    public double Level { get; init; } = 0.5;

    /// <summary>What a level of satiation takes from r*.</summary>
    public double SatiationCost { get; init; } = 0.9;

    /// <summary>See <see cref="SoftOptimalWorld.RewardNoise"/>.</summary>
    public double RewardNoise { get; init; }

    /// <summary>
    /// Draws a world and solves it. An agent sees tastes, satiation as a share of its most, and of an item the features, the category one-hot
    /// and whether it is heavy.
    /// </summary>
    public SoftOptimalWorld Draw(int seed)
    {
        var random = new Random(seed);
        var tastes = Draws(Users);
        var features = Draws(Items);
        var category = Enumerable.Range(0, Items).Select(item => item % Categories).ToArray();
        var heavy = Enumerable.Range(0, Items).Select(item => item / Categories % 2).ToArray();
        var moods = Enumerable.Range(0, (int)Math.Pow(Levels, Categories)).Select(Satiations).ToArray();

        var reward = tastes.Select(taste => moods.SelectMany(mood => Enumerable.Range(0, Items).Select(item =>
            (TasteWeight / Math.Sqrt(Width) * taste.Zip(features[item], (x, y) => (double)x * y).Sum()) + Level - (SatiationCost * mood[category[item]]))).ToArray());

        var groups = 2 * Categories;
        var transition = new double[moods.Length * groups * SoftOptimalWorld.Responses * moods.Length];
        for (var place = 0; place < moods.Length * groups * SoftOptimalWorld.Responses; place++)
        {
            var response = place % SoftOptimalWorld.Responses;
            var group = place / SoftOptimalWorld.Responses % groups;
            for (var recovering = 0; recovering < Categories; recovering++)
            {
                var next = moods[place / SoftOptimalWorld.Responses / groups].ToArray();
                next[recovering] = Math.Max(0, next[recovering] - 1);
                next[group / 2] = Math.Min(Levels - 1, next[group / 2] + (response * (group % 2 == 0 ? 1 : Levels - 1)));
                transition[(place * moods.Length) + Number(next)] += 1.0 / Categories;
            }
        }

        return new SoftOptimalWorld(
            [.. reward],
            [.. Enumerable.Range(0, Items).Select(item => (2 * category[item]) + heavy[item])],
            transition,
            Discount,
            RewardNoise,
            [.. moods.Select(mood => mood.Select(level => level / (float)(Levels - 1)).ToArray())],
            tastes,
            [.. Enumerable.Range(0, Items).Select(item =>
                (float[])[.. features[item], .. Enumerable.Range(0, Categories).Select(c => c == category[item] ? 1f : 0f), heavy[item]])]);

        float[][] Draws(int count) => [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, Width).Select(_ => (float)random.Normal()).ToArray())];
    }

    private int[] Satiations(int number) => [.. Enumerable.Range(0, Categories).Select(c => number / (int)Math.Pow(Levels, c) % Levels)];

    private int Number(int[] satiations) => satiations.Select((level, c) => level * (int)Math.Pow(Levels, c)).Sum();
}
