using System.Collections.Frozen;

namespace MTRec.Serving.Bundles;

/// <summary>The bundles in service at one moment. Immutable: it is replaced as a whole, and a request reads it once.</summary>
internal sealed class BundleSnapshot
{
    private readonly FrozenDictionary<string, ServedBundle> _byVersion;

    /// <summary>Puts bundles together; one may stand in several places.</summary>
    /// <param name="active">Answers whoever asks for no version; null before the first load.</param>
    /// <param name="previous">Was active before, and is kept warm for a rollback.</param>
    /// <param name="variants">Asked for by version.</param>
    /// <param name="shadow">Scored off the requests' path.</param>
    public BundleSnapshot(ServedBundle? active, ServedBundle? previous, IEnumerable<ServedBundle> variants, ServedBundle? shadow)
    {
        Active = active;
        Previous = previous;
        Variants = [.. variants];
        Shadow = shadow;
        All = [.. new[] { active }.Concat(Variants).Append(shadow).Append(previous).OfType<ServedBundle>().Distinct()];

        // The active one goes first: the previous one may be of the same version, from before its files were replaced.
        _byVersion = All.GroupBy(served => served.Version, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
    }

    /// <summary>Nothing is loaded.</summary>
    public static BundleSnapshot Empty { get; } = new(null, null, [], null);

    /// <summary>Answers whoever asks for no version; null before the first load.</summary>
    public ServedBundle? Active { get; }

    /// <summary>Was active before, and is kept warm for a rollback.</summary>
    public ServedBundle? Previous { get; }

    /// <summary>Asked for by version.</summary>
    public IReadOnlyList<ServedBundle> Variants { get; }

    /// <summary>Scored off the requests' path.</summary>
    public ServedBundle? Shadow { get; }

    /// <summary>Each loaded bundle once.</summary>
    public IReadOnlyList<ServedBundle> All { get; }

    /// <summary>The loaded bundle of that version, or null.</summary>
    public ServedBundle? Find(string version) => _byVersion.GetValueOrDefault(version);

    /// <summary>The places in which <paramref name="served"/> stands.</summary>
    public IEnumerable<string> RolesOf(ServedBundle served)
    {
        if (served == Active)
            yield return "active";
        if (Variants.Contains(served))
            yield return "variant";
        if (served == Shadow)
            yield return "shadow";
        if (served == Previous)
            yield return "previous";
    }

    /// <summary>Whether the same bundles stand in the same places.</summary>
    public bool IsSameAs(BundleSnapshot other) =>
        Active == other.Active && Previous == other.Previous && Shadow == other.Shadow && Variants.SequenceEqual(other.Variants);
}
