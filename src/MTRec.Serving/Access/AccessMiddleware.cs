using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using MTRec.Serving.Http;

namespace MTRec.Serving.Access;

/// <summary>
/// Lets a request pass whose caller has the scope that its path needs: 401 without a good key, 403 without the scope. It stands in for
/// ASP.NET Core's authentication, which makes a handler, a ticket and a principal a request.
/// </summary>
internal sealed partial class AccessMiddleware(RequestDelegate next, LiveKeyRing keys, TimeProvider time, AccessMeters meters, ILogger<AccessMiddleware> logger)
{
    /// <summary>The header that holds nothing but a key.</summary>
    public const string KeyHeader = "X-API-Key";

    private const string Scheme = "Bearer ";

    /// <summary>Handles one request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        // What is no route is routing's own refusal, such as 405; where there is no endpoint at all, 404 follows.
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
            return next(context);

        var ring = keys.Current;
        var caller = ring.Anonymous;
        if (caller is null)
        {
            var verdict = Identify(context.Request.Headers, ring, out caller);
            if (verdict is not null && Needed(endpoint) is not null)
                return RefuseAsync(context, verdict);
        }

        if (caller is not null)
            context.Features.Set(caller);
        if (Needed(endpoint) is not { } scope)
            return next(context);
        if (!caller!.May(scope))
            return ForbidAsync(context, caller, scope);
        if (scope == Scope.Admin && caller.Key is not null)
            LogAdmin(caller.Key, context.Request.Method, endpoint.RoutePattern.RawText);
        return next(context);
    }

    // The scope that the path needs; null where everybody may call.
    private static Scope? Needed(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<ScopeMetadata>() is { } metadata ? metadata.Scope : Scope.Admin;

    // Why there is no caller; null where there is one.
    private Refusal? Identify(IHeaderDictionary headers, KeyRing ring, out Caller? caller)
    {
        caller = null;
        var bearer = BearerOf(headers.Authorization);
        var key = headers[KeyHeader];
        if (bearer.IsEmpty && key.Count == 0)
            return Refusal.Missing;
        if (key.Count > 1 || (!bearer.IsEmpty && key.Count > 0))
            return Refusal.Several;
        return ring.Find(bearer.IsEmpty ? key.ToString() : bearer, time.GetUtcNow(), out caller) switch
        {
            KeyVerdict.Unknown => Refusal.Unknown,
            KeyVerdict.Expired => Refusal.Expired,
            _ => null,
        };
    }

    // Other schemes are a proxy's matter. Several values are no key.
    private static ReadOnlySpan<char> BearerOf(StringValues authorization)
    {
        var value = authorization.ToString();
        return value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? value.AsSpan(Scheme.Length).Trim() : [];
    }

    private Task RefuseAsync(HttpContext context, Refusal refusal)
    {
        meters.Refused(refusal.Reason);
        context.Response.Headers[HeaderNames.WWWAuthenticate] = refusal.Challenge;
        return new Problem(StatusCodes.Status401Unauthorized, refusal.Detail).WriteAsync(context.Response);
    }

    private Task ForbidAsync(HttpContext context, Caller caller, Scope scope)
    {
        meters.Refused("scope");
        var name = scope.ToString().ToLowerInvariant();
        context.Response.Headers[HeaderNames.WWWAuthenticate] = $"Bearer realm=\"mtrec\", error=\"insufficient_scope\", scope=\"{name}\"";
        var detail = caller.Key is null ? $"Callers without a key lack the scope {name}." : $"The key lacks the scope {name}.";
        return new Problem(StatusCodes.Status403Forbidden, detail).WriteAsync(context.Response);
    }

    [LoggerMessage(8010, LogLevel.Information, "Key {Key} calls {Method} {Route}")]
    private partial void LogAdmin(string key, string method, string? route);

    /// <summary>Why a caller is nobody (RFC 6750, section 3).</summary>
    private sealed record Refusal(string Reason, string Challenge, string Detail)
    {
        private const string Invalid = "Bearer realm=\"mtrec\", error=\"invalid_token\"";

        public static readonly Refusal Missing = new(
            "missing", "Bearer realm=\"mtrec\"", "A key is needed: send it as Authorization: Bearer KEY, or as X-API-Key: KEY.");

        public static readonly Refusal Several = new("several", "Bearer realm=\"mtrec\", error=\"invalid_request\"", "Send one key, in one header.");

        public static readonly Refusal Unknown = new("unknown", Invalid, "The key is not known.");

        public static readonly Refusal Expired = new("expired", Invalid, "The key has expired.");
    }
}
