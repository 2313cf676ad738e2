using System.Collections.Frozen;

namespace MTRec.Serving.Experiments;

/// <summary>All experiments of one configuration. Immutable: it is replaced as a whole, and a request reads it once.</summary>
internal sealed class ExperimentSet
{
    private readonly FrozenDictionary<string, Experiment> _byName;
    private readonly Layer[] _running;

    /// <summary>Reads options without a fault.</summary>
    public ExperimentSet(ExperimentsOptions options)
    {
        Enabled = options.Enabled;
        Layers = [.. options.Layers.OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase).Select(pair => new Layer(pair.Key, pair.Value))];
        _running = Enabled ? [.. Layers.Where(layer => layer.Experiments.Any(experiment => experiment.Options.Enabled))] : [];
        _byName = Layers.SelectMany(layer => layer.Experiments).ToFrozenDictionary(experiment => experiment.Name, StringComparer.OrdinalIgnoreCase);
        Bundles = [.. _running.SelectMany(layer => layer.Experiments).Where(experiment => experiment.Options.Enabled)
            .SelectMany(experiment => experiment.Variants).Select(variant => variant.Options.Bundle).OfType<string>().Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Whether any experiment runs.</summary>
    public bool Enabled { get; }

    /// <summary>The layers, in the order of their names.</summary>
    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>The versions that running variants name.</summary>
    public IReadOnlyList<string> Bundles { get; }

    /// <summary>Whether it runs.</summary>
    public bool Runs(Experiment experiment) => Enabled && experiment.Options.Enabled;

    /// <summary>The experiment of that name, whatever its case; null where there is none.</summary>
    public Experiment? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>What applies to a request.</summary>
    /// <param name="user">The user.</param>
    /// <param name="forced">What the request asks for; it takes the place of what chance says for those layers.</param>
    public RankPlan Plan(string user, IReadOnlyList<Assignment> forced)
    {
        if (_running.Length == 0)
            return RankPlan.None;
        var assignments = new List<Assignment>(_running.Length);
        foreach (var layer in _running)
        {
            if ((forced.FirstOrDefault(assignment => assignment.Experiment.Layer == layer.Name) ?? layer.Assign(user)) is { } assignment)
                assignments.Add(assignment);
        }

        return RankPlan.Of(assignments);
    }
}
