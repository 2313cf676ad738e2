using System.Security.Cryptography;
using System.Text.Json;
using MTRec.Core.Bundles;
using MTRec.Core.Safetensors;

namespace MTRec.Export;

/// <summary>Publishes bundles: a registry shows a bundle whole or not at all.</summary>
public static class BundleWriter
{
    /// <summary>Writes a bundle to <c>registry/name/version</c>.</summary>
    /// <param name="registry">The registry's folder; made where it is missing.</param>
    /// <param name="manifest">The manifest; its <see cref="BundleManifest.Files"/> are replaced by what is written.</param>
    /// <param name="parts">The graphs and the item table.</param>
    /// <param name="cancellation">Leaves nothing behind when it is raised.</param>
    /// <returns>The bundle's folder.</returns>
    /// <exception cref="ArgumentException">The manifest or a graph is wrong; the message has every reason.</exception>
    /// <exception cref="IOException">The version is there already, or the disk refuses.</exception>
    public static string Write(string registry, BundleManifest manifest, BundleParts parts, CancellationToken cancellation = default)
    {
        var files = Files(parts);
        manifest = manifest with
        {
            Files = files.ToDictionary(
                file => file.Name,
                file => new BundleFile(Convert.ToHexStringLower(SHA256.HashData(file.Bytes)), file.Inputs, file.Outputs)),
        };
        Check(manifest, files);

        var final = Path.Combine(registry, manifest.Name, manifest.Version);
        if (Path.Exists(final))
            throw new IOException($"{final} is there already; a published version never changes.");

        // A sibling, so that the rename stays within one file system; readers pass over names that start with a dot.
        var partial = Path.Combine(registry, manifest.Name, $".{manifest.Version}.{Guid.NewGuid():N}.partial");
        try
        {
            Directory.CreateDirectory(partial);
            foreach (var file in files)
                WriteDurably(Path.Combine(partial, file.Name), file.Bytes, cancellation);
            var json = JsonSerializer.SerializeToUtf8Bytes(manifest, ManifestJson.Default.BundleManifest);
            WriteDurably(Path.Combine(partial, BundleLayout.Manifest), [.. json, (byte)'\n'], cancellation);
            CheckWritten(partial, manifest, cancellation);
            cancellation.ThrowIfCancellationRequested();
            Directory.Move(partial, final);
            return final;
        }
        catch
        {
            if (Directory.Exists(partial))
                Directory.Delete(partial, recursive: true);
            throw;
        }
    }

    private static List<PartFile> Files(BundleParts parts)
    {
        var files = new List<PartFile>();
        AddGraph(BundleLayout.Policy, parts.Policy);
        AddGraph(BundleLayout.MentalReward, parts.MentalReward);
        AddGraph(BundleLayout.TaskScores, parts.TaskScores);
        if (parts.Items is { } items)
        {
            var bytes = items.ToBytes();
            files.Add(new PartFile(BundleLayout.Items, bytes, [], [.. SafetensorsFile.Parse(bytes).Tensors.Select(TensorShape.Of)]));
        }

        return files;

        void AddGraph(string name, OnnxGraph? graph)
        {
            if (graph is not null)
                files.Add(new PartFile(name, graph.ToBytes(), graph.Inputs, graph.Outputs));
        }
    }

    private static void Check(BundleManifest manifest, List<PartFile> files)
    {
        var reasons = ManifestValidator.Validate(manifest).ToList();
        if (reasons.Count == 0)
        {
            var contract = new GraphContract(manifest);
            reasons.AddRange(files.Where(file => file.Name != BundleLayout.Items)
                .SelectMany(file => contract.Differences(file.Name, file.Inputs, file.Outputs).Select(difference => $"{file.Name}: {difference}")));
        }

        if (reasons.Count > 0)
            throw new ArgumentException($"The bundle cannot be published: {string.Join(" ", reasons)}", nameof(manifest));
    }

    private static void WriteDurably(string path, ReadOnlySpan<byte> bytes, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        stream.Write(bytes);
        stream.Flush(flushToDisk: true);
    }

    private static void CheckWritten(string folder, BundleManifest manifest, CancellationToken cancellation)
    {
        foreach (var (name, file) in manifest.Files)
        {
            cancellation.ThrowIfCancellationRequested();
            using var stream = File.OpenRead(Path.Combine(folder, name));
            if (Convert.ToHexStringLower(SHA256.HashData(stream)) != file.Sha256)
                throw new IOException($"{name} did not reach the disk as it was written.");
        }
    }

    private sealed record PartFile(
        string Name, byte[] Bytes, IReadOnlyList<TensorShape> Inputs, IReadOnlyList<TensorShape> Outputs);
}
