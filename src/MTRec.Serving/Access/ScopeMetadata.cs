namespace MTRec.Serving.Access;

/// <summary>What callers of a path need.</summary>
/// <param name="Scope">Their scope; null where everybody may call.</param>
internal sealed record ScopeMetadata(Scope? Scope);

/// <summary>Says what callers of a path need. Where nothing is said, they need <see cref="Scope.Admin"/>.</summary>
internal static class ScopeConventions
{
    /// <summary>Callers need that scope.</summary>
    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder route, Scope scope) => route.WithMetadata(new ScopeMetadata(scope));

    /// <summary>Everybody may call, as often as they like.</summary>
    public static RouteHandlerBuilder NeedsNothing(this RouteHandlerBuilder route) => route.WithMetadata(new ScopeMetadata(null)).DisableRateLimiting();
}
