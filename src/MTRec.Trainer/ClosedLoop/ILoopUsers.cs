using MTRec.Core.Features;
using MTRec.Core.Tasks;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>
/// Simulated users who come back day after day, a session each. All chance depends on the seed, the user, the day and the step alone: never on what was
/// shown, nor on the order of answers.
/// </summary>
internal interface ILoopUsers : IDisposable
{
    /// <summary>The environment's name.</summary>
    string Name { get; }

    /// <summary>What the reward is, for captions.</summary>
    string RewardName { get; }

    /// <summary>Number of users.</summary>
    int Count { get; }

    /// <summary>Items shown a step.</summary>
    int ListSize { get; }

    /// <summary>Tasks of the upstream scores.</summary>
    IReadOnlyList<TaskDefinition> Tasks { get; }

    /// <summary>Whether each user's session goes on [users].</summary>
    IReadOnlyList<bool> Present { get; }

    /// <summary>Begins everyone's session of a day.</summary>
    /// <param name="day">0, then each day after the other.</param>
    void Begin(int day);

    /// <summary>What a user whose session goes on asks for now. Any number of threads may ask at once.</summary>
    LoopQuery Query(int user);

    /// <summary>Everyone responds to what was shown.</summary>
    /// <param name="shown">Item ids [users][<see cref="ListSize"/>], best first; null for a user who was shown nothing and leaves.</param>
    /// <returns>What each did [users]; null for those who were shown nothing or had left.</returns>
    IReadOnlyList<LoopResponse?> Respond(IReadOnlyList<string[]?> shown);
}

/// <summary>A moment at which a user wants something to see.</summary>
/// <param name="Moment">When, in the simulation's time.</param>
/// <param name="Context">The moment's features.</param>
/// <param name="User">The user's features.</param>
/// <param name="ItemIds">The candidates [n], each once.</param>
/// <param name="Scores">The upstream scores [n, K] in the tasks' units, row by row.</param>
internal sealed record LoopQuery(
    DateTimeOffset Moment, IReadOnlyList<LoopFeature> Context, IReadOnlyList<LoopFeature> User, string[] ItemIds, float[] Scores);

/// <summary>A feature's value: a category's name where the feature has names, else a number.</summary>
internal readonly record struct LoopFeature(string Name, float Number, string? Category)
{
    /// <summary>Features whose values are known: code 0 says nothing of a category.</summary>
    public static IReadOnlyList<LoopFeature> Of(IReadOnlyList<FeatureDefinition> features, IReadOnlyList<IReadOnlyDictionary<float, string>?> names, ReadOnlySpan<float> values)
    {
        var known = new List<LoopFeature>(features.Count);
        for (var i = 0; i < features.Count; i++)
        {
            if (names[i] is not { } categories)
                known.Add(new LoopFeature(features[i].Name, values[i], null));
            else if (categories.TryGetValue(values[i], out var category))
                known.Add(new LoopFeature(features[i].Name, 0, category));
        }

        return known;
    }
}

/// <summary>What a user did with a list.</summary>
/// <param name="Reward">What the list was worth by the environment's own truth.</param>
/// <param name="Satisfaction">The hidden satisfaction after it; NaN where the environment has none.</param>
/// <param name="Items">What was done with each item shown, best first.</param>
internal sealed record LoopResponse(double Reward, double Satisfaction, IReadOnlyList<ItemResponse> Items);

/// <summary>What a user did with an item.</summary>
/// <param name="ItemId">The item.</param>
/// <param name="Actions">Names of the actions, as feedback has them.</param>
/// <param name="WatchSeconds">Seconds watched; null where the environment knows no watching.</param>
internal sealed record ItemResponse(string ItemId, IReadOnlyList<string> Actions, float? WatchSeconds);
