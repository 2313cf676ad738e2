namespace MTRec.Serving.OpenApi;

/// <summary>The experiments of the configuration in force.</summary>
/// <param name="Enabled">Whether any experiment runs.</param>
/// <param name="Experiments">All of them, by layer and place in it.</param>
/// <param name="Refused">Why the configuration's latest change is not in force, every fault; empty where it is.</param>
public sealed record ExperimentsAnswer(bool Enabled, IReadOnlyList<ExperimentAnswer> Experiments, IReadOnlyList<string> Refused);

/// <summary>An experiment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Layer">Its layer: a user is in one experiment of a layer at most.</param>
/// <param name="Running">Whether it runs.</param>
/// <param name="From">Start of its part of the layer, in %.</param>
/// <param name="To">End of its part of the layer, in %.</param>
/// <param name="Traffic">Users who take part, in % of all users.</param>
/// <param name="Control">The variant that the others are compared with.</param>
/// <param name="Variants">Its variants.</param>
public sealed record ExperimentAnswer(
    string Name, string Layer, bool Running, double From, double To, double Traffic, string Control, IReadOnlyList<ExperimentAnswerVariant> Variants);

/// <summary>A variant; what is null is as without it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Percentage">Its part of the experiment's users, in %.</param>
/// <param name="NamedUsers">Users whom the configuration gives this variant by name.</param>
/// <param name="Bundle">Version of the bundle that ranks.</param>
/// <param name="Weights">Fixed weights in place of the policy.</param>
/// <param name="Blending">Changed members of the section Blending.</param>
/// <param name="Exploration">Exploration around the policy's action.</param>
public sealed record ExperimentAnswerVariant(
    string Name,
    double Percentage,
    int NamedUsers,
    string? Bundle,
    IReadOnlyDictionary<string, double>? Weights,
    ExperimentAnswerBlending? Blending,
    ExperimentAnswerExploration? Exploration);

/// <summary>What a variant changes of the blending; what is null stays.</summary>
/// <param name="Weight">Weight of the mental reward.</param>
/// <param name="Form">The form.</param>
/// <param name="Statistic">Statistic of the mental reward.</param>
/// <param name="Level">Level of the quantile or CVaR.</param>
/// <param name="Threshold">Threshold of the gate.</param>
public sealed record ExperimentAnswerBlending(double? Weight, string? Form, string? Statistic, double? Level, double? Threshold);

/// <summary>How a variant explores.</summary>
/// <param name="Kind">bounded or gaussian.</param>
/// <param name="Share">Share of the variant's users.</param>
/// <param name="Lower">Lowest deviation; null for the bundle's.</param>
/// <param name="Upper">Highest deviation; null for the bundle's.</param>
/// <param name="Deviation">Standard deviation of the Gaussian; null for the other kind.</param>
public sealed record ExperimentAnswerExploration(string Kind, double Share, double? Lower, double? Upper, double? Deviation);

/// <summary>A user's part in an experiment.</summary>
/// <param name="Experiment">The experiment.</param>
/// <param name="UserId">The user.</param>
/// <param name="Variant">The user's variant; null where the user does not take part.</param>
/// <param name="Reason">
/// chance, override (the configuration names the user), off (the experiment does not run), otherExperiment (the user is in another one of the layer),
/// outsideTraffic.
/// </param>
/// <param name="Exploring">Whether the user's requests are explored, where the bundle allows it.</param>
public sealed record AssignmentAnswer(string Experiment, string UserId, string? Variant, string Reason, bool Exploring);
