using MTRec.Core.Experiments;

namespace MTRec.Serving.Experiments;

/// <summary>One variant of an experiment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Range">Its part of the experiment's users.</param>
/// <param name="Options">What it changes.</param>
internal sealed record Variant(string Name, PercentileRange Range, VariantOptions Options);

/// <summary>One experiment.</summary>
internal sealed class Experiment
{
    private readonly Assignment[] _byChance;

    /// <summary>Reads options without a fault.</summary>
    public Experiment(string name, string layer, ExperimentOptions options)
    {
        (Name, Layer, Options) = (name, layer, options);
        ArmSalt = Salts.OfArm(name, options);
        ExplorationSalt = Salts.OfExploration(name, options);
        Part = new PercentileRange(options.From, options.To);
        Gate = options.Traffic is { } traffic && options.From + traffic < options.To ? new PercentileRange(options.From, options.From + traffic) : Part;
        Variants = [.. LayOut(options)];
        _byChance = [.. Variants.Select(variant => new Assignment(this, variant, AssignmentReason.Chance))];
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its layer's name.</summary>
    public string Layer { get; }

    /// <summary>Its options.</summary>
    public ExperimentOptions Options { get; }

    /// <summary>Decides who gets which variant.</summary>
    public string ArmSalt { get; }

    /// <summary>Decides who is explored, and the draws.</summary>
    public string ExplorationSalt { get; }

    /// <summary>Its part of the layer.</summary>
    public PercentileRange Part { get; }

    /// <summary>The users of the layer who take part: the first of <see cref="Part"/>.</summary>
    public PercentileRange Gate { get; }

    /// <summary>The variants, in the order of their names.</summary>
    public IReadOnlyList<Variant> Variants { get; }

    /// <summary>The variant of a user who takes part.</summary>
    public Assignment Assign(string user)
    {
        var place = Percentile.Of(user, ArmSalt);
        foreach (var assignment in _byChance)
        {
            if (assignment.Variant.Range.Holds(place))
                return assignment;
        }

        throw new InvalidOperationException($"The variants of '{Name}' leave out {place} %.");
    }

    /// <summary>The variant of that name, whatever its case; null where there is none.</summary>
    public Variant? Find(string variant) => Variants.FirstOrDefault(other => string.Equals(other.Name, variant, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<Variant> LayOut(ExperimentOptions options)
    {
        var variants = options.Variants.OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase).ToArray();
        var last = Array.FindLastIndex(variants, pair => pair.Value.Percentage > 0);
        var from = 0.0;
        for (var i = 0; i < variants.Length; i++)
        {
            // The last one ends at 100 whatever the sum's rounding.
            var to = i >= last ? 100 : from + variants[i].Value.Percentage;
            yield return new Variant(variants[i].Key, new PercentileRange(from, to), variants[i].Value);
            from = to;
        }
    }
}

/// <summary>Why a user has a variant.</summary>
internal enum AssignmentReason
{
    /// <summary>By the hash of the user.</summary>
    Chance,

    /// <summary>The configuration names the user.</summary>
    Override,

    /// <summary>The request named the variant.</summary>
    Forced,
}

/// <summary>A user's or a request's part in an experiment.</summary>
/// <param name="Experiment">The experiment.</param>
/// <param name="Variant">The variant.</param>
/// <param name="Reason">Why.</param>
internal sealed record Assignment(Experiment Experiment, Variant Variant, AssignmentReason Reason);
