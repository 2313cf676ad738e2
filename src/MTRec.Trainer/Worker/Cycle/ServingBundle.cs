using MTRec.Inference;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>Which bundle of a registry serves, by the rule that the service follows: the newest, unless a request has chosen another and held the newer ones back.</summary>
/// <param name="registry">The registry.</param>
/// <param name="name">The bundle's name.</param>
/// <param name="bad">Versions that are not chosen unless a request has chosen them.</param>
internal sealed class ServingBundle(BundleRegistry registry, string name, IReadOnlyList<string> bad)
{
    private readonly ChoiceFile _choices = new(registry, name);

    /// <summary>Opens it.</summary>
    /// <param name="say">Told of bundles that are refused.</param>
    /// <returns>The bundle, which the caller disposes of, and what a request has chosen; null where none may serve.</returns>
    /// <exception cref="IOException">The choice cannot be read.</exception>
    public (Bundle Bundle, BundleChoice? Choice)? Open(Action<string> say)
    {
        var choice = Choice();
        foreach (var listing in InOrder(choice))
        {
            try
            {
                return (registry.Open(listing), choice);
            }
            catch (BundleRefusedException e)
            {
                say($"{listing.Directory} is refused: {string.Join(' ', e.Reasons)}");
            }
        }

        return null;
    }

    /// <summary>Its version, by the manifests alone; null where there is none.</summary>
    /// <exception cref="IOException">The choice cannot be read.</exception>
    public string? Version() => InOrder(Choice()).FirstOrDefault()?.Version;

    /// <summary>What a request has chosen; null where none has.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public BundleChoice? Choice()
    {
        var choice = _choices.Read(out var fault);
        return fault is null ? choice : throw new IOException(fault);
    }

    // What was held back is better than nothing, as in the service.
    private IEnumerable<BundleListing> InOrder(BundleChoice? choice)
    {
        var all = registry.Scan().Where(listing => listing.Name == name && BundleAge.Of(listing) is not null).ToArray();
        var good = all.Where(listing => !bad.Contains(listing.Version, StringComparer.Ordinal)).ToArray();
        var followed = good.Where(listing => choice is null || BundleAge.Of(listing) > choice.HeldBack);
        return followed.Concat(all.Where(listing => listing.Version == choice?.Version)).Concat(good).Distinct();
    }
}
