using MTRec.Serving.Exploration;
using MTRec.Serving.Http;
using MTRec.Serving.OpenApi;

namespace MTRec.Serving.Experiments;

/// <summary><c>GET /v1/experiments</c> and <c>GET /v1/experiments/{name}/assignment</c>.</summary>
internal sealed class ExperimentEndpoints(LiveExperiments experiments)
{
    /// <summary>Shows the experiments in force.</summary>
    public ExperimentsAnswer Get()
    {
        var current = experiments.Current;
        return new ExperimentsAnswer(
            current.Enabled,
            [.. current.Layers.SelectMany(layer => layer.Experiments).Select(experiment => Describe(experiment, current.Runs(experiment)))],
            experiments.Faults);
    }

    /// <summary>Shows a user's part in an experiment, as the next rank call would have it.</summary>
    /// <exception cref="RefusedException">No such experiment: 404; no user or a bad one: 400.</exception>
    public AssignmentAnswer Assign(string name, string? userId)
    {
        var current = experiments.Current;
        var experiment = current.Find(name) ?? throw new RefusedException(new Problem(StatusCodes.Status404NotFound, "There is no such experiment."));
        if (JsonText.IdFault(userId) is { } fault)
            throw new RefusedException(Problem.Invalid("userId", fault));

        var user = userId!;
        var assigned = current.Runs(experiment) ? current.Layers.First(layer => layer.Name == experiment.Layer).Assign(user) : null;
        var own = assigned?.Experiment == experiment ? assigned : null;
        var reason = (own, assigned, current.Runs(experiment)) switch
        {
            ({ Reason: AssignmentReason.Override }, _, _) => "override",
            ({ }, _, _) => "chance",
            (null, { }, _) => "otherExperiment",
            (null, null, true) => "outsideTraffic",
            _ => "off",
        };
        return new AssignmentAnswer(experiment.Name, user, own?.Variant.Name, reason, own is not null && RankPlan.Of([own]).Explores(user));
    }

    private static ExperimentAnswer Describe(Experiment experiment, bool running) => new(
        experiment.Name,
        experiment.Layer,
        running,
        experiment.Part.From,
        experiment.Part.To,
        experiment.Gate.To - experiment.Gate.From,
        experiment.Options.Control,
        [.. experiment.Variants.Select(Describe)]);

    private static ExperimentAnswerVariant Describe(Variant variant) => new(
        variant.Name,
        variant.Options.Percentage,
        variant.Options.Users.Length,
        variant.Options.Bundle,
        variant.Options.Fusion?.Weights,
        variant.Options.Blending is { } blending
            ? new ExperimentAnswerBlending(blending.Weight, CamelCase(blending.Form), CamelCase(blending.Statistic), blending.Level, blending.Threshold)
            : null,
        variant.Options.Exploration is { } rule
            ? new ExperimentAnswerExploration(
                CamelCase<ExplorationKind>(rule.Kind)!, rule.Share, rule.Lower, rule.Upper, rule.Kind == ExplorationKind.Gaussian ? rule.Deviation : null)
            : null);

    private static string? CamelCase<T>(T? value)
        where T : struct, Enum =>
        value?.ToString() is { } name ? char.ToLowerInvariant(name[0]) + name[1..] : null;
}
