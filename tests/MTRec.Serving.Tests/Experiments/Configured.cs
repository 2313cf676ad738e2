using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using MTRec.Serving.Experiments;
using MTRec.Serving.Operations;

namespace MTRec.Serving.Tests.Experiments;

/// <summary>Experiments as the configuration's JSON.</summary>
internal static class Configured
{
    /// <summary>Two layers: two experiments that share the users of one, and one that has all users of the other.</summary>
    public static JsonObject TwoLayers() => JsonNode.Parse("""
        {
          "Layers": {
            "fusion": {
              "Salt": "fusion-layer",
              "Experiments": {
                "first": {
                  "Salt": "first-salt", "From": 0, "To": 50, "Traffic": 10,
                  "Variants": { "control": { "Percentage": 50 }, "treated": { "Percentage": 30, "Users": [ "named" ] }, "other": { "Percentage": 20 } }
                },
                "second": {
                  "From": 50, "To": 100,
                  "Variants": { "control": { "Percentage": 50 }, "treated": { "Percentage": 50 } }
                }
              }
            },
            "reward": {
              "Experiments": {
                "third": { "Variants": { "control": { "Percentage": 50 }, "treated": { "Percentage": 50, "Blending": { "Weight": 1 } } } }
              }
            }
          }
        }
        """)!.AsObject();

    public static JsonObject Experiment(this JsonObject section, string layer, string experiment) =>
        section["Layers"]![layer]!["Experiments"]![experiment]!.AsObject();

    public static ExperimentSet Read(JsonObject section)
    {
        var options = Read(section, out var faults);
        Assert.Empty(faults);
        return new ExperimentSet(options);
    }

    public static ExperimentsOptions Read(JsonObject section, out IReadOnlyList<string> faults)
    {
        var text = new JsonObject { ["Experiments"] = section.DeepClone() }.ToJsonString();
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        var configuration = new ConfigurationBuilder().AddJsonStream(stream).Build();
        return CheckedOptions.Read<ExperimentsOptions>(configuration, ExperimentsOptions.Section, out faults);
    }

    /// <summary>The section as arguments of the service.</summary>
    public static string[] Arguments(JsonObject section)
    {
        var text = new JsonObject { ["Experiments"] = section.DeepClone() }.ToJsonString();
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return [.. new ConfigurationBuilder().AddJsonStream(stream).Build().AsEnumerable().Where(pair => pair.Value is not null).Select(pair => $"--{pair.Key}={pair.Value}")];
    }

    /// <summary>The variant of each experiment that a user is in.</summary>
    public static Dictionary<string, string> VariantsOf(this ExperimentSet set, string user) =>
        set.Plan(user, []).Variants.ToDictionary(variant => variant.Experiment, variant => variant.Variant);

    /// <summary>The same tree with the members of every object the other way round.</summary>
    public static JsonNode? Reversed(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.Reverse().Select(member => KeyValuePair.Create(member.Key, Reversed(member.Value)))),
        null => null,
        _ => JsonNode.Parse(node.ToJsonString(JsonSerializerOptions.Default)),
    };
}
