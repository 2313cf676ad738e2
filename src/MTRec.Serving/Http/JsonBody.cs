using System.Text.Unicode;
using Microsoft.Net.Http.Headers;

namespace MTRec.Serving.Http;

/// <summary>A request's JSON text, read whole into a rented array. The text is known to be UTF-8; that it is JSON is not.</summary>
internal sealed class JsonBody : IDisposable
{
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    private readonly PooledBuffer _buffer;

    private JsonBody(PooledBuffer buffer) => _buffer = buffer;

    /// <summary>The text.</summary>
    public ReadOnlyMemory<byte> Text => _buffer.Written;

    /// <summary>Reads the body of <paramref name="request"/>.</summary>
    /// <param name="request">A request whose body was not read yet.</param>
    /// <param name="maxBytes">Longest allowed body, in bytes.</param>
    /// <exception cref="RefusedException">Wrong content type, too long, empty, or not UTF-8.</exception>
    public static async ValueTask<JsonBody> ReadAsync(HttpRequest request, long maxBytes)
    {
        RequireJson(request);
        if (request.ContentLength > maxBytes)
            throw TooLarge(maxBytes);

        var buffer = new PooledBuffer((int)Math.Min(request.ContentLength ?? 0, maxBytes) + 1);
        try
        {
            int read;
            while ((read = await request.Body.ReadAsync(buffer.GetMemory(), request.HttpContext.RequestAborted)) > 0)
            {
                buffer.Advance(read);
                if (buffer.Written.Length > maxBytes)
                    throw TooLarge(maxBytes);
            }

            if (FaultOf(buffer.Written.Span) is { } fault)
                throw new RefusedException(fault);
            return new JsonBody(buffer);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>What is wrong with a text before it is read as JSON, or null. Names and strings of a text without such a fault can be read.</summary>
    public static Problem? FaultOf(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return Problem.Invalid(JsonPath.Root, "The body is empty; a JSON object is expected.");
        if (text.StartsWith(ByteOrderMark))
            return Problem.Invalid(JsonPath.Root, "The body starts with a byte order mark, which JSON does not allow.");
        if (!Utf8.IsValid(text))
            return Problem.Invalid(JsonPath.Root, "The body is not UTF-8.");
        if (JsonEscapes.HasLoneSurrogate(text))
            return Problem.Invalid(JsonPath.OfSyntaxFault(text, JsonText.Options), "holds half of an escaped surrogate pair, which is no character.");
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();


    private static void RequireJson(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0 && request.Headers.ContentEncoding != "identity")
            throw Unsupported("must not be compressed: send no Content-Encoding.");
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (type.Charset.HasValue && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            throw Unsupported("must be sent with Content-Type: application/json, in UTF-8.");
        }
    }

    private static RefusedException Unsupported(string message) =>
        new(Problem.Of(StatusCodes.Status415UnsupportedMediaType, "The body is of a kind that is not read.", JsonPath.Root, message));

    private static RefusedException TooLarge(long maxBytes) =>
        new(Problem.Of(StatusCodes.Status413PayloadTooLarge, "The body is too long.", JsonPath.Root, $"must be at most {maxBytes} bytes long."));
}
