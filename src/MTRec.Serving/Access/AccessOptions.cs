using MTRec.Serving.Operations;

namespace MTRec.Serving.Access;

/// <summary>
/// Who may call the service, and how often: section <c>Access</c>. Read again whenever the configuration changes. Without keys everybody may
/// call, and therefore the service then listens on this machine's own addresses alone.
/// </summary>
internal sealed class AccessOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Access";

    /// <summary>
    /// The keys, 0 to 1,000; <c>deploy/local/key.sh</c> makes them. To change a key without a pause, add the new one, move the callers,
    /// remove the old one. Default none: no caller needs a key.
    /// </summary>
    public AccessKeyOptions[] Keys { get; set; } = [];

    /// <summary>Whether a service without keys may listen on addresses that other machines reach. Default false.</summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>
    /// Whether callers without a key have the scope Admin where other machines reach the service and there are no keys. Where it listens on
    /// this machine's own addresses alone they have it anyway. Default false.
    /// </summary>
    public bool AnonymousAdmin { get; set; }

    /// <summary>
    /// Requests a second that each key, and each address of callers without one, may send in the long run, 1 to 1,000,000; those beyond are
    /// answered with 429. A key may have its own limit. Default none: no limit.
    /// </summary>
    public int? RequestsPerSecond { get; set; }

    /// <summary>Requests that may come at once after a pause, 1 to 1,000,000. Default twice <see cref="RequestsPerSecond"/>.</summary>
    public int? Burst { get; set; }

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        const int MostKeys = 1000;
        if (Keys.Length > MostKeys)
            yield return $"Keys must hold at most {MostKeys} keys, not {Keys.Length}.";
        foreach (var fault in Rate.Faults(RequestsPerSecond, Burst))
            yield return fault;
        for (var i = 0; i < Keys.Length; i++)
        {
            foreach (var fault in Keys[i].Faults())
                yield return $"Keys:{i}:{fault}";
        }

        foreach (var name in Keys.GroupBy(key => key.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
            yield return $"Keys must have different names; '{name.Key}' stands {name.Count()} times.";
        foreach (var hash in Keys.Where(key => key.Sha256.Length > 0).GroupBy(key => key.Sha256, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
            yield return $"Keys must have different hashes; {string.Join(" and ", hash.Select(key => $"'{key.Name}'"))} have the same.";
    }
}

/// <summary>One API key.</summary>
internal sealed class AccessKeyOptions
{
    /// <summary>What logs call the key, 1 to 64 characters. Needed.</summary>
    public string Name { get; set; } = "";

    /// <summary>The key's SHA-256 in 64 hexadecimal digits. Needed.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>What the key is good for: Rank, Feedback, Metrics, Admin. Needed: at least one.</summary>
    public Scope[] Scopes { get; set; } = [];

    /// <summary>From when on the key is good for nothing, ISO 8601 with an offset. Default never.</summary>
    public DateTimeOffset? Expires { get; set; }

    /// <summary>Requests a second in the long run, 1 to 1,000,000. Default that of the section.</summary>
    public int? RequestsPerSecond { get; set; }

    /// <summary>Requests that may come at once after a pause, 1 to 1,000,000. Default twice <see cref="RequestsPerSecond"/>.</summary>
    public int? Burst { get; set; }

    /// <summary>Every fault, each starting with the key that has it.</summary>
    public IEnumerable<string> Faults()
    {
        const int LongestName = 64;
        if (Name.Length is 0 or > LongestName || string.IsNullOrWhiteSpace(Name))
            yield return $"Name must be 1 to {LongestName} characters long.";
        if (Sha256.Length != 2 * ApiKey.HashLength || !Sha256.All(char.IsAsciiHexDigit))
            yield return $"Sha256 must be {2 * ApiKey.HashLength} hexadecimal digits.";
        if (Scopes.Length == 0 || !Scopes.All(Enum.IsDefined))
            yield return $"Scopes must hold some of {string.Join(", ", Enum.GetNames<Scope>())}.";
        foreach (var fault in Rate.Faults(RequestsPerSecond, Burst))
            yield return fault;
    }
}
