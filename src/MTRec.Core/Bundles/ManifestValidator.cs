using MTRec.Core.Features;
using MTRec.Core.Fusion;
using MTRec.Core.Sessions;

namespace MTRec.Core.Bundles;

/// <summary>Checks that a manifest agrees with itself. The files behind it are checked by whoever loads them.</summary>
public static class ManifestValidator
{
    private static readonly string[] KnownFiles =
        [BundleLayout.Policy, BundleLayout.MentalReward, BundleLayout.TaskScores, BundleLayout.Items];

    /// <summary>Every reason why the manifest cannot be served, each naming its member; none where it can.</summary>
    public static IReadOnlyList<string> Validate(BundleManifest manifest)
    {
        // The parser lets null stand for an element and a number for an enumeration's member; nothing below expects either.
        var errors = Malformed(manifest).ToList();
        if (errors.Count > 0)
            return errors;
        if (manifest.FormatVersion != BundleManifest.CurrentFormat)
            errors.Add($"formatVersion: {manifest.FormatVersion} is not {BundleManifest.CurrentFormat}, the format this version reads.");
        if (!IsName(manifest.Name))
            errors.Add("name: must be 1 to 64 letters, digits, '.', '_' or '-', not starting with '.'.");
        if (!IsName(manifest.Version))
            errors.Add("version: must be 1 to 64 letters, digits, '.', '_' or '-', not starting with '.'.");
        CheckTasks(manifest, errors);
        CheckFeatures(manifest, errors);
        CheckFusion(manifest, errors);
        CheckMentalReward(manifest, errors);
        CheckFiles(manifest, errors);
        return errors;
    }

    private static IEnumerable<string> Malformed(BundleManifest manifest)
    {
        (string Member, bool Fits)[] members =
        [
            ("tasks", NoNulls(manifest.Tasks)),
            ("features", NoNulls(manifest.Features) && manifest.Features.All(f => Enum.IsDefined(f.Kind) && Enum.IsDefined(f.Type))),
            ("history.actions", NoNulls(manifest.History.Actions)),
            ("fusion.formula", Enum.IsDefined(manifest.Fusion.Formula)),
            ("fusion.action", NoNulls(manifest.Fusion.Action)),
            ("mentalReward.positive", NoNulls(manifest.MentalReward?.Positive ?? [])),
            ("files", NoNulls(manifest.Files.Values) && manifest.Files.Values.All(file => NoNulls(file.Inputs) && NoNulls(file.Outputs))),
            ("provenance.metrics", NoNulls(manifest.Provenance.Metrics)),
        ];
        return members.Where(member => !member.Fits).Select(member => $"{member.Member}: holds null or an unknown kind.");

        static bool NoNulls<T>(IEnumerable<T> values) => values.All(value => value is not null);
    }

    private static void CheckTasks(BundleManifest manifest, List<string> errors)
    {
        if (manifest.Tasks.Count == 0)
            errors.Add("tasks: at least one is needed.");
        foreach (var name in Repeated(manifest.Tasks.Select(task => task.Name)))
            errors.Add($"tasks: '{name}' stands twice.");
        foreach (var task in manifest.Tasks)
        {
            if (task.Name.Length == 0)
                errors.Add("tasks: one has no name.");
            if (!(float.IsFinite(task.Min) && float.IsFinite(task.Max) && task.Min < task.Max))
                errors.Add($"tasks: '{task.Name}' needs finite min < max.");
            else if (!(task.Default >= task.Min && task.Default <= task.Max))
                errors.Add($"tasks: the default of '{task.Name}' must be in [{task.Min}, {task.Max}].");
        }
    }

    private static void CheckFeatures(BundleManifest manifest, List<string> errors)
    {
        foreach (var kind in Enum.GetValues<FeatureKind>())
        {
            foreach (var name in Repeated(manifest.Features.Where(feature => feature.Kind == kind).Select(feature => feature.Name)))
                errors.Add($"features: the {kind} feature '{name}' stands twice.");
        }

        foreach (var feature in manifest.Features)
        {
            if (feature.Name.Length == 0)
                errors.Add("features: one has no name.");
            if (!(float.IsFinite(feature.Min) && float.IsFinite(feature.Max) && feature.Min < feature.Max))
                errors.Add($"features: '{feature.Name}' needs finite min < max.");
            else if (!(feature.Default >= feature.Min && feature.Default <= feature.Max))
                errors.Add($"features: the default of '{feature.Name}' must be in [{feature.Min}, {feature.Max}].");
            if (feature.Type == FeatureType.Categorical && !(feature.Min == 0 && feature.Max <= 1 << 24 && IsWhole(feature.Max) && IsWhole(feature.Default)))
                errors.Add($"features: the codes of '{feature.Name}' must be whole numbers from 0 to {1 << 24} at most.");
            if (feature.Values is not null && feature.Values.Values.Any(code => code < 0 || code > feature.Max))
                errors.Add($"features: a value of '{feature.Name}' has a code outside [0, {feature.Max}].");
        }

        if (manifest.History.Length is < 1 or > 1000)
            errors.Add("history.length: must be in [1, 1000].");
        foreach (var action in Repeated(manifest.History.Actions))
            errors.Add($"history.actions: '{action}' stands twice.");
        foreach (var action in manifest.History.Actions.Where(action => !UserActionNames.TryParse(action, out _)))
            errors.Add($"history.actions: '{action}' is not one of {string.Join(", ", UserActionNames.All)}.");
    }

    private static void CheckFusion(BundleManifest manifest, List<string> errors)
    {
        var tasks = manifest.Tasks.Select(task => task.Name).ToArray();
        var expected = Fuser.ActionNames(manifest.Fusion.Formula, tasks);
        if (!manifest.Fusion.Action.Select(dimension => dimension.Name).SequenceEqual(expected))
            errors.Add($"fusion.action: the formula and tasks ask for {string.Join(", ", expected)}, in this order.");
        foreach (var dimension in manifest.Fusion.Action.Where(d => !(float.IsFinite(d.Min) && float.IsFinite(d.Max) && d.Min <= d.Max)))
            errors.Add($"fusion.action: '{dimension.Name}' needs finite min <= max.");
        if (manifest.Fusion.Formula == FusionFormula.LogSum && !(manifest.Fusion.Priors?.Count == tasks.Length && manifest.Fusion.Priors.All(float.IsFinite)))
            errors.Add($"fusion.priors: the log-sum needs {tasks.Length} finite numbers, one a task.");
        if (!(manifest.Exploration.Lower is >= -2 and <= 0 && manifest.Exploration.Upper is >= 0 and <= 2))
            errors.Add("exploration: needs -2 <= lower <= 0 <= upper <= 2, the width of a normalised dimension.");
        if (manifest.Fallback.Weights.Count != tasks.Length || !manifest.Fallback.Weights.All(float.IsFinite))
            errors.Add($"fallback.weights: needs {tasks.Length} finite numbers, one a task.");
        CheckStandardiser(manifest.Blending.FusionScore, "blending.fusionScore", errors);
        CheckStandardiser(manifest.Fallback.Standardiser, "fallback.standardiser", errors);
    }

    private static void CheckMentalReward(BundleManifest manifest, List<string> errors)
    {
        if (manifest.MentalReward is not { } reward)
        {
            if (manifest.Files.ContainsKey(BundleLayout.MentalReward))
                errors.Add($"mentalReward: must describe {BundleLayout.MentalReward}.");
            return;
        }

        if (!manifest.Files.ContainsKey(BundleLayout.MentalReward))
            errors.Add($"files: {BundleLayout.MentalReward} is missing.");
        if (!(reward.Discount >= 0 && reward.Discount < 1))
            errors.Add("mentalReward.discount: must be in [0, 1).");
        if (reward.Quantiles is < 1 or > 1000)
            errors.Add("mentalReward.quantiles: must be in [1, 1000].");
        if (reward.Positive.Count == 0 || reward.Positive.Any(action => !UserActionNames.TryParse(action, out _)))
            errors.Add($"mentalReward.positive: needs some of {string.Join(", ", UserActionNames.All)}.");
        if (manifest.Blending.MentalReward is { } standardiser)
            CheckStandardiser(standardiser, "blending.mentalReward", errors);
        else
            errors.Add("blending.mentalReward: is missing.");
    }

    private static void CheckFiles(BundleManifest manifest, List<string> errors)
    {
        if (!manifest.Files.ContainsKey(BundleLayout.Policy))
            errors.Add($"files: {BundleLayout.Policy} is missing.");
        foreach (var file in manifest.Files.Keys.Where(file => !KnownFiles.Contains(file)))
            errors.Add($"files: '{file}' is not one of {string.Join(", ", KnownFiles)}.");
    }

    private static void CheckStandardiser(Blending.Standardiser standardiser, string member, List<string> errors)
    {
        if (!(double.IsFinite(standardiser.Mean) && double.IsFinite(standardiser.Deviation) && standardiser.Deviation > 0))
            errors.Add($"{member}: needs a finite mean and a deviation above 0.");
    }

    private static bool IsWhole(float value) => value == MathF.Floor(value);

    private static IEnumerable<string> Repeated(IEnumerable<string> names) =>
        names.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key);

    // A name becomes a folder, so it must not leave the registry.
    private static bool IsName(string name) =>
        name.Length is >= 1 and <= 64 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
