using MTRec.Core.Bundles;

namespace MTRec.Serving.Exploration;

/// <summary>How an action is drawn.</summary>
internal enum ExplorationKind
{
    /// <summary>mu(s) + eps, eps ~ U(lower, upper) per dimension (UnifiedRL, arXiv 2404.17589).</summary>
    Bounded,

    /// <summary>mu(s) + N(0, deviation) per dimension (BatchRL-MTF, arXiv 2208.04560), truncated to the bounds.</summary>
    Gaussian,
}

/// <summary>
/// Whose requests are explored and how. Deviations are in units of an action's normalised dimensions, [-1, 1] from the lowest real value to the
/// highest. Bounds wider than the manifest's are cut to them, and no draw leaves [-1, 1].
/// </summary>
internal sealed class ExplorationRule
{
    /// <summary>How an action is drawn. Default Bounded.</summary>
    public ExplorationKind Kind { get; set; }

    /// <summary>
    /// Share of the variant's users who are explored, 0 to 1: of users, not of requests, so that a user's session is explored whole or not at all, as
    /// learning from sessions needs. Default 1.
    /// </summary>
    public double Share { get; set; } = 1;

    /// <summary>Lowest deviation from the policy's action, -2 to 0. Default the bundle's.</summary>
    public double? Lower { get; set; }

    /// <summary>Highest deviation, 0 to 2. Default the bundle's.</summary>
    public double? Upper { get; set; }

    /// <summary>The Gaussian's standard deviation before it is truncated, 0.001 to 2. Default 0.1.</summary>
    public double Deviation { get; set; } = 0.1;

    /// <summary>Every fault.</summary>
    public IEnumerable<string> Faults()
    {
        if (!Enum.IsDefined(Kind))
            yield return $"Kind must be one of {string.Join(", ", Enum.GetNames<ExplorationKind>())}.";
        if (!(Share >= 0 && Share <= 1))
            yield return $"Share must be in [0, 1], not {Share}.";
        if (Lower is { } lower && !(lower >= -2 && lower <= 0))
            yield return $"Lower must be in [-2, 0], not {lower}.";
        if (Upper is { } upper && !(upper >= 0 && upper <= 2))
            yield return $"Upper must be in [0, 2], not {upper}.";
        if (!(Deviation >= 0.001 && Deviation <= 2))
            yield return $"Deviation must be in [0.001, 2], not {Deviation}.";
    }

    /// <summary>The bounds within those of the bundle.</summary>
    public (float Lower, float Upper) Within(ExplorationSection bundle) =>
        (Math.Max((float)(Lower ?? bundle.Lower), bundle.Lower), Math.Min((float)(Upper ?? bundle.Upper), bundle.Upper));
}
