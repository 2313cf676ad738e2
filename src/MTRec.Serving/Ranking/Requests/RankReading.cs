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
    /// <summary>Receives the request.</summary>
    public RankCall Call { get; } = call;

    /// <summary>The bundle's names.</summary>
    public RankVocabulary Names { get; } = names;

    /// <summary>What is known of the items.</summary>
    public IItemFeatures Items { get; } = items;

    /// <summary>The order of the caller's task scores as the bundle's task indices; null where the caller names none.</summary>
    public int[]? Tasks { get; set; }

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

        Call.ItemIds.Add("");
        Call.Described.Add(false);
        Call.Inputs.Resize(Call.Count);
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

        Call.ItemIds[candidate] = id;
        return Call.SeenItemIds.Add(id) ? null : $"'{id}' stands twice.";
    }

    /// <summary>Reads the current value as a score of <paramref name="task"/>.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public string? ReadScore(ref Utf8JsonReader json, int task, out float score)
    {
        var definition = Names.Tasks[task];
        score = 0;
        if (json.TokenType == JsonTokenType.Number && json.TryGetDouble(out var number))
        {
            score = (float)number;
            if (score >= definition.Min && score <= definition.Max)
                return null;
        }

        JsonText.SkipValue(ref json);
        return $"must be a number in [{definition.Min}, {definition.Max}], the range of '{definition.Name}'.";
    }
}
