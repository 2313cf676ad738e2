using System.Diagnostics;

namespace MTRec.Serving.Operations;

/// <summary>
/// One line a request, without what identifies a user: the route's pattern stands in place of the path. Requests that went well are logged
/// at Debug, refused ones at Information, failed ones at Warning. Of those that are asked to come again, whom a fault or an overload makes many, a line
/// a second is enough: the metrics count them.
/// </summary>
internal sealed partial class RequestLog(RequestDelegate next, TimeProvider time, ILogger<RequestLog> logger)
{
    private readonly OnceASecond _limited = new(time);
    private readonly OnceASecond _unavailable = new(time);

    /// <summary>Handles one request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        var start = Stopwatch.GetTimestamp();
        await next(context);
        var level = context.Response.StatusCode switch
        {
            >= 500 => LogLevel.Warning,
            >= 400 => LogLevel.Information,
            _ => LogLevel.Debug,
        };
        if (!logger.IsEnabled(level) || !IsTime(context.Response.StatusCode))
            return;
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";
        var milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        LogRequest(level, context.Request.Method, route, context.Response.StatusCode, milliseconds);
    }

    private bool IsTime(int status) => status switch
    {
        StatusCodes.Status429TooManyRequests => _limited.IsTime(),
        StatusCodes.Status503ServiceUnavailable => _unavailable.IsTime(),
        _ => true,
    };

    [LoggerMessage(EventId = 6002, Message = "{Method} {Route} answered {Status} in {Milliseconds:0.0} ms")]
    private partial void LogRequest(LogLevel level, string method, string route, int status, double milliseconds);
}
