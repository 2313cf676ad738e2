using Microsoft.Net.Http.Headers;

namespace MTRec.Serving.Http;

/// <summary>A form that a message may have on the wire, as Content-Type and Accept name it.</summary>
internal sealed class MessageType
{
    /// <summary>JSON.</summary>
    public const string JsonName = "application/json";

    /// <summary>Protobuf.</summary>
    public const string ProtobufName = "application/x-protobuf";

    /// <summary>Protobuf by the name that the draft of its media type gives it.</summary>
    public const string OtherProtobufName = "application/protobuf";

    private readonly string _name;
    private readonly string _contentType;

    private MessageType(string name, bool isProtobuf, string contentType)
    {
        _name = name;
        IsProtobuf = isProtobuf;
        _contentType = contentType;
    }

    /// <summary>JSON in UTF-8.</summary>
    public static MessageType Json { get; } = new(JsonName, isProtobuf: false, "application/json; charset=utf-8");

    /// <summary>A message of mtrec.proto.</summary>
    public static MessageType Protobuf { get; } = new(ProtobufName, isProtobuf: true, ProtobufName);

    /// <summary>A message of mtrec.proto by its other name.</summary>
    public static MessageType OtherProtobuf { get; } = new(OtherProtobufName, isProtobuf: true, OtherProtobufName);

    private static MessageType[] All { get; } = [Json, Protobuf, OtherProtobuf];

    /// <summary>Whether it is protobuf, by either name, and not JSON.</summary>
    public bool IsProtobuf { get; }

    /// <summary>The type of a request's body by its Content-Type.</summary>
    /// <returns>Null where it is none that is read, or JSON that is not in UTF-8.</returns>
    public static MessageType? OfBody(HttpRequest request)
    {
        var given = request.ContentType;
        foreach (var type in All)
        {
            if (type._name.Equals(given, StringComparison.OrdinalIgnoreCase) || type._contentType.Equals(given, StringComparison.OrdinalIgnoreCase))
                return type;
        }

        if (!MediaTypeHeaderValue.TryParse(given, out var parsed) || Array.Find(All, type => parsed.MediaType.Equals(type._name, StringComparison.OrdinalIgnoreCase)) is not { } found)
            return null;
        // Bytes have no charset: what protobuf's may say means nothing.
        return found.IsProtobuf || !parsed.Charset.HasValue || HeaderUtilities.RemoveQuotes(parsed.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase) ? found : null;
    }

    /// <summary>The type of the answer by Accept: the most wanted one, and of several the request's own.</summary>
    /// <param name="request">The request.</param>
    /// <param name="own">The type of its body.</param>
    /// <exception cref="RefusedException">None is wanted: 406.</exception>
    public static MessageType OfAnswer(HttpRequest request, MessageType own)
    {
        var accept = request.Headers.Accept;
        if (accept.Count == 0 || (accept.Count == 1 && (accept[0] is "*/*" || own._name.Equals(accept[0], StringComparison.OrdinalIgnoreCase))))
            return own;
        if (!MediaTypeHeaderValue.TryParseList([.. accept.OfType<string>()], out var ranges) || ranges.Count == 0)
            return own;
        var best = own;
        foreach (var type in All)
        {
            if (type.Quality(ranges) > best.Quality(ranges))
                best = type;
        }

        return best.Quality(ranges) > 0
            ? best
            : throw new RefusedException(new Problem(StatusCodes.Status406NotAcceptable, $"The answer comes as {JsonName} or {ProtobufName}, and Accept names neither."));
    }

    /// <summary>Sends a message of this type.</summary>
    public async ValueTask WriteAsync(HttpResponse response, int status, PooledBuffer message)
    {
        response.StatusCode = status;
        response.ContentType = _contentType;
        response.ContentLength = message.Written.Length;
        await response.BodyWriter.WriteAsync(message.Written, response.HttpContext.RequestAborted);
    }

    // The quality that the most specific range gives this type (RFC 9110, 12.5.1); 0 where none holds it.
    private double Quality(IList<MediaTypeHeaderValue> ranges)
    {
        var (quality, precision) = (0.0, 0);
        foreach (var range in ranges)
        {
            var precise = range.MatchesAllTypes ? 1
                : range.MatchesAllSubTypes && range.Type.Equals("application", StringComparison.OrdinalIgnoreCase) ? 2
                : range.MediaType.Equals(_name, StringComparison.OrdinalIgnoreCase) ? 3
                : 0;
            if (precise > precision)
                (quality, precision) = (range.Quality ?? 1, precise);
        }

        return quality;
    }
}
