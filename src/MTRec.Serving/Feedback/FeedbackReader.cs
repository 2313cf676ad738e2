using System.Text.Json;
using Google.Protobuf;
using MTRec.Serving.Http;
using MTRec.Serving.Protobuf;

namespace MTRec.Serving.Feedback;

/// <summary>Reads feedback calls. An event is taken whole or not at all; a bad one does not spoil the others.</summary>
internal sealed class FeedbackReader(FeedbackOptions options, TimeProvider time)
{
    private const string EventsPath = "$.events";

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = JsonText.MaxDepth, AllowDuplicateProperties = false };

    /// <summary>Reads <paramref name="body"/>.</summary>
    /// <returns>The good events in their order, and the bad ones.</returns>
    /// <exception cref="RefusedException">The body is no feedback call: nothing of it is taken.</exception>
    public FeedbackCall Read(RequestBody body) => body.Type.IsProtobuf ? ReadMessage(body.Bytes.Span) : ReadJson(body.Bytes);

    private FeedbackCall ReadJson(ReadOnlyMemory<byte> text)
    {
        using var document = Parse(text);
        var call = new FeedbackCall();
        var now = time.GetUtcNow();
        foreach (var element in Events(document.RootElement).EnumerateArray())
        {
            var rules = default(FeedbackRules);
            call.Add(new FeedbackEntry(element, ref rules).Read(now), rules);
        }

        return call;
    }

    private FeedbackCall ReadMessage(ReadOnlySpan<byte> message)
    {
        try
        {
            RequireCount(CountEvents(new WireReader(message)));
            var call = new FeedbackCall();
            var now = time.GetUtcNow();
            for (var fields = new WireReader(message); fields.ReadField();)
            {
                if (fields.Field != V1.FeedbackRequest.EventsFieldNumber)
                {
                    fields.Skip();
                    continue;
                }

                var rules = default(FeedbackRules);
                call.Add(new FeedbackMessageEntry(fields.ReadMessage(), ref rules).Read(now), rules);
            }

            return call;
        }
        catch (MalformedMessageException e)
        {
            throw new RefusedException(Problem.Invalid(JsonPath.Root, e.Message));
        }
    }

    private static int CountEvents(WireReader fields)
    {
        var count = 0;
        for (; fields.ReadField(); fields.Skip())
        {
            if (fields.Field != V1.FeedbackRequest.EventsFieldNumber)
                continue;
            if (fields.Type != WireFormat.WireType.LengthDelimited)
                throw new RefusedException(Problem.Invalid(EventsPath, fields.TypeFault(WireFormat.WireType.LengthDelimited)));
            count++;
        }

        return count;
    }

    private JsonElement Events(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new RefusedException(Problem.Invalid(JsonPath.Root, "must be an object."));
        if (!root.TryGetProperty("events"u8, out var events) || events.ValueKind != JsonValueKind.Array)
            throw new RefusedException(Problem.Invalid(EventsPath, "must be an array of events."));
        RequireCount(events.GetArrayLength());
        return events;
    }

    private void RequireCount(int count)
    {
        if (count < 1 || count > options.MaxEvents)
            throw new RefusedException(Problem.Invalid(EventsPath, $"must hold 1 to {options.MaxEvents} events, not {count}."));
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

/// <summary>What a feedback call holds.</summary>
internal sealed class FeedbackCall
{
    /// <summary>The good events, in their order.</summary>
    public List<ReadFeedback> Good { get; } = [];

    /// <summary>The bad ones.</summary>
    public List<RejectedFeedback> Bad { get; } = [];

    /// <summary>Adds the next event.</summary>
    /// <param name="read">The event; null where it has a fault.</param>
    /// <param name="rules">Know the fault.</param>
    public void Add(ReadFeedback? read, FeedbackRules rules)
    {
        if (read is not null)
            Good.Add(read);
        else
            Bad.Add(new RejectedFeedback(Good.Count + Bad.Count, rules.FaultyField!, rules.Fault!));
    }
}

/// <summary>One event that is not taken.</summary>
/// <param name="Index">Its place in the call, from 0.</param>
/// <param name="Field">The member that has the fault.</param>
/// <param name="Reason">What is wrong with it.</param>
internal sealed record RejectedFeedback(int Index, string Field, string Reason);
