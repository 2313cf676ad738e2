namespace MTRec.Serving.Access;

/// <summary>Who sent a request. Immutable: all requests with one key share it.</summary>
internal sealed class Caller
{
    private readonly int _scopes;

    /// <summary>A caller with those scopes.</summary>
    /// <param name="key">The name of the caller's key; null where the caller is anonymous.</param>
    /// <param name="scopes">What the caller may do.</param>
    /// <param name="rate">How much the caller may do; null where there is no limit.</param>
    public Caller(string? key, IEnumerable<Scope> scopes, Rate? rate)
    {
        Key = key;
        Rate = rate;
        foreach (var scope in scopes)
            _scopes |= 1 << (int)scope;
    }

    /// <summary>The name of the caller's key; null where the caller is anonymous.</summary>
    public string? Key { get; }

    /// <summary>How much the caller may do; null where there is no limit.</summary>
    public Rate? Rate { get; }

    private static Caller Nobody { get; } = new(null, [], null);

    /// <summary>Whether the caller has that scope.</summary>
    public bool May(Scope scope) => (_scopes & (1 << (int)scope)) != 0;

    /// <summary>Who sent the request of <paramref name="context"/>. May nothing before <see cref="AccessMiddleware"/> has looked at it.</summary>
    public static Caller Of(HttpContext context) => context.Features.Get<Caller>() ?? Nobody;
}
