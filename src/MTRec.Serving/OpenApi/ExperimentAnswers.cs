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

/// <summary>What came of an experiment.</summary>
/// <param name="Experiment">The experiment.</param>
/// <param name="Control">The variant that the others are compared with.</param>
/// <param name="Source">What the figures rest on.</param>
/// <param name="SampleRatio">Whether users are split as configured; null where there is nothing to test.</param>
/// <param name="MovedUsers">Sampled users who met more than one variant, because percentages or salts were changed; they are left out.</param>
/// <param name="Variants">The variants.</param>
public sealed record ReportAnswer(
    string Experiment, string Control, ReportSource Source, ReportSampleRatio? SampleRatio, int MovedUsers, IReadOnlyList<ReportVariant> Variants);

/// <summary>What a report rests on: the event files of the folder, or the streams, that this replica logs to, of all replicas that log there.</summary>
/// <param name="Sources">Files or streams.</param>
/// <param name="Events">Events read from them.</param>
/// <param name="From">When the first of them was logged.</param>
/// <param name="To">When the last of them was logged.</param>
/// <param name="Complete">Whether all that was logged by now is read; otherwise ask again.</param>
/// <param name="Unread">What is left to read: bytes of files, entries of streams.</param>
/// <param name="Damaged">What stands there and is no event, or not the one that was written.</param>
/// <param name="Missed">Events that the streams dropped, by their bounds of length and age, before this replica read them.</param>
/// <param name="SampledShare">Share of all users whom the figures by user rest on; below 1 where there are more than ExperimentReport:MaxUsers.</param>
public sealed record ReportSource(
    int Sources, long Events, DateTimeOffset? From, DateTimeOffset? To, bool Complete, long Unread, long Damaged, long Missed, double SampledShare);

/// <summary>A chi-square test of the users' split.</summary>
/// <param name="ChiSquare">The statistic.</param>
/// <param name="PValue">How likely so uneven a split is by chance.</param>
/// <param name="Alarm">Whether the p-value is below 0.001: then no figure of the experiment can be trusted.</param>
public sealed record ReportSampleRatio(double ChiSquare, double PValue, bool Alarm);

/// <summary>A variant's figures. Users who have it by name and forced requests are left out.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ExpectedShare">Its configured share of the users, 0 to 1.</param>
/// <param name="Exposures">Rank calls that it applied to.</param>
/// <param name="Users">Sampled users whom it applied to.</param>
/// <param name="Metrics">requests, clicks, longViews, likes, watchSeconds from a user's first exposure on, summed by user.</param>
public sealed record ReportVariant(string Name, double ExpectedShare, long Exposures, int Users, IReadOnlyList<ReportMetric> Metrics);

/// <summary>A metric.</summary>
/// <param name="Name">Its name.</param>
/// <param name="PerUser">Mean over users.</param>
/// <param name="Deviation">Standard deviation over users.</param>
/// <param name="Difference">Against the control; null for the control, and where nothing varies.</param>
/// <param name="Adjusted">The same with variance reduction (CUPED); null where users did nothing of the kind before the experiment.</param>
public sealed record ReportMetric(string Name, double PerUser, double Deviation, ReportDifference? Difference, ReportAdjusted? Adjusted);

/// <summary>A difference to the control.</summary>
/// <param name="Value">Variant less control.</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
/// <param name="High">Upper end of the 95 % interval.</param>
/// <param name="PValue">Two-sided, by Welch's test; not corrected for several variants or metrics, nor for looking again and again.</param>
public sealed record ReportDifference(double Value, double Low, double High, double PValue);

/// <summary>A difference with variance reduction.</summary>
/// <param name="Difference">The difference.</param>
/// <param name="VarianceReduction">Part of the difference's variance that is gone, up to 1.</param>
public sealed record ReportAdjusted(ReportDifference Difference, double VarianceReduction);
