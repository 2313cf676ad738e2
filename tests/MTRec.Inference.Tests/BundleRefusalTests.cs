using System.Text;
using Google.Protobuf;
using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Core.Fusion;
using MTRec.Core.Safetensors;
using MTRec.Export;
using MTRec.Testing;
using Xunit;

namespace MTRec.Inference.Tests;

/// <summary>Every way in which a bundle can be damaged or lie is refused, with a reason that names the file.</summary>
public class BundleRefusalTests
{
    private static readonly string[] Files = [BundleLayout.Policy, BundleLayout.MentalReward, BundleLayout.TaskScores, BundleLayout.Items];

    public static TheoryData<string> FileNames => [.. Files];

    [Theory]
    [MemberData(nameof(FileNames))]
    public void Any_flipped_byte_is_found_by_its_hash(string file)
    {
        using var bundle = new TamperedBundle();
        var bytes = File.ReadAllBytes(bundle[file]);
        var random = new Random(13);
        int[] places = [0, bytes.Length - 1, .. Enumerable.Range(0, 20).Select(_ => random.Next(bytes.Length))];
        foreach (var place in places)
        {
            var flipped = bytes.ToArray();
            flipped[place] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(bundle[file], flipped);

            Assert.StartsWith($"{file}: its SHA-256 is ", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(FileNames))]
    public void A_truncated_file_is_found_by_its_hash(string file)
    {
        using var bundle = new TamperedBundle();
        using (var stream = File.OpenWrite(bundle[file]))
            stream.SetLength(stream.Length / 2);

        Assert.StartsWith($"{file}: its SHA-256 is ", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(FileNames))]
    public void A_truncated_file_that_the_manifest_vouches_for_is_refused(string file)
    {
        using var bundle = new TamperedBundle();
        var bytes = File.ReadAllBytes(bundle[file]);
        foreach (var length in new[] { 0, 1, 7, bytes.Length / 3, bytes.Length / 2, bytes.Length - 1 })
        {
            bundle.Replace(file, bytes[..length]);

            Assert.All(bundle.Reasons(), reason => Assert.StartsWith($"{file}: ", reason, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(FileNames))]
    public void A_missing_file_is_named(string file)
    {
        using var bundle = new TamperedBundle();
        File.Delete(bundle[file]);

        Assert.StartsWith($"{file}: ", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Fact]
    public void All_damaged_files_are_named_at_once()
    {
        using var bundle = new TamperedBundle();
        File.Delete(bundle[BundleLayout.Policy]);
        File.AppendAllText(bundle[BundleLayout.Items], "x");
        File.WriteAllText(bundle["notes.txt"], "x");

        Assert.Equal(3, bundle.Reasons().Count);
    }

    [Fact]
    public void A_file_that_the_manifest_does_not_list_is_refused()
    {
        using var bundle = new TamperedBundle();
        File.WriteAllText(bundle["weights.bin"], "x");

        Assert.Equal(["weights.bin: the manifest does not list it."], bundle.Reasons());
    }

    [Fact]
    public void Swapped_graphs_are_found_by_their_hashes()
    {
        using var bundle = new TamperedBundle();
        var policy = File.ReadAllBytes(bundle[BundleLayout.Policy]);
        File.Copy(bundle[BundleLayout.TaskScores], bundle[BundleLayout.Policy], overwrite: true);
        File.WriteAllBytes(bundle[BundleLayout.TaskScores], policy);

        Assert.Equal(2, bundle.Reasons().Count(reason => reason.Contains("SHA-256", StringComparison.Ordinal)));
    }

    [Fact]
    public void Swapped_graphs_that_the_manifest_vouches_for_are_found_by_their_shapes()
    {
        using var bundle = new TamperedBundle();
        var policy = File.ReadAllBytes(bundle[BundleLayout.Policy]);
        bundle.Replace(BundleLayout.Policy, File.ReadAllBytes(bundle[BundleLayout.TaskScores]));
        bundle.Replace(BundleLayout.TaskScores, policy);

        var reasons = bundle.Reasons();

        Assert.Contains(reasons, reason => reason.StartsWith("policy.onnx: the output 'action' is missing", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.StartsWith("task-scores.onnx: the input 'scores' is not one of", StringComparison.Ordinal));
    }

    [Fact]
    public void A_folder_without_a_manifest_is_refused()
    {
        using var folder = new TemporaryFolder();

        var empty = Assert.Throws<BundleRefusedException>(() => Bundle.Load(folder.Path));
        Assert.StartsWith("manifest.json: ", Assert.Single(empty.Reasons), StringComparison.Ordinal);
        Assert.Contains(folder.Path, empty.Message, StringComparison.Ordinal);
        var absent = Assert.Throws<BundleRefusedException>(() => Bundle.Load(Path.Combine(folder.Path, "absent")));
        Assert.StartsWith("manifest.json: ", Assert.Single(absent.Reasons), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"formatVersion\": 1")]
    [InlineData("\0\u0001\u0002")]
    public void A_manifest_that_is_no_manifest_is_refused(string json)
    {
        using var bundle = new TamperedBundle();
        File.WriteAllText(bundle[BundleLayout.Manifest], json);

        Assert.StartsWith("manifest.json: ", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_duplicate_member_of_the_manifest_is_refused()
    {
        using var bundle = new TamperedBundle();
        var json = File.ReadAllText(bundle[BundleLayout.Manifest]);
        File.WriteAllText(bundle[BundleLayout.Manifest], json.Insert(1, "\"formatVersion\": 1,"));

        Assert.Contains("formatVersion", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_fault_of_the_manifest_is_named()
    {
        using var bundle = new TamperedBundle();
        bundle.Manifest = bundle.Manifest with { FormatVersion = 9, Name = "" };

        Assert.Equal(2, bundle.Reasons().Count);
        Assert.Contains("manifest.json: formatVersion", bundle.Reasons()[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_that_lies_of_its_features_is_found_by_the_graphs_shapes()
    {
        using var bundle = new TamperedBundle();
        bundle.Manifest = bundle.Manifest with { Features = [.. bundle.Manifest.Features.Where(feature => feature.Name != "age")] };

        Assert.Contains(
            "mental-reward.onnx: the input is user float32 [1, 2], the features ask for user float32 [1, 1].", bundle.Reasons());
    }

    [Fact]
    public void A_manifest_that_lies_of_the_history_is_found()
    {
        using var bundle = new TamperedBundle();
        bundle.Manifest = bundle.Manifest with { History = bundle.Manifest.History with { Length = 6 } };

        Assert.Contains(bundle.Reasons(), reason => reason.Contains("history float32 [1, 6, 8]", StringComparison.Ordinal));
    }

    [Fact]
    public void A_manifest_that_lies_of_the_quantiles_is_found()
    {
        using var bundle = new TamperedBundle();
        bundle.Manifest = bundle.Manifest with { MentalReward = bundle.Manifest.MentalReward! with { Quantiles = 11 } };

        Assert.Contains(bundle.Reasons(), reason => reason.StartsWith("mental-reward.onnx: the output is quantiles", StringComparison.Ordinal));
    }

    [Fact]
    public void A_manifest_that_lies_of_a_graphs_shapes_is_found()
    {
        using var bundle = new TamperedBundle();
        bundle.Describe(BundleLayout.Policy, file => file with { Inputs = [file.Inputs[0] with { Shape = [-1, 4] }] });
        bundle.Describe(BundleLayout.TaskScores, file => file with { Outputs = [] });

        Assert.Equal(2, bundle.Reasons().Count(reason => reason.Contains("the manifest says", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_manifest_that_says_a_fixed_action_is_one_a_candidate_is_found()
    {
        using var bundle = new TamperedBundle();
        bundle.Describe(
            BundleLayout.Policy,
            file => file with { Outputs = [.. file.Outputs.Select(output => output.Name == "action" ? output with { Shape = [-1, 3] } : output)] });

        Assert.Contains(bundle.Reasons(), reason => reason.StartsWith("policy.onnx: its outputs are", StringComparison.Ordinal));
    }

    [Fact]
    public void A_manifest_that_lies_of_the_formula_is_found_by_the_probe()
    {
        using var bundle = new TamperedBundle(
            m => TestBundles.Manifest(formula: FusionFormula.LogSum),
            (m, parts) => parts with
            {
                Policy = FusionGraphs.FixedPolicy(m.Tasks, m.Fusion with { Formula = FusionFormula.WeightedSum }, TestBundles.Weights),
            });

        Assert.StartsWith("policy.onnx: on defaults, the fusion score is ", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_that_lies_of_a_tasks_range_is_found_by_the_probe()
    {
        using var bundle = new TamperedBundle();
        bundle.Manifest = bundle.Manifest with
        {
            Tasks = [bundle.Manifest.Tasks[0], bundle.Manifest.Tasks[1] with { Max = 0.5f }, bundle.Manifest.Tasks[2]],
        };

        Assert.Contains(bundle.Reasons(), reason => reason.StartsWith("policy.onnx: on ", StringComparison.Ordinal));
    }

    [Fact]
    public void An_action_outside_its_range_is_found_by_the_probe()
    {
        using var bundle = new TamperedBundle();
        bundle.Manifest = bundle.Manifest with
        {
            Fusion = bundle.Manifest.Fusion with { Action = [.. bundle.Manifest.Fusion.Action.Select(d => d with { Max = 2.5f })] },
        };

        Assert.Contains("'longView.weight' is 3, outside [0, 2.5]", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_score_that_is_not_the_sum_of_its_contributions_is_found()
    {
        using var bundle = new TamperedBundle(parts: (m, parts) => parts with { Policy = Policy(m, (g, contributions) => g.ReduceSum(contributions, 1) + 0.01f) });

        Assert.Contains("the fusion score is", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Fact]
    public void Contributions_of_other_tasks_are_found_though_their_sum_is_right()
    {
        using var bundle = new TamperedBundle(parts: (m, parts) =>
        {
            var graph = new OnnxGraph("policy");
            var action = graph.Constant(TestBundles.Weights, 1, 3);
            var contributions = FusionGraphs.Normalise(graph, m.Tasks, graph.Input(BundleLayout.Scores, -1, 3)) * action;
            graph.Output(BundleLayout.ActionOutput, action, 1, 3);
            graph.Output(BundleLayout.FusionScoreOutput, graph.ReduceSum(contributions, 1), -1);
            graph.Output(BundleLayout.ContributionsOutput, graph.Gather(contributions, graph.Constant([1L, 0, 2], 3), 1), -1, 3);
            return parts with { Policy = graph };
        });

        Assert.StartsWith("policy.onnx: on defaults, the contribution of 'click' is ", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_graph_that_gives_NaN_is_found()
    {
        using var bundle = new TamperedBundle(parts: (m, parts) => parts with
        {
            Policy = Policy(m, (g, contributions) => g.ReduceSum(contributions, 1) + g.Log(g.ReduceSum(contributions, 1) * 0 - 1)),
        });

        Assert.Equal("policy.onnx: 'fusionScore' holds values that are not finite.", Assert.Single(bundle.Reasons()));
    }

    [Fact]
    public void A_graph_that_overflows_on_extreme_input_only_is_found()
    {
        // Finite for all but the highest watch times of the history.
        using var bundle = new TamperedBundle(parts: (m, parts) => parts with { MentalReward = Reward(m, (g, watched) => g.Exp(watched / 1000)) });

        Assert.Contains("not finite", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_graph_that_fails_on_items_of_the_table_is_found()
    {
        using var bundle = new TamperedBundle(parts: (m, parts) =>
        {
            var graph = new OnnxGraph("taskScores");
            var rows = graph.Cast(graph.Select(graph.Input("candidates", -1, 3), 1, 0), OnnxType.Int64);
            var embedding = graph.Initializer("items", new float[3 * TestBundles.Items], TestBundles.Items, 3);
            graph.Output(BundleLayout.Scores, graph.Gather(embedding, rows), -1, 3);
            return parts with { TaskScores = graph };
        });

        // The table has one row too few: 0 is the unknown item.
        Assert.StartsWith("task-scores.onnx: ", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_candidate_that_feels_its_neighbours_is_found()
    {
        using var bundle = new TamperedBundle(parts: (m, parts) =>
        {
            var graph = new OnnxGraph("taskScores");
            var durations = graph.Slice(graph.Input("candidates", -1, 3), 1, 1, 2) / 600;
            var relative = graph.Sigmoid(durations - graph.ReduceMean(durations, 0, keepDims: true));
            graph.Output(BundleLayout.Scores, graph.Concat(1, relative, relative, relative), -1, 3);
            return parts with { TaskScores = graph };
        });

        Assert.Contains("depends on its neighbours", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Fact]
    public void Falling_quantiles_are_found()
    {
        using var bundle = new TamperedBundle(parts: (m, parts) => parts with { MentalReward = Reward(m, (g, watched) => g.Tanh(watched), falling: true) });

        Assert.Contains("the quantiles fall", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Fact]
    public void Task_scores_outside_their_range_are_found()
    {
        using var bundle = new TamperedBundle(parts: (m, parts) =>
        {
            var graph = new OnnxGraph("taskScores");
            graph.Output(BundleLayout.Scores, graph.Input("candidates", -1, 3), -1, 3);
            return parts with { TaskScores = graph };
        });

        Assert.Contains("outside [0, 1]", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_graph_whose_run_gives_another_shape_than_it_declares_is_found()
    {
        using var bundle = new TamperedBundle(parts: (m, parts) =>
        {
            // The runtime cannot see before the run that a reshaped axis is not n.
            var graph = new OnnxGraph("taskScores");
            var twice = graph.Reshape(graph.Concat(0, Both(graph)), -1, 3);
            graph.Output(BundleLayout.Scores, graph.Sigmoid(twice), -1, 3);
            return parts with { TaskScores = graph };
        });

        Assert.StartsWith("task-scores.onnx: ", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);

        static OnnxValue[] Both(OnnxGraph graph)
        {
            var candidates = graph.Input("candidates", -1, 3);
            return [candidates, candidates];
        }
    }

    [Theory]
    [InlineData("weights.bin")]
    [InlineData("/etc/hostname")]
    [InlineData("../../secrets")]
    public void Data_outside_of_the_file_is_refused(string location)
    {
        using var bundle = new TamperedBundle();
        bundle.Replace(BundleLayout.Policy, [.. File.ReadAllBytes(bundle[BundleLayout.Policy]), .. ExternalTensor(location)]);

        Assert.Equal("policy.onnx: it keeps data outside of the file, where no hash covers it.", Assert.Single(bundle.Reasons()));
    }

    [Fact]
    public void Messages_within_messages_without_end_are_refused()
    {
        // Graph in attribute in node in graph ...
        byte[] message = [];
        for (var i = 0; i < 1000; i++)
            message = Field(i % 3 == 0 ? 1 : i % 3 == 1 ? 6 : 5, message);
        using var bundle = new TamperedBundle();
        bundle.Replace(BundleLayout.Policy, Field(7, message));

        Assert.Equal("policy.onnx: More than 64 messages lie within each other.", Assert.Single(bundle.Reasons()));
    }

    [Fact]
    public void An_item_table_of_other_features_is_refused()
    {
        using var bundle = new TamperedBundle();
        bundle.Replace(BundleLayout.Items, new ItemTable(["a", "b"], [1, 2, 3, 4, 5, 6], 3).ToBytes());

        Assert.StartsWith("items.safetensors: Tensor 'features' has shape [2, 3]", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Fact]
    public void An_item_table_that_the_manifest_describes_otherwise_is_refused()
    {
        using var bundle = new TamperedBundle();
        bundle.Replace(BundleLayout.Items, new ItemTable(["a", "b"], [1, 2, 3, 4], 2).ToBytes());

        Assert.StartsWith("items.safetensors: its tensors are", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(601f, 0f, "'duration' of item 'v-1' is 601")]
    [InlineData(1f, 1.5f, "'category' of item 'v-1' is 1.5")]
    [InlineData(1f, 5f, "'category' of item 'v-1' is 5")]
    public void Item_features_outside_their_range_are_refused(float duration, float category, string reason)
    {
        using var bundle = new TamperedBundle(parts: (m, parts) => parts with { Items = new ItemTable(["v-1"], [duration, category], 2) });

        Assert.Contains(reason, Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    [Fact]
    public void An_item_table_with_more_tensors_is_refused()
    {
        using var bundle = new TamperedBundle();
        var table = new ItemTable(["a"], [1, 2], 2);
        var writer = new SafetensorsWriter();
        writer.AddStrings("ids", "idOffsets", table.Ids);
        writer.Add<float>("features", new[] { 1f, 2 }, 1, 2);
        writer.Add<float>("more", new[] { 1f }, 1);
        bundle.Replace(BundleLayout.Items, writer.ToBytes());

        Assert.StartsWith("items.safetensors: its tensors are", Assert.Single(bundle.Reasons()), StringComparison.Ordinal);
    }

    private static OnnxGraph Policy(BundleManifest manifest, Func<OnnxGraph, OnnxValue, OnnxValue> fuse)
    {
        var graph = new OnnxGraph("policy");
        var action = graph.Constant(TestBundles.Weights, 1, 3);
        var contributions = FusionGraphs.Normalise(graph, manifest.Tasks, graph.Input(BundleLayout.Scores, -1, 3)) * action;
        graph.Output(BundleLayout.ActionOutput, action, 1, 3);
        graph.Output(BundleLayout.FusionScoreOutput, fuse(graph, contributions), -1);
        graph.Output(BundleLayout.ContributionsOutput, contributions, -1, 3);
        return graph;
    }

    // Ten equal quantiles of a function of the seconds watched last.
    private static OnnxGraph Reward(BundleManifest manifest, Func<OnnxGraph, OnnxValue, OnnxValue> mean, bool falling = false)
    {
        var graph = new OnnxGraph("mentalReward");
        var contract = new GraphContract(manifest).Inputs(BundleLayout.MentalReward).ToDictionary(input => input.Name);
        var history = graph.Input(contract[BundleLayout.HistoryInput]);
        var candidates = graph.Input(contract[BundleLayout.CandidatesInput]);
        var watched = graph.Select(graph.Select(history, 1, 4), 1, HistoryLayout.WatchColumn);
        var value = graph.RepeatRows(graph.Unsqueeze(mean(graph, watched), 1), candidates, 2);
        var steps = graph.Constant([.. Enumerable.Range(0, 10).Select(i => falling ? -0.001f * i : 0.001f * i)], 1, 10);
        graph.Output(BundleLayout.MeanOutput, graph.Squeeze(value, 1), -1);
        graph.Output(BundleLayout.QuantilesOutput, value + steps, -1, 10);
        graph.Output(BundleLayout.SoftQOutput, graph.Concat(1, value, value), -1, 2);
        return graph;
    }

    // A graph's fields that join the model's graph, as protobuf joins messages: an initializer whose data lies elsewhere.
    private static byte[] ExternalTensor(string location)
    {
        byte[] tensor =
        [
            .. Number(1, 1),
            .. Number(2, 1),
            .. Field(8, Encoding.UTF8.GetBytes("elsewhere")),
            .. Field(13, [.. Field(1, Encoding.UTF8.GetBytes("location")), .. Field(2, Encoding.UTF8.GetBytes(location))]),
            .. Number(14, 1),
        ];
        return Field(7, Field(5, tensor));
    }

    private static byte[] Number(int field, long value) => Write(field, WireFormat.WireType.Varint, output => output.WriteInt64(value));

    private static byte[] Field(int field, byte[] value) =>
        Write(field, WireFormat.WireType.LengthDelimited, output => output.WriteBytes(ByteString.CopyFrom(value)));

    private static byte[] Write(int field, WireFormat.WireType type, Action<CodedOutputStream> value)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream))
        {
            output.WriteTag(field, type);
            value(output);
        }

        return stream.ToArray();
    }
}
