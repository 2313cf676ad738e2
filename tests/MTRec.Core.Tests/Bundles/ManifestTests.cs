using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MTRec.Core.Blending;
using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Core.Fusion;
using MTRec.Core.Tasks;
using MTRec.Testing;
using Xunit;

namespace MTRec.Core.Tests.Bundles;

public class ManifestTests
{
    private static readonly Standardiser Flat = new(0, 0);

    private static readonly Dictionary<string, (Func<BundleManifest, BundleManifest> Break, string Reason)> Faults = new()
    {
        ["a later format"] = (m => m with { FormatVersion = 2 }, "formatVersion:"),
        ["a name that leaves the registry"] = (m => m with { Name = "../x" }, "name:"),
        ["a hidden name"] = (m => m with { Name = ".x" }, "name:"),
        ["no name"] = (m => m with { Name = "" }, "name:"),
        ["a version with a slash"] = (m => m with { Version = "1/2" }, "version:"),
        ["a long version"] = (m => m with { Version = new string('1', 65) }, "version:"),
        ["no tasks"] = (m => m with { Tasks = [] }, "tasks: at least one"),
        ["a task twice"] = (m => m with { Tasks = [m.Tasks[0], m.Tasks[0], m.Tasks[2]] }, "tasks: 'click' stands twice"),
        ["a task without a name"] = (m => Task(m, t => t with { Name = "" }), "tasks: one has no name"),
        ["a task without a range"] = (m => Task(m, t => t with { Min = 1 }), "tasks: 'click' needs finite min < max"),
        ["an infinite task"] = (m => Task(m, t => t with { Max = float.PositiveInfinity }), "tasks: 'click' needs finite"),
        ["a task's default outside"] = (m => Task(m, t => t with { Default = 2 }), "tasks: the default of 'click'"),
        ["a task's default that is no number"] = (m => Task(m, t => t with { Default = float.NaN }), "tasks: the default of 'click'"),
        ["a null task"] = (m => m with { Tasks = [null!] }, "tasks: holds null"),
        ["a feature twice"] = (m => m with { Features = [.. m.Features, m.Features[0]] }, "features: the Context feature 'hour' stands twice"),
        ["a feature without a name"] = (m => Feature(m, f => f with { Name = "" }), "features: one has no name"),
        ["a feature without a range"] = (m => Feature(m, f => f with { Min = 24 }), "features: 'hour' needs finite min < max"),
        ["a feature's default outside"] = (m => Feature(m, f => f with { Default = -1 }), "features: the default of 'hour'"),
        ["codes with a fraction"] = (m => Feature(m, f => f with { Type = FeatureType.Categorical, Max = 3.5f, Default = 0 }), "features: the codes of 'hour'"),
        ["a default code with a fraction"] = (m => Feature(m, f => f with { Type = FeatureType.Categorical, Default = 0.5f }), "features: the codes of 'hour'"),
        ["codes below 0"] = (m => Feature(m, f => f with { Type = FeatureType.Categorical, Min = -1, Default = 0 }), "features: the codes of 'hour'"),
        ["codes beyond a float"] = (m => Feature(m, f => f with { Type = FeatureType.Categorical, Max = 1 << 25 }), "features: the codes of 'hour'"),
        ["a value's code outside"] = (m => Feature(m, f => f with { Values = new Dictionary<string, int> { ["x"] = 25 } }), "features: a value of 'hour'"),
        ["an unknown kind of feature"] = (m => Feature(m, f => f with { Kind = (FeatureKind)9 }), "features: holds null or an unknown kind"),
        ["no history"] = (m => m with { History = m.History with { Length = 0 } }, "history.length:"),
        ["a long history"] = (m => m with { History = m.History with { Length = 1001 } }, "history.length:"),
        ["an unknown history action"] = (m => m with { History = m.History with { Actions = ["blink"] } }, "history.actions: 'blink'"),
        ["a history action twice"] = (m => m with { History = m.History with { Actions = ["click", "click"] } }, "history.actions: 'click' stands twice"),
        ["an unknown formula"] = (m => Fusion(m, f => f with { Formula = (FusionFormula)9 }), "fusion.formula:"),
        ["an action of another formula"] = (m => Fusion(m, f => f with { Formula = FusionFormula.PowerProduct }), "fusion.action: the formula and tasks ask for click.power"),
        ["action dimensions in another order"] = (m => Fusion(m, f => f with { Action = [.. f.Action.Reverse()] }), "fusion.action: the formula"),
        ["an action's range upside down"] = (m => Fusion(m, f => f with { Action = [f.Action[0] with { Min = 9 }, .. f.Action.Skip(1)] }), "fusion.action: 'click.weight'"),
        ["a log-sum without priors"] = (m => m with { Fusion = TestBundles.Manifest(formula: FusionFormula.LogSum).Fusion with { Priors = null } }, "fusion.priors:"),
        ["a prior that is no number"] = (m => m with { Fusion = TestBundles.Manifest(formula: FusionFormula.LogSum).Fusion with { Priors = [1, 1, float.NaN] } }, "fusion.priors:"),
        ["bounds above 0"] = (m => m with { Exploration = m.Exploration with { Lower = 0.1f } }, "exploration:"),
        ["bounds below 0"] = (m => m with { Exploration = m.Exploration with { Upper = -0.1f } }, "exploration:"),
        ["bounds that are no numbers"] = (m => m with { Exploration = m.Exploration with { Lower = float.NegativeInfinity } }, "exploration:"),
        ["too few fallback weights"] = (m => m with { Fallback = m.Fallback with { Weights = [1] } }, "fallback.weights:"),
        ["an infinite fallback weight"] = (m => m with { Fallback = m.Fallback with { Weights = [1, 1, float.PositiveInfinity] } }, "fallback.weights:"),
        ["a fallback without deviation"] = (m => m with { Fallback = m.Fallback with { Standardiser = Flat } }, "fallback.standardiser:"),
        ["fusion scores without deviation"] = (m => m with { Blending = m.Blending with { FusionScore = Flat } }, "blending.fusionScore:"),
        ["rewards without deviation"] = (m => m with { Blending = m.Blending with { MentalReward = Flat } }, "blending.mentalReward:"),
        ["rewards without standardiser"] = (m => m with { Blending = m.Blending with { MentalReward = null } }, "blending.mentalReward: is missing"),
        ["a reward's graph without its section"] = (m => m with { MentalReward = null }, "mentalReward: must describe"),
        ["a reward without its graph"] = (m => Without(m, BundleLayout.MentalReward), "files: mental-reward.onnx is missing"),
        ["a discount of 1"] = (m => Reward(m, r => r with { Discount = 1 }), "mentalReward.discount:"),
        ["no quantiles"] = (m => Reward(m, r => r with { Quantiles = 0 }), "mentalReward.quantiles:"),
        ["no positive action"] = (m => Reward(m, r => r with { Positive = [] }), "mentalReward.positive:"),
        ["an unknown positive action"] = (m => Reward(m, r => r with { Positive = ["blink"] }), "mentalReward.positive:"),
        ["no policy"] = (m => Without(m, BundleLayout.Policy), "files: policy.onnx is missing"),
        ["a file of another kind"] = (m => With(m, "../secrets"), "files: '../secrets'"),
        ["a null file"] = (m => m with { Files = new Dictionary<string, BundleFile> { ["policy.onnx"] = null! } }, "files: holds null"),
        ["a null metric"] = (m => m with { Provenance = m.Provenance with { Metrics = [null!] } }, "provenance.metrics: holds null"),
    };

    public static TheoryData<string> FaultNames => [.. Faults.Keys];

    [Theory]
    [InlineData(FusionFormula.WeightedSum)]
    [InlineData(FusionFormula.LogSum)]
    [InlineData(FusionFormula.PowerProduct)]
    public void A_sound_manifest_has_no_faults(FusionFormula formula) => Assert.Empty(ManifestValidator.Validate(Sound(formula)));

    [Fact]
    public void A_bundle_may_lack_the_mental_reward()
    {
        var manifest = Without(Sound(), BundleLayout.MentalReward);

        Assert.Empty(ManifestValidator.Validate(manifest with { MentalReward = null, Blending = manifest.Blending with { MentalReward = null } }));
    }

    [Theory]
    [MemberData(nameof(FaultNames))]
    public void A_fault_is_named(string fault)
    {
        var (breaks, reason) = Faults[fault];

        Assert.Contains(ManifestValidator.Validate(breaks(Sound())), error => error.StartsWith(reason, StringComparison.Ordinal));
    }

    [Fact]
    public void All_faults_are_named_at_once()
    {
        var manifest = Sound() with { Name = "", Version = "", History = new HistoryLayout(0, []) };

        Assert.Equal(3, ManifestValidator.Validate(manifest).Count);
    }

    [Fact]
    public void A_manifest_comes_back_from_its_json()
    {
        var manifest = Sound(FusionFormula.LogSum);
        var json = Write(manifest);

        var read = Read(json);

        Assert.Equal(json, Write(read));
        Assert.Equal(manifest.Created, read.Created);
        Assert.Equal(manifest.Tasks, read.Tasks);
        Assert.Equal(manifest.Fusion.Action, read.Fusion.Action);
        Assert.Equal(manifest.Fusion.Priors, read.Fusion.Priors);
        Assert.Equal(manifest.Exploration, read.Exploration);
        Assert.Equal(manifest.Blending, read.Blending);
        Assert.Equal(manifest.Features.Select(f => f with { Values = null }), read.Features.Select(f => f with { Values = null }));
        Assert.Equal(manifest.Features[3].Values, read.Features[3].Values);
        Assert.Equal(manifest.Files[BundleLayout.Policy].Sha256, read.Files[BundleLayout.Policy].Sha256);
    }

    [Fact]
    public void Names_in_json_are_the_formats()
    {
        var json = JsonNode.Parse(Write(Sound()))!;

        Assert.Equal("weightedSum", (string?)json["fusion"]!["formula"]);
        Assert.Equal("context", (string?)json["features"]![0]!["kind"]);
        Assert.Equal("categorical", (string?)json["features"]![1]!["type"]);
        Assert.Equal(1, (int?)json["formatVersion"]);
        Assert.Equal(0.5, (double?)json["blending"]!["fusionScore"]!["deviation"]);
    }

    [Theory]
    [InlineData("\"name\": \"default\",", "\"name\": \"default\", \"name\": \"other\",")]
    [InlineData("\"name\": \"default\",", "\"name\": \"default\", \"nickname\": \"other\",")]
    [InlineData("\"name\": \"default\",", "")]
    [InlineData("\"name\": \"default\",", "\"name\": null,")]
    [InlineData("\"length\": 5,", "")]
    [InlineData("\"length\": 5,", "\"length\": \"5\",")]
    [InlineData("\"weightedSum\"", "\"median\"")]
    public void Duplicate_unknown_missing_and_mistyped_members_are_refused(string member, string replacement)
    {
        var json = Write(Sound());
        Assert.Contains(member, json, StringComparison.Ordinal);

        Assert.Throws<JsonException>(() => Read(json.Replace(member, replacement, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_contract_names_what_a_graph_must_offer()
    {
        var contract = new GraphContract(Sound());

        Assert.Equal(
            ["context float32 [1, 2]", "user float32 [1, 2]", "history float32 [1, 5, 8]", "candidates float32 [-1, 3]", "scores float32 [-1, 3]"],
            contract.Inputs(BundleLayout.Policy).Select(tensor => tensor.ToString()));
        Assert.Equal(
            ["mean float32 [-1]", "quantiles float32 [-1, 10]", "softQ float32 [-1, 2]"],
            contract.Outputs(BundleLayout.MentalReward).Select(tensor => tensor.ToString()));
        Assert.DoesNotContain(contract.Inputs(BundleLayout.TaskScores), tensor => tensor.Name == BundleLayout.Scores);
        Assert.Throws<ArgumentException>(() => contract.Inputs(BundleLayout.Items));
    }

    [Fact]
    public void The_contract_names_every_difference()
    {
        var contract = new GraphContract(Sound());
        TensorShape[] inputs = [Float("scores", -1, 4), Float("weather", 1, 1)];
        TensorShape[] outputs = [Float("action", 1, 3), new("fusionScore", "int64", [-1]), Float("extra", -1)];

        var differences = contract.Differences(BundleLayout.Policy, inputs, outputs).ToArray();

        Assert.Equal(5, differences.Length);
        Assert.Contains("scores float32 [-1, 4]", differences[0], StringComparison.Ordinal);
        Assert.Contains("'weather'", differences[1], StringComparison.Ordinal);
        Assert.Contains("fusionScore int64", differences[2], StringComparison.Ordinal);
        Assert.Contains("'contributions' is missing", differences[3], StringComparison.Ordinal);
        Assert.Contains("'extra'", differences[4], StringComparison.Ordinal);

        static TensorShape Float(string name, params long[] shape) => new(name, GraphContract.ElementType, shape);
    }

    private static BundleManifest Sound(FusionFormula formula = FusionFormula.WeightedSum)
    {
        var file = new BundleFile(new string('0', 64), [], []);
        return TestBundles.Manifest(formula: formula) with
        {
            Files = new Dictionary<string, BundleFile>
            {
                [BundleLayout.Policy] = file,
                [BundleLayout.MentalReward] = file,
                [BundleLayout.TaskScores] = file,
                [BundleLayout.Items] = file,
            },
        };
    }

    private static string Write(BundleManifest manifest) =>
        Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(manifest, ManifestJson.Default.BundleManifest));

    private static BundleManifest Read(string json) => JsonSerializer.Deserialize(json, ManifestJson.Default.BundleManifest)!;

    private static BundleManifest Task(BundleManifest manifest, Func<TaskDefinition, TaskDefinition> change) =>
        manifest with { Tasks = [change(manifest.Tasks[0]), .. manifest.Tasks.Skip(1)] };

    private static BundleManifest Feature(BundleManifest manifest, Func<FeatureDefinition, FeatureDefinition> change) =>
        manifest with { Features = [change(manifest.Features[0]), .. manifest.Features.Skip(1)] };

    private static BundleManifest Fusion(BundleManifest manifest, Func<FusionSection, FusionSection> change) =>
        manifest with { Fusion = change(manifest.Fusion) };

    private static BundleManifest Reward(BundleManifest manifest, Func<MentalRewardSection, MentalRewardSection> change) =>
        manifest with { MentalReward = change(manifest.MentalReward!) };

    private static BundleManifest Without(BundleManifest manifest, string file) =>
        manifest with { Files = manifest.Files.Where(pair => pair.Key != file).ToDictionary() };

    private static BundleManifest With(BundleManifest manifest, string file) =>
        manifest with { Files = new Dictionary<string, BundleFile>(manifest.Files) { [file] = new BundleFile("", [], []) } };
}
