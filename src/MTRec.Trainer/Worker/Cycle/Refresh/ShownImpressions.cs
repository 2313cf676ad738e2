using MTRec.Core.Sessions;
using MTRec.Trainer.Evaluation;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.Worker.Cycle.Refresh;

/// <summary>Shown items to judge on, row by row: who saw them and what came of it.</summary>
internal sealed class ShownImpressions
{
    /// <summary>Takes the lists of exposures.</summary>
    /// <param name="steps">The exposures.</param>
    /// <param name="list">L: items of an answer that the user sees.</param>
    public ShownImpressions(IReadOnlyList<ReplayedStep> steps, int list)
    {
        (Steps, List) = (steps, list);
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var users = new List<int>();
        var responses = new List<ItemResponse>();
        foreach (var step in steps)
        {
            if (!numbers.TryGetValue(step.Exposure.UserId, out var user))
                numbers.Add(step.Exposure.UserId, user = numbers.Count);
            for (var place = 0; place < list; place++)
            {
                users.Add(user);
                responses.Add(step.Responses.GetValueOrDefault(place, new ItemResponse(UserActions.None, 0)));
            }
        }

        (Users, Responses, UserCount) = ([.. users], [.. responses], numbers.Count);
    }

    /// <summary>The exposures.</summary>
    public IReadOnlyList<ReplayedStep> Steps { get; }

    /// <summary>L.</summary>
    public int List { get; }

    /// <summary>Each row's user [rows].</summary>
    public int[] Users { get; }

    /// <summary>What each row's user did [rows].</summary>
    public ItemResponse[] Responses { get; }

    /// <summary>Number of users.</summary>
    public int UserCount { get; }

    /// <summary>Number of rows.</summary>
    public int Count => Users.Length;

    /// <summary>Whether the user did any of the actions [rows].</summary>
    public bool[] Did(UserActions any) => Array.ConvertAll(Responses, response => (response.Actions & any) != 0);

    /// <summary>The scores [rows, K] that the exposures were ranked by, row by row.</summary>
    /// <param name="tasks">K.</param>
    public float[] LoggedScores(int tasks) =>
        [.. Steps.SelectMany(step => step.Exposure.Order.Take(List).SelectMany(place => step.Exposure.Scores.Skip(place * tasks).Take(tasks)))];

    /// <summary>The rows with scores of a policy, for MTF-GAUC; rows whose watch time is unknown have no part in it.</summary>
    public ShownItems With(float[] scores)
    {
        var items = new ShownItems();
        for (var row = 0; row < Count; row++)
        {
            if (!float.IsNaN(Responses[row].WatchSeconds))
                items.Add(Users[row], scores[row], Responses[row].Actions, Responses[row].WatchSeconds);
        }

        return items;
    }
}
