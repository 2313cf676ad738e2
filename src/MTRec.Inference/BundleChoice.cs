using System.Text.Json;

namespace MTRec.Inference;

/// <summary>What a request has put into service, for all replicas and for those that start later.</summary>
/// <param name="Version">The version.</param>
/// <param name="Previous">Versions that were active before, the latest last: where rollbacks lead.</param>
/// <param name="HeldBack">The newest bundle that was there and may not go into service by itself; only what is newer is followed.</param>
/// <param name="At">When it was asked for.</param>
public sealed record BundleChoice(string Version, IReadOnlyList<string> Previous, BundleAge HeldBack, DateTimeOffset At)
{
    /// <summary>Whether both come from one request.</summary>
    public bool IsSameAs(BundleChoice? other) => (other?.Version, other?.At) == (Version, At);
}

/// <summary>
/// <c>registry/name/active.json</c>: the latest request's choice. Replicas that share a registry see it as they see a new bundle. It is replaced
/// whole, by a rename; of two requests at once the later rename decides for all.
/// </summary>
/// <param name="registry">The registry.</param>
/// <param name="bundle">The bundle's name.</param>
public sealed class ChoiceFile(BundleRegistry registry, string bundle)
{
    private static readonly JsonSerializerOptions Format =
        new(JsonSerializerDefaults.Web) { WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    private readonly string _path = Path.Combine(registry.Root, bundle, "active.json");

    /// <summary>The choice; null where there is none, or where it cannot be read.</summary>
    /// <param name="fault">Why it cannot be read.</param>
    public BundleChoice? Read(out string? fault)
    {
        fault = null;
        try
        {
            return JsonSerializer.Deserialize<BundleChoice>(File.ReadAllBytes(_path), Format) ?? throw new JsonException("It is null.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            fault = $"{_path}: {e.Message}";
            return null;
        }
    }

    /// <summary>Replaces the choice.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written.</exception>
    public void Write(BundleChoice choice)
    {
        // Publishers' rule: what starts with a dot is not finished.
        var unfinished = Path.Combine(Path.GetDirectoryName(_path)!, $".active.{Guid.NewGuid():N}");
        try
        {
            using (var file = new FileStream(unfinished, FileMode.CreateNew))
            {
                JsonSerializer.Serialize(file, choice, Format);
                file.Flush(flushToDisk: true);
            }

            File.Move(unfinished, _path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }
}
