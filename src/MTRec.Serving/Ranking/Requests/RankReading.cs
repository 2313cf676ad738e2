using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MTRec.Core.Features;
using MTRec.Serving.Http;

namespace MTRec.Serving.Ranking.Requests;

/// <summary>What the readers of one rank request share: where values go to, what names mean, and the faults found so far.</summary>
/// <param name="call">A fresh or reset call of the bundle in service.</param>
/// <param name="names">The bundle's names.</param>
/// <param name="items">What is known of the items.</param>
/// <param name="options">Limits.</param>
/// <param name="errors">Receives every fault found.</param>
internal sealed class RankReading(RankCall call, RankVocabulary names, IItemFeatures items, RankOptions options, RequestErrors errors)
    : MessageReading(errors)
{
    private int _described;

    /// <summary>Where the request names its tasks.</summary>
    public const string TasksPath = "$.tasks";

    /// <summary>Index of a task that the bundle does not know.</summary>
    public const int UnknownTask = -1;

    /// <summary>Receives the request.</summary>
    public RankCall Call { get; } = call;

    /// <summary>The bundle's names.</summary>
    public RankVocabulary Names { get; } = names;

    /// <summary>What is known of the items.</summary>
    public IItemFeatures Items { get; } = items;

    /// <summary>The order of the caller's task scores as the bundle's task indices; null where the caller names none.</summary>
    public int[]? Tasks { get; set; }

    /// <summary>Forgets what was received, for another attempt to read the same request.</summary>
    public override void Restart()
    {
        base.Restart();
        Call.Reset();
        Tasks = null;
        _described = 0;
    }

    /// <summary>Adds a candidate with default features and scores.</summary>
    /// <param name="path">The array of the candidates.</param>
    /// <returns>Whether there was room for one.</returns>
    public bool TryAddCandidate(string path)
    {
        if (Call.Count >= options.MaxCandidates)
        {
            Errors.Invalid(path, $"must hold at most {options.MaxCandidates} candidates.");
            Abandon();
            return false;
        }

        Call.Described.Add(false);
        Call.Inputs.Add();
        return true;
    }

    /// <summary>Reads the current value as the id of a candidate.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public string? ReadItemId(ref Utf8JsonReader json, int candidate)
    {
        if (JsonText.TryReadId(ref json, out var id) is { } fault)
        {
            JsonText.SkipValue(ref json);
            return fault;
        }

        Span<byte> bytes = stackalloc byte[3 * JsonText.LongestId];
        return TakeItemId(bytes[..Encoding.UTF8.GetBytes(id, bytes)], candidate);
    }

    /// <summary>Takes the id of the last candidate.</summary>
    /// <param name="id">UTF-8.</param>
    /// <param name="candidate">Its place.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public string? TakeItemId(ReadOnlySpan<byte> id, int candidate)
    {
        // Candidates before it whose ids were at fault.
        while (Call.ItemIds.Count < candidate)
            Call.ItemIds.Add([], IdHash.Of([]));
        return Call.ItemIds.Add(id, IdHash.Of(id)) ? null : $"'{Encoding.UTF8.GetString(id)}' stands twice.";
    }

    /// <summary>Writes what is known of the candidates' items, of those that came since the last time, into their rows. Of an id at fault nothing is known.</summary>
    public void Describe()
    {
        var known = CollectionsMarshal.AsSpan(Call.Described)[_described..Call.ItemIds.Count];
        var width = 1 + Names.Item.Definitions.Count;
        Items.TryWrite(Call.ItemIds, _described, Call.Inputs.Candidates[(_described * width)..], known);
        _described = Call.ItemIds.Count;
    }

    /// <summary>Adds one of the tasks that the request names.</summary>
    /// <param name="tasks">Those before it.</param>
    /// <param name="task">Its index, or -1: an unknown task keeps its place, so that the length of the score vectors can still be checked.</param>
    public void AddTask(List<int> tasks, int task)
    {
        if (task < 0)
            Errors.Unservable(JsonPath.Element(TasksPath, tasks.Count), $"is not a task of the bundle in service: {Names.TaskNames}.");
        else if (tasks.Contains(task))
            Errors.Invalid(JsonPath.Element(TasksPath, tasks.Count), $"'{Names.Tasks[task].Name}' stands twice.");
        tasks.Add(task);
    }

    /// <summary>Whether a column of scores of <paramref name="task"/> may stand in the request.</summary>
    public bool MayScore(int task) => task >= 0 && (Tasks is null || Tasks.Contains(task));

    /// <summary>Checks that a column of scores may stand in the request.</summary>
    /// <param name="task">Its task, or -1.</param>
    /// <param name="path">Its path.</param>
    /// <returns>Whether it can be read.</returns>
    public bool CheckScoreColumn(int task, string path)
    {
        if (task < 0)
            Errors.Unservable(path, $"is not a task of the bundle in service: {Names.TaskNames}.");
        else if (!MayScore(task))
            Errors.Invalid(path, "is not among the tasks that the request names.");
        return task >= 0;
    }

    /// <summary>Checks that no column of scores lacks, when all are read.</summary>
    /// <param name="given">The tasks of the columns.</param>
    public void EndScoreColumns(List<int> given)
    {
        foreach (var task in Tasks ?? [])
        {
            if (task >= 0 && !given.Contains(task))
                Errors.Invalid(JsonPath.Member(ColumnPaths.Scores, Names.Tasks[task].Name), "is needed: the request's tasks name it.");
        }

        Call.HasScores = given.Count > 0;
        // Who gives all of them need not name any.
        if (given.Count < Names.Tasks.Length)
            Tasks ??= [.. given];
    }

    /// <summary>Checks that a column holds one value a candidate.</summary>
    public void CheckLength(string path, int length)
    {
        if (length != Call.Count)
            Errors.Invalid(path, $"must hold {Call.Count} values, one an item id, not {length}.");
    }

    /// <summary>Reads the current value as a score of <paramref name="task"/>.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public string? ReadScore(ref Utf8JsonReader json, int task, out float score)
    {
        score = 0;
        if (json.TokenType == JsonTokenType.Number && json.TryGetDouble(out var number))
        {
            score = (float)number;
            if (Names.Tasks[task].Allows(score))
                return null;
        }

        JsonText.SkipValue(ref json);
        return ScoreFault(task);
    }

    /// <summary>What is wrong with a score that <paramref name="task"/> does not allow.</summary>
    public string ScoreFault(int task)
    {
        var definition = Names.Tasks[task];
        return $"must be a number in [{definition.Min}, {definition.Max}], the range of '{definition.Name}'.";
    }

    /// <summary>Checks what only the whole request shows, when all of it is read.</summary>
    /// <param name="scoresPath">Where its scores stand or should stand.</param>
    /// <param name="strict">Whether unknown names are faults.</param>
    /// <param name="bundleScoresTasks">Whether candidates may come without task scores.</param>
    public void CheckWhole(string scoresPath, bool strict, bool bundleScoresTasks)
    {
        if (Call.UserId.Length == 0 && !Errors.Has("$.userId"))
            Errors.Invalid("$.userId", "is needed.");
        if (strict)
            RefuseUnknown();
        if (Errors.Any)
            return;

        if (!Call.HasScores)
        {
            if (!bundleScoresTasks)
                Errors.Unservable(scoresPath, $"is needed: the bundle in service does not predict task scores itself. Its tasks: {Names.TaskNames}.");
        }
        else if (Tasks is { } given)
        {
            for (var task = 0; task < Names.Tasks.Length; task++)
            {
                if (!given.Contains(task))
                    Call.DefaultedTasks.Add(task);
            }
        }
    }
}
