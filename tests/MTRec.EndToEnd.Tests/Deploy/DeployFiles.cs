using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MTRec.Testing;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace MTRec.EndToEnd.Tests.Deploy;

/// <summary>The files that this repository is deployed with.</summary>
internal static partial class DeployFiles
{
    /// <summary>Every YAML file, by its path below the root.</summary>
    public static IEnumerable<string> YamlFiles =>
        Below("deploy", "*.yaml").Concat(Below("deploy", "*.yml")).Append("docker-compose.yml");

    /// <summary>Every JSON file but the bundles'.</summary>
    public static IEnumerable<string> JsonFiles => Below("deploy", "*.json").Where(file => !file.StartsWith("deploy/registry/", StringComparison.Ordinal));

    /// <summary>A path of this machine.</summary>
    public static string Full(string file) => Path.Combine(SharedData.RepositoryRoot, file);

    /// <summary>A file's text.</summary>
    public static string Text(string file) => File.ReadAllText(Full(file));

    /// <summary>The documents of a YAML file, anchors and merges resolved; every scalar is text.</summary>
    /// <exception cref="YamlException">It is no YAML, or a mapping has a key twice.</exception>
    public static IReadOnlyList<JsonNode> Yaml(string file) => YamlOf(Text(file));

    /// <inheritdoc cref="Yaml"/>
    public static IReadOnlyList<JsonNode> YamlOf(string text)
    {
        // Merged keys are overridden by a mapping's own: only before merging is a key that stands twice a mistake.
        _ = Read(new Parser(new StringReader(text)), new DeserializerBuilder().WithDuplicateKeyChecking().Build());
        return Read(new MergingParser(new Parser(new StringReader(text))), new DeserializerBuilder().Build());
    }

    /// <summary>A node back as YAML: JSON is YAML.</summary>
    public static string AsYaml(JsonNode node) => node.ToJsonString();

    /// <summary>Whether the configuration reference knows a key, written with colons.</summary>
    public static bool IsConfigurationKey(string key) =>
        ConfigurationKey().Matches(Text("deploy/CONFIGURATION.md"))
            .Select(match => Regex.Escape(match.Groups[1].Value).Replace(":NAME", ":[^:]+", StringComparison.Ordinal))
            .Any(pattern => Regex.IsMatch(key, "^" + PlaceInList().Replace(pattern, ":[0-9]+") + "$", RegexOptions.IgnoreCase));

    private static IEnumerable<string> Below(string folder, string pattern) =>
        Directory.EnumerateFiles(Full(folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(SharedData.RepositoryRoot, path))
            .Order(StringComparer.Ordinal);

    private static List<JsonNode> Read(IParser parser, IDeserializer deserializer)
    {
        var documents = new List<JsonNode>();
        parser.Consume<StreamStart>();
        while (parser.Accept<DocumentStart>(out _))
            documents.Add(AsJson(deserializer.Deserialize<object>(parser)) ?? throw new YamlException("A document is empty."));
        return documents;
    }

    private static JsonNode? AsJson(object? value) => value switch
    {
        null => null,
        IDictionary<object, object?> map => new JsonObject(map.Select(pair => KeyValuePair.Create((string)pair.Key, AsJson(pair.Value)))),
        IEnumerable<object?> list => new JsonArray([.. list.Select(AsJson)]),
        _ => JsonValue.Create((string)value),
    };

    [GeneratedRegex(@"^\| `([^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex ConfigurationKey();

    [GeneratedRegex(":N(?=:|$)")]
    private static partial Regex PlaceInList();
}
