
namespace MTRec.Serving.Http;

/// <summary>Gives every answer of status 400 or above a problem's body, whoever refused the request: an endpoint, routing or Kestrel.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    /// <summary>Handles one request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        Problem? problem = null;
        try
        {
            await next(context);
        }
        catch (RefusedException refused)
        {
            problem = refused.Problem;
        }
        catch (BadHttpRequestException bad)
        {
            // Kestrel's own limits: a malformed chunk, a body that comes too slowly.
            problem = new Problem(bad.StatusCode, bad.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
#pragma warning disable CA1031 // The last resort: whatever was thrown, the caller gets a problem and the log gets the cause.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogUnhandled(exception);
            problem = new Problem(StatusCodes.Status500InternalServerError, "The service failed; its log says why.");
        }

        if (context.Response.HasStarted)
            return;
        if (problem is not null)
            context.Response.Clear();
        else if (context.Response is { StatusCode: >= 400, ContentLength: null, ContentType: null })
            problem = Unexplained(context);
        if (problem is not null)
            await problem.WriteAsync(context.Response);
    }

    private static Problem Unexplained(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => new Problem(404, "Nothing is served at this path."),
        StatusCodes.Status405MethodNotAllowed => new Problem(405, $"This path does not take {context.Request.Method}; see the Allow header."),
        StatusCodes.Status415UnsupportedMediaType => Problem.Of(
            415, "The body is of a kind that is not read.", JsonPath.Root, RequestBody.Expected),
        StatusCodes.Status504GatewayTimeout => new Problem(504, "The request took longer than the service allows."),
        var status => new Problem(status, "The request was refused."),
    };

    [LoggerMessage(6001, LogLevel.Error, "A request failed for a reason nobody foresaw")]
    private partial void LogUnhandled(Exception exception);
}
