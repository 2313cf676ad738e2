using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace MTRec.Serving.Http;

/// <summary>An answer that says what went wrong, as RFC 9457 problem details.</summary>
/// <param name="Status">HTTP status, 400 to 599.</param>
/// <param name="Detail">What went wrong this time, for the caller's engineer.</param>
/// <param name="Errors">The faulty members: messages by JSON path.</param>
/// <param name="RetryAfter">When to try again, where trying again helps.</param>
internal sealed record Problem(
    int Status,
    string Detail,
    IReadOnlyDictionary<string, string[]>? Errors = null,
    TimeSpan? RetryAfter = null)
{
    /// <summary>The media type of the answer.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>One faulty member.</summary>
    public static Problem Of(int status, string detail, string path, string message) =>
        new(status, detail, new Dictionary<string, string[]> { [path] = [message] });

    /// <summary>One member that is wrong in itself.</summary>
    public static Problem Invalid(string path, string message) =>
        Of(StatusCodes.Status400BadRequest, "The request is not valid.", path, message);

    /// <summary>A part of the service that is not available for now.</summary>
    public static Problem Unavailable(string detail, TimeSpan retryAfter) =>
        new(StatusCodes.Status503ServiceUnavailable, detail, RetryAfter: retryAfter);

    /// <summary>Writes the answer. The response must not have started.</summary>
    public async Task WriteAsync(HttpResponse response)
    {
        response.StatusCode = Status;
        response.ContentType = MediaType;
        if (RetryAfter is { } wait)
            response.Headers.RetryAfter = ((int)Math.Max(1, Math.Ceiling(wait.TotalSeconds))).ToString(provider: null);

        using var buffer = new PooledBuffer();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "about:blank"u8);
            json.WriteString("title"u8, ReasonPhrases.GetReasonPhrase(Status));
            json.WriteNumber("status"u8, Status);
            json.WriteString("detail"u8, Detail);
            if (Errors is not null)
                WriteErrors(json, Errors);
            json.WriteEndObject();
        }

        response.ContentLength = buffer.Written.Length;
        if (!HttpMethods.IsHead(response.HttpContext.Request.Method))
            await response.Body.WriteAsync(buffer.Written, response.HttpContext.RequestAborted);
    }

    private static void WriteErrors(Utf8JsonWriter json, IReadOnlyDictionary<string, string[]> errors)
    {
        json.WriteStartObject("errors"u8);
        foreach (var (path, messages) in errors)
        {
            json.WriteStartArray(path);
            foreach (var message in messages)
                json.WriteStringValue(message);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}

/// <summary>Ends the handling of a request whose answer is a problem. Only for what is rare: it costs an exception.</summary>
internal sealed class RefusedException(Problem problem) : Exception(problem.Detail)
{
    /// <summary>The answer.</summary>
    public Problem Problem { get; } = problem;
}
