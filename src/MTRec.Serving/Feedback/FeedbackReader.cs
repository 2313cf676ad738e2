using System.Text.Json;
using MTRec.Serving.Http;

namespace MTRec.Serving.Feedback;

/// <summary>Reads feedback calls. An event is taken whole or not at all; a bad one does not spoil the others.</summary>
internal sealed class FeedbackReader(FeedbackOptions options, TimeProvider time)
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = JsonText.MaxDepth, AllowDuplicateProperties = false };

    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <returns>The good events in their order, and the bad ones.</returns>
    /// <exception cref="RefusedException">The body is no feedback call: nothing of it is taken.</exception>
    public (List<ReadFeedback> Good, List<RejectedFeedback> Bad) Read(ReadOnlyMemory<byte> text)
    {
        using var document = Parse(text);
        var events = Events(document.RootElement);
        var good = new List<ReadFeedback>();
        var bad = new List<RejectedFeedback>();
        var now = time.GetUtcNow();
        foreach (var element in events.EnumerateArray())
        {
            var entry = new FeedbackEntry(element);
            if (entry.Read(now) is { } read)
                good.Add(read);
            else
                bad.Add(new RejectedFeedback(good.Count + bad.Count, entry.FaultyField!, entry.Fault!));
        }

        return (good, bad);
    }

    private JsonElement Events(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new RefusedException(Problem.Invalid(JsonPath.Root, "must be an object."));
        if (!root.TryGetProperty("events"u8, out var events) || events.ValueKind != JsonValueKind.Array)
            throw new RefusedException(Problem.Invalid("$.events", "must be an array of events."));
        var count = events.GetArrayLength();
        return count >= 1 && count <= options.MaxEvents
            ? events
            : throw new RefusedException(Problem.Invalid("$.events", $"must hold 1 to {options.MaxEvents} events, not {count}."));
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> text)
    {
        try
        {
            return JsonDocument.Parse(text, Strict);
        }
        catch (JsonException e)
        {
            var path = JsonPath.OfSyntaxFault(text.Span, JsonText.Options);
            throw new RefusedException(Problem.Invalid(path, JsonText.SyntaxFault(e)));
        }
    }
}

/// <summary>One event that is not taken.</summary>
/// <param name="Index">Its place in the call, from 0.</param>
/// <param name="Field">The member that has the fault.</param>
/// <param name="Reason">What is wrong with it.</param>
internal sealed record RejectedFeedback(int Index, string Field, string Reason);
