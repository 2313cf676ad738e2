using System.Text.Json.Serialization;
using MTRec.Core.Blending;
using MTRec.Core.Features;
using MTRec.Core.Fusion;
using MTRec.Core.Safetensors;
using MTRec.Core.Tasks;

namespace MTRec.Core.Bundles;

/// <summary>
/// <c>manifest.json</c>: everything that a host must know of a bundle's graphs, so that it needs no code to match them.
/// Read and written by <see cref="ManifestJson"/>, checked by <see cref="ManifestValidator"/>.
/// </summary>
public sealed record BundleManifest
{
    /// <summary>The format this code reads and writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Format of the manifest and of the graphs' inputs; <see cref="CurrentFormat"/>.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>The bundle's name: the registry's folder.</summary>
    public required string Name { get; init; }

    /// <summary>The bundle's version: the folder below the name.</summary>
    public required string Version { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The tasks, in the order of the columns of <c>scores</c> [N, K].</summary>
    public required IReadOnlyList<TaskDefinition> Tasks { get; init; }

    /// <summary>The features, in tensor order within their kind.</summary>
    public required IReadOnlyList<FeatureDefinition> Features { get; init; }

    /// <summary>Layout of the history tensor.</summary>
    public required HistoryLayout History { get; init; }

    /// <summary>The fusion formula and its action.</summary>
    public required FusionSection Fusion { get; init; }

    /// <summary>Where the policy may explore.</summary>
    public required ExplorationSection Exploration { get; init; }

    /// <summary>The mental reward, where the bundle has one.</summary>
    public MentalRewardSection? MentalReward { get; init; }

    /// <summary>Means and deviations on the training log that put the two scores on one scale.</summary>
    public required BlendingSection Blending { get; init; }

    /// <summary>The weighted sum that ranks when the policy's graph cannot.</summary>
    public required FallbackSection Fallback { get; init; }

    /// <summary>Every file of the bundle by its name, the manifest excepted.</summary>
    public required IReadOnlyDictionary<string, BundleFile> Files { get; init; }

    /// <summary>Where the bundle comes from and how good it was then.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>The features' places in the graphs' inputs.</summary>
    public FeatureSchema Schema() => new(Features, History);
}

/// <summary>Names of a bundle's files and of the graphs' inputs and outputs. A graph declares those inputs that it reads.</summary>
public static class BundleLayout
{
    /// <summary>The manifest.</summary>
    public const string Manifest = "manifest.json";

    /// <summary>Graph: <c>scores</c> and state -> <c>action</c> [1 or N, A], <c>fusionScore</c> [N], <c>contributions</c> [N, K].</summary>
    public const string Policy = "policy.onnx";

    /// <summary>Graph: state and candidates -> <c>mean</c> [N], <c>quantiles</c> [N, Q], <c>softQ</c> [N, 2] (skip, positive).</summary>
    public const string MentalReward = "mental-reward.onnx";

    /// <summary>Graph: state and candidates -> <c>scores</c> [N, K].</summary>
    public const string TaskScores = "task-scores.onnx";

    /// <summary>
    /// Item table: <c>ids</c> U8 (UTF-8, concatenated), <c>idOffsets</c> I64 [V + 1], <c>features</c> F32 [V, I] in the order
    /// of the item features.
    /// </summary>
    public const string Items = "items.safetensors";

    /// <summary>Input: context features [1, C].</summary>
    public const string ContextInput = "context";

    /// <summary>Input: user features [1, U].</summary>
    public const string UserInput = "user";

    /// <summary>Input: the latest impressions [1, H, width], see <see cref="HistoryLayout"/>.</summary>
    public const string HistoryInput = "history";

    /// <summary>Input: the candidates' rows [N, 1 + I], see <see cref="FeatureSchema"/>.</summary>
    public const string CandidatesInput = "candidates";

    /// <summary>Input of the policy and output of the task scorer: task scores [N, K], in the tasks' own units.</summary>
    public const string Scores = "scores";

    /// <summary>Output: the fusion's parameters in real units, one row for the request or one a candidate.</summary>
    public const string ActionOutput = "action";

    /// <summary>Output: f [N].</summary>
    public const string FusionScoreOutput = "fusionScore";

    /// <summary>Output: each task's part of f [N, K].</summary>
    public const string ContributionsOutput = "contributions";

    /// <summary>Output: mean of the mental reward of a positive response [N].</summary>
    public const string MeanOutput = "mean";

    /// <summary>Output: quantiles of the mental reward of a positive response [N, Q], not falling.</summary>
    public const string QuantilesOutput = "quantiles";

    /// <summary>Output: Q(s, a) [N, 2] for a = skip, positive.</summary>
    public const string SoftQOutput = "softQ";
}

/// <summary>The fusion formula and its action.</summary>
/// <param name="Formula">The formula inside the policy's graph.</param>
/// <param name="Algorithm">What learned the policy, such as <c>fixed</c>.</param>
/// <param name="Action">The action's dimensions, named as <see cref="Fuser.ActionNames"/> does.</param>
/// <param name="Priors">The betas [K] of the log-sum; absent otherwise.</param>
public sealed record FusionSection(FusionFormula Formula, string Algorithm, IReadOnlyList<ActionDimension> Action, IReadOnlyList<float>? Priors = null);

/// <summary>One dimension of the action.</summary>
/// <param name="Name">Its name, such as <c>click.power</c>.</param>
/// <param name="Min">The real value at -1.</param>
/// <param name="Max">The real value at +1.</param>
public sealed record ActionDimension(string Name, float Min, float Max);

/// <summary>Where the policy may explore (UnifiedRL, bounded exploration).</summary>
/// <param name="BaselineVersion">The version of the policy whose neighbourhood was explored; null for a first policy.</param>
/// <param name="Lower">Lowest deviation of a normalised dimension, at most 0.</param>
/// <param name="Upper">Highest deviation of a normalised dimension, at least 0.</param>
public sealed record ExplorationSection(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? BaselineVersion, float Lower, float Upper);

/// <summary>What the mental reward means.</summary>
/// <param name="Algorithm">What learned it, such as <c>qr-iql</c>.</param>
/// <param name="Discount">gamma, in [0, 1).</param>
/// <param name="Quantiles">Number of quantiles N; tau_i = (2i - 1) / (2N).</param>
/// <param name="Positive">A response is positive where it holds any of these actions.</param>
public sealed record MentalRewardSection(string Algorithm, float Discount, int Quantiles, IReadOnlyList<string> Positive);

/// <summary>Means and deviations on the training log.</summary>
/// <param name="FusionScore">Of f.</param>
/// <param name="MentalReward">Of the mean mental reward; absent where the bundle has none.</param>
public sealed record BlendingSection(Standardiser FusionScore, Standardiser? MentalReward = null);

/// <summary>The weighted sum that ranks when the policy's graph cannot.</summary>
/// <param name="Weights">One weight a task [K], over normalised scores.</param>
/// <param name="Standardiser">Its mean and deviation on the training log.</param>
public sealed record FallbackSection(IReadOnlyList<float> Weights, Standardiser Standardiser);

/// <summary>One file of the bundle.</summary>
/// <param name="Sha256">Lower-case hexadecimal SHA-256 of its bytes.</param>
/// <param name="Inputs">A graph's inputs.</param>
/// <param name="Outputs">A graph's outputs; an item table's tensors.</param>
public sealed record BundleFile(string Sha256, IReadOnlyList<TensorShape> Inputs, IReadOnlyList<TensorShape> Outputs);

/// <summary>A tensor's name, type and shape.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type"><c>float32</c>, <c>int64</c> or <c>uint8</c>.</param>
/// <param name="Shape">Sizes; -1 where the number of candidates stands.</param>
public sealed record TensorShape(string Name, string Type, IReadOnlyList<long> Shape)
{
    /// <summary>Describes a tensor of an item table.</summary>
    public static TensorShape Of(SafetensorsTensor tensor) => new(tensor.Name, TypeName(tensor.Type), tensor.Shape);

    /// <summary>Whether name, type and all sizes are those of <paramref name="other"/>.</summary>
    public bool Matches(TensorShape other) => Name == other.Name && Type == other.Type && Shape.SequenceEqual(other.Shape);

    /// <summary>Such as <c>scores float32 [-1, 3]</c>.</summary>
    public override string ToString() => $"{Name} {Type} [{string.Join(", ", Shape)}]";

    private static string TypeName(SafetensorsType type) => type switch
    {
        SafetensorsType.F32 => "float32",
        SafetensorsType.I64 => "int64",
        SafetensorsType.U8 => "uint8",
        _ => type.ToString(),
    };
}

/// <summary>Where the bundle comes from and how good it was then.</summary>
/// <param name="Data">The log it was trained on, with its licence.</param>
/// <param name="CodeVersion">Version of this code.</param>
/// <param name="Seed">The seed of all randomness.</param>
/// <param name="Command">The command that reproduces it.</param>
/// <param name="Metrics">Figures with intervals.</param>
public sealed record Provenance(string Data, string CodeVersion, int Seed, string Command, IReadOnlyList<Metric> Metrics);

/// <summary>A figure with its 95 % interval.</summary>
/// <param name="Name">What was measured, such as <c>auc.click</c>.</param>
/// <param name="Split">On what, such as <c>dev</c>.</param>
/// <param name="Value">The figure.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="Count">Number of samples behind it.</param>
public sealed record Metric(string Name, string Split, double Value, double Low, double High, long Count);

/// <summary>Source-generated JSON of the manifest: camelCase, indented, unknown and duplicate members refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    UseStringEnumConverter = true,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(BundleManifest))]
public sealed partial class ManifestJson : JsonSerializerContext;
