namespace MTRec.Serving.Http;

/// <summary>A request's body, read whole into a rented array. JSON is known to be text in UTF-8; that it is JSON is not, nor that protobuf is.</summary>
internal sealed class RequestBody : IDisposable
{
    private readonly PooledBuffer _buffer;

    private RequestBody(PooledBuffer buffer, MessageType type)
    {
        _buffer = buffer;
        Type = type;
    }

    /// <summary>What the bytes are.</summary>
    public MessageType Type { get; }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.Written;

    /// <summary>Reads the body of <paramref name="request"/>, which must be JSON.</summary>
    /// <param name="request">A request whose body was not read yet.</param>
    /// <param name="maxBytes">Longest allowed body, in bytes.</param>
    /// <exception cref="RefusedException">Wrong content type, too long, empty, or not UTF-8.</exception>
    public static ValueTask<RequestBody> ReadJsonAsync(HttpRequest request, long maxBytes)
    {
        var type = MessageType.OfBody(request);
        return type == MessageType.Json
            ? ReadAsync(request, maxBytes, type)
            : throw Unsupported($"must be sent with Content-Type: {MessageType.JsonName}, in UTF-8.");
    }

    /// <summary>Reads the body of <paramref name="request"/>, which may be JSON or protobuf.</summary>
    /// <param name="request">A request whose body was not read yet.</param>
    /// <param name="maxBytes">Longest allowed body, in bytes.</param>
    /// <exception cref="RefusedException">Wrong content type, too long; JSON that is empty or not UTF-8.</exception>
    public static ValueTask<RequestBody> ReadAsync(HttpRequest request, long maxBytes) =>
        ReadAsync(request, maxBytes, MessageType.OfBody(request) ?? throw Unsupported(Expected));

    /// <summary>The message to a caller whose body is neither.</summary>
    public const string Expected = $"must be sent with Content-Type: {MessageType.JsonName}, in UTF-8, or, to rank and feedback, {MessageType.ProtobufName}.";

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    private static async ValueTask<RequestBody> ReadAsync(HttpRequest request, long maxBytes, MessageType type)
    {
        if (request.Headers.ContentEncoding.Count > 0 && request.Headers.ContentEncoding != "identity")
            throw Unsupported("must not be compressed: send no Content-Encoding.");
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

            if (!type.IsProtobuf && JsonText.FaultOf(buffer.Written.Span) is { } fault)
                throw new RefusedException(fault);
            return new RequestBody(buffer, type);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private static RefusedException Unsupported(string message) =>
        new(Problem.Of(StatusCodes.Status415UnsupportedMediaType, "The body is of a kind that is not read.", JsonPath.Root, message));

    private static RefusedException TooLarge(long maxBytes) =>
        new(Problem.Of(StatusCodes.Status413PayloadTooLarge, "The body is too long.", JsonPath.Root, $"must be at most {maxBytes} bytes long."));
}
