using System.Collections.Frozen;
using MTRec.Core.Experiments;

namespace MTRec.Serving.Experiments;

/// <summary>A layer: every user is in one experiment of it at most.</summary>
internal sealed class Layer
{
    private readonly FrozenDictionary<string, Assignment> _overrides;

    /// <summary>Reads options without a fault.</summary>
    public Layer(string name, LayerOptions options)
    {
        Name = name;
        GateSalt = Salts.OfLayer(name, options);
        Experiments = [.. options.Experiments.OrderBy(pair => pair.Value.From).Select(pair => new Experiment(pair.Key, name, pair.Value))];
        _overrides = Experiments.Where(experiment => experiment.Options.Enabled)
            .SelectMany(experiment => experiment.Variants.SelectMany(variant => variant.Options.Users
                .Select(user => KeyValuePair.Create(user, new Assignment(experiment, variant, AssignmentReason.Override)))))
            .ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Decides the order of the users.</summary>
    public string GateSalt { get; }

    /// <summary>Its experiments, by their parts of the layer.</summary>
    public IReadOnlyList<Experiment> Experiments { get; }

    /// <summary>The user's part, or null where the user has none: a pure function of the salts and the user.</summary>
    public Assignment? Assign(string user)
    {
        // Before the gate: whoever is named gets the variant, and leaves the experiment that chance would have chosen.
        if (_overrides.TryGetValue(user, out var named))
            return named;
        var place = Percentile.Of(user, GateSalt);
        foreach (var experiment in Experiments)
        {
            if (experiment.Part.Holds(place))
                return experiment.Options.Enabled && experiment.Gate.Holds(place) ? experiment.Assign(user) : null;
        }

        return null;
    }
}
