using System.Text.Json;
using MTRec.Trainer.Worker.State;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>Versions that were rolled back: <c>bad-versions.json</c> of the state. The worker learns from none of them again, unless somebody has activated one.</summary>
/// <param name="state">The state's folder.</param>
internal sealed class BadVersions(string state)
{
    private readonly string _path = Path.Combine(state, "bad-versions.json");

    /// <summary>The versions.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public IReadOnlyList<string> Read() => File.Exists(_path) ? JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(_path)) ?? [] : [];

    /// <summary>Adds one.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Add(string version) => DurableFiles.Replace(_path, JsonSerializer.SerializeToUtf8Bytes(Read().Append(version).Distinct(StringComparer.Ordinal).ToArray()));
}
