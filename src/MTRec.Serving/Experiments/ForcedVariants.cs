using MTRec.Serving.Access;
using MTRec.Serving.Http;

namespace MTRec.Serving.Experiments;

/// <summary>
/// The header <c>X-MTRec-Variant: experiment=variant</c>, several separated by commas: shows a request as a variant would rank it, whoever the user is.
/// </summary>
internal static class ForcedVariants
{
    /// <summary>The header.</summary>
    public const string Header = "X-MTRec-Variant";

    /// <summary>Reads the header of <paramref name="request"/>.</summary>
    /// <exception cref="RefusedException">The caller lacks the scope <see cref="Scope.Admin"/>: 403; it is malformed: 400; it names what does not run, or two experiments of one layer: 422.</exception>
    public static IReadOnlyList<Assignment> Read(HttpRequest request, ExperimentSet experiments)
    {
        if (!request.Headers.TryGetValue(Header, out var values))
            return [];
        if (!Caller.Of(request.HttpContext).May(Scope.Admin))
            throw new RefusedException(new Problem(StatusCodes.Status403Forbidden, "Only callers with the scope Admin may force a variant."));
        var forced = new List<Assignment>();
        foreach (var part in values.SelectMany(value => (value ?? "").Split(',')))
        {
            var assignment = Read(part, experiments);
            if (forced.Find(other => other.Experiment.Layer == assignment.Experiment.Layer) is { } other)
                throw Unservable($"names '{other.Experiment.Name}' and '{assignment.Experiment.Name}', which exclude each other.");
            forced.Add(assignment);
        }

        return forced;
    }

    private static Assignment Read(string part, ExperimentSet experiments)
    {
        var sides = part.Split('=', StringSplitOptions.TrimEntries);
        if (sides is not [{ Length: > 0 } name, { Length: > 0 } variantName])
            throw new RefusedException(Problem.Invalid(Header, "must be experiment=variant; several are separated by commas."));
        if (experiments.Find(name) is not { } experiment || !experiments.Runs(experiment))
            throw Unservable($"names '{name}', which is no running experiment.");
        if (experiment.Find(variantName) is not { } variant)
            throw Unservable($"names '{variantName}', which is no variant of '{experiment.Name}': {string.Join(", ", experiment.Variants.Select(other => other.Name))}.");
        return new Assignment(experiment, variant, AssignmentReason.Forced);
    }

    private static RefusedException Unservable(string message) =>
        new(Problem.Of(StatusCodes.Status422UnprocessableEntity, "The variant cannot be forced.", Header, message));
}
