using MTRec.Core.Experiments;
using MTRec.Serving.Http;

namespace MTRec.Serving.Experiments;

/// <summary>Finds every fault of a configuration of experiments.</summary>
internal static class ExperimentFaults
{
    private const int LongestName = 64;
    private const int LongestSalt = 128;

    // Percentages such as 33.3 and 66.7 add up to 100 but for the last place.
    private const double Rounding = 1e-9;

    /// <summary>The faults, each starting with the key that has it.</summary>
    public static IEnumerable<string> Of(ExperimentsOptions options) =>
    [
        .. options.Layers.SelectMany(layer => OfLayer($"Layers:{layer.Key}", layer.Key, layer.Value)),
        .. Repeated(options),
        .. Shared(options),
    ];

    private static IEnumerable<string> OfLayer(string path, string name, LayerOptions layer)
    {
        foreach (var fault in OfName(path, name).Concat(OfSalt(path, layer.Salt)))
            yield return fault;
        foreach (var (experiment, options) in layer.Experiments)
        {
            foreach (var fault in OfExperiment($"{path}:Experiments:{experiment}", experiment, options))
                yield return fault;
        }

        var parts = layer.Experiments.OrderBy(pair => pair.Value.From).ToArray();
        for (var i = 1; i < parts.Length; i++)
        {
            var (before, part) = (parts[i - 1], parts[i]);
            if (new PercentileRange(before.Value.From, before.Value.To).Overlaps(new PercentileRange(part.Value.From, part.Value.To)))
                yield return $"{path}:Experiments:{part.Key}:From must be at least {before.Value.To}, where '{before.Key}' ends: a layer's experiments must not overlap.";
        }

        var users = layer.Experiments.SelectMany(experiment => experiment.Value.Variants.SelectMany(variant => variant.Value.Users));
        foreach (var user in users.GroupBy(user => user, StringComparer.Ordinal).Where(group => group.Count() > 1))
            yield return $"{path} names the user '{user.Key}' {user.Count()} times: a user can have one variant in a layer.";
    }

    private static IEnumerable<string> OfExperiment(string path, string name, ExperimentOptions experiment)
    {
        foreach (var fault in OfName(path, name).Concat(OfSalt(path, experiment.Salt)))
            yield return fault;
        if (!(experiment.From >= 0 && experiment.From < experiment.To && experiment.To <= 100))
            yield return $"{path}:From and To must be 0 <= From < To <= 100, not {experiment.From} and {experiment.To}.";
        else if (experiment.Traffic is { } traffic && !(traffic >= 0 && traffic <= experiment.To - experiment.From))
            yield return $"{path}:Traffic must be in [0, {experiment.To - experiment.From}], not {traffic}.";
        if (!experiment.Variants.ContainsKey(experiment.Control))
            yield return $"{path}:Control must be one of the variants, not '{experiment.Control}'.";
        if (Math.Abs(experiment.Variants.Values.Sum(variant => variant.Percentage) - 100) is not <= Rounding)
            yield return $"{path}:Variants must have 100 % together, not {experiment.Variants.Values.Sum(variant => variant.Percentage)}.";
        foreach (var (variant, options) in experiment.Variants)
        {
            foreach (var fault in OfVariant($"{path}:Variants:{variant}", variant, options))
                yield return fault;
        }
    }

    private static IEnumerable<string> OfVariant(string path, string name, VariantOptions variant)
    {
        foreach (var fault in OfName(path, name))
            yield return fault;
        if (!(variant.Percentage >= 0 && variant.Percentage <= 100))
            yield return $"{path}:Percentage must be in [0, 100], not {variant.Percentage}.";
        foreach (var fault in variant.Users.Select(JsonText.IdFault).OfType<string>())
            yield return $"{path}:Users holds an id that {fault}";
        if (variant.Bundle is { Length: 0 })
            yield return $"{path}:Bundle must not be empty; leave it out for the active bundle.";
        foreach (var fault in variant.Fusion?.Faults() ?? [])
            yield return $"{path}:Fusion:{fault}";
        foreach (var fault in variant.Blending?.Faults() ?? [])
            yield return $"{path}:Blending:{fault}";
        foreach (var fault in variant.Exploration?.Faults() ?? [])
            yield return $"{path}:Exploration:{fault}";
        if (variant.Fusion is not null && variant.Exploration is not null)
            yield return $"{path}:Exploration must not stand beside Fusion: fixed weights leave no policy to explore around.";
    }

    private static IEnumerable<string> OfName(string path, string name)
    {
        if (name.Length > LongestName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            yield return $"{path} must be named by 1 to {LongestName} letters, digits, '.', '_' or '-'.";
    }

    private static IEnumerable<string> OfSalt(string path, string? salt)
    {
        if (salt is { Length: 0 or > LongestSalt })
            yield return $"{path}:Salt must have 1 to {LongestSalt} characters.";
    }

    // Two of one salt would order their users alike.
    private static IEnumerable<string> Repeated(ExperimentsOptions options)
    {
        var layers = options.Layers.Select(layer => (Path: $"Layers:{layer.Key}:Salt", Salt: Salts.OfLayer(layer.Key, layer.Value)));
        var experiments = options.Layers
            .SelectMany(layer => layer.Value.Experiments.Select(experiment => (Path: $"Layers:{layer.Key}:Experiments:{experiment.Key}:Salt", Salt: Salts.OfArm(experiment.Key, experiment.Value))));
        foreach (var repeated in layers.Concat(experiments).GroupBy(pair => pair.Salt, StringComparer.Ordinal).Where(group => group.Count() > 1))
            yield return $"{string.Join(" and ", repeated.Select(pair => pair.Path))} must differ.";

        var names = options.Layers.SelectMany(layer => layer.Value.Experiments.Keys.Select(name => (Layer: layer.Key, Name: name)));
        foreach (var repeated in names.GroupBy(pair => pair.Name, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
            yield return $"Layers: the experiment '{repeated.Key}' stands in {string.Join(" and ", repeated.Select(pair => pair.Layer))}.";
    }

    // Layers are orthogonal only where no two change the same thing (Tang et al., Overlapping Experiment Infrastructure, KDD 2010).
    private static IEnumerable<string> Shared(ExperimentsOptions options)
    {
        var changes = options.Layers.SelectMany(layer => layer.Value.Experiments.Values
            .SelectMany(experiment => experiment.Variants.Values).SelectMany(Parameters).Select(parameter => (Layer: layer.Key, Parameter: parameter)));
        foreach (var shared in changes.GroupBy(change => change.Parameter))
        {
            var layers = shared.Select(change => change.Layer).Distinct().ToArray();
            if (layers.Length > 1)
                yield return $"Layers: {shared.Key} is changed in {string.Join(" and ", layers)}; only experiments of one layer may change it.";
        }
    }

    private static IEnumerable<string> Parameters(VariantOptions variant)
    {
        if (variant.Bundle is not null)
            yield return nameof(variant.Bundle);
        if (variant.Fusion is not null)
            yield return nameof(variant.Fusion);
        if (variant.Exploration is not null)
            yield return nameof(variant.Exploration);
        foreach (var member in variant.Blending?.Members() ?? [])
            yield return $"{nameof(variant.Blending)}:{member}";
    }
}

/// <summary>What is hashed beside a user. A prefix each, so that gate, variant and exploration are independent even where all salts are alike.</summary>
internal static class Salts
{
    /// <summary>Of a layer's gate.</summary>
    public static string OfLayer(string name, LayerOptions layer) => "gate:" + (layer.Salt ?? name.ToLowerInvariant());

    /// <summary>Of the choice of a variant.</summary>
    public static string OfArm(string name, ExperimentOptions experiment) => "arm:" + (experiment.Salt ?? name.ToLowerInvariant());

    /// <summary>Of who is explored, and of the draws.</summary>
    public static string OfExploration(string name, ExperimentOptions experiment) => "explore:" + (experiment.Salt ?? name.ToLowerInvariant());
}
