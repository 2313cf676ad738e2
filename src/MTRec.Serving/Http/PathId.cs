using Microsoft.AspNetCore.Http.Features;

namespace MTRec.Serving.Http;

/// <summary>Ids that stand in a request's path.</summary>
internal static class PathId
{
    private const string EscapedSlash = "%2F";

    /// <summary>
    /// The id in a segment of the path. Routing leaves an escaped slash as it is, so that nobody can tell it from the three characters:
    /// then the path is read as it was sent.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="routed">The segment as routing gives it.</param>
    /// <param name="segment">The segment's index in the path, from 0.</param>
    public static string Read(HttpContext context, string routed, int segment)
    {
        if (!routed.Contains(EscapedSlash, StringComparison.OrdinalIgnoreCase))
            return routed;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = target.StartsWith('/') ? target : new Uri(target).AbsolutePath;
        var segments = path.Split('?')[0].Split('/');
        return segments.Length > segment + 1 ? Uri.UnescapeDataString(segments[segment + 1]) : routed;
    }
}
