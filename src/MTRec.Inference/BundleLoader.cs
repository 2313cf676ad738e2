using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Core.Safetensors;

namespace MTRec.Inference;

/// <summary>Reads a bundle's folder and refuses whatever does not fit its manifest.</summary>
internal static class BundleLoader
{
    /// <exception cref="BundleRefusedException">The bundle must not serve.</exception>
    public static Bundle Load(string directory, Action afterStep)
    {
        var manifest = CheckedManifest(directory, out var digest);
        afterStep();
        var files = CheckedFiles(directory, manifest, afterStep);
        var bundle = Open(directory, manifest, digest, files, afterStep);
        try
        {
            var reasons = BundleProbe.Run(bundle, afterStep);
            if (reasons.Count > 0)
                throw new BundleRefusedException(directory, reasons);
            return bundle;
        }
        catch
        {
            bundle.Dispose();
            throw;
        }
    }

    /// <exception cref="JsonException">The file is no manifest.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be read.</exception>
    public static BundleManifest ReadManifest(string directory, out byte[] bytes)
    {
        bytes = File.ReadAllBytes(Path.Combine(directory, BundleLayout.Manifest));
        return JsonSerializer.Deserialize(new MemoryStream(bytes), ManifestJson.Default.BundleManifest) ?? throw new JsonException("The manifest is null.");
    }

    private static BundleManifest CheckedManifest(string directory, out string digest)
    {
        BundleManifest manifest;
        try
        {
            manifest = ReadManifest(directory, out var bytes);
            digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new BundleRefusedException(directory, [$"{BundleLayout.Manifest}: {e.Message}"], IsUnreadable(e));
        }

        var errors = ManifestValidator.Validate(manifest);
        return errors.Count == 0
            ? manifest
            : throw new BundleRefusedException(directory, [.. errors.Select(error => $"{BundleLayout.Manifest}: {error}")]);
    }

    // Each file is read once: the bytes that were hashed are the bytes that are opened.
    private static Dictionary<string, byte[]> CheckedFiles(string directory, BundleManifest manifest, Action afterStep)
    {
        var reasons = Strangers(directory, manifest);
        var unreadable = false;
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (name, file) in manifest.Files)
        {
            try
            {
                files[name] = File.ReadAllBytes(Path.Combine(directory, name));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                reasons.Add($"{name}: {e.Message}");
                unreadable |= IsUnreadable(e);
                continue;
            }

            var hash = Convert.ToHexStringLower(SHA256.HashData(files[name]));
            if (hash != file.Sha256)
                reasons.Add($"{name}: its SHA-256 is {hash}, the manifest says {file.Sha256}.");
            afterStep();
        }

        return reasons.Count == 0 ? files : throw new BundleRefusedException(directory, reasons, unreadable);
    }

    private static List<string> Strangers(string directory, BundleManifest manifest)
    {
        try
        {
            return
            [
                .. Directory.EnumerateFileSystemEntries(directory).Select(path => Path.GetFileName(path))
                    .Where(name => name != BundleLayout.Manifest && !manifest.Files.ContainsKey(name))
                    .Order(StringComparer.Ordinal)
                    .Select(name => $"{name}: the manifest does not list it."),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Removed while it was read.
            throw new BundleRefusedException(directory, [e.Message], IsUnreadable(e));
        }
    }

    // A file that is missing or no JSON is the bundle's own fault; the disk or its rights may be others' fault and pass.
    private static bool IsUnreadable(Exception e) => e is not (FileNotFoundException or DirectoryNotFoundException or JsonException);

    private static Bundle Open(string directory, BundleManifest manifest, string digest, Dictionary<string, byte[]> files, Action afterStep)
    {
        var reasons = new List<string>();
        var contract = new GraphContract(manifest);
        var graphs = new Dictionary<string, GraphSession>();
        foreach (var name in files.Keys.Where(name => name != BundleLayout.Items).Order(StringComparer.Ordinal))
        {
            try
            {
                if (ExternalData.IsIn(files[name]))
                {
                    reasons.Add($"{name}: it keeps data outside of the file, where no hash covers it.");
                    continue;
                }

                graphs[name] = new GraphSession(name, files[name]);
                reasons.AddRange(GraphCheck.Run(graphs[name], manifest.Files[name], contract));
                afterStep();
            }
            catch (Exception e) when (e is OnnxRuntimeException or InvalidProtocolBufferException or InvalidDataException)
            {
                reasons.Add($"{name}: {e.Message}");
            }
        }

        var itemFeatures = manifest.Schema().Item;
        var items = new ItemTable([], [], itemFeatures.Count);
        if (files.TryGetValue(BundleLayout.Items, out var table))
        {
            try
            {
                items = ItemTable.Parse(table, itemFeatures.Count);
                afterStep();
                reasons.AddRange(ItemTableCheck.Run(items, itemFeatures, table, manifest.Files[BundleLayout.Items]));
                afterStep();
            }
            catch (SafetensorsException e)
            {
                reasons.Add($"{BundleLayout.Items}: {e.Message}");
            }
        }

        if (reasons.Count == 0)
        {
            return new Bundle(
                directory,
                manifest,
                digest,
                items,
                graphs[BundleLayout.Policy],
                graphs.GetValueOrDefault(BundleLayout.MentalReward),
                graphs.GetValueOrDefault(BundleLayout.TaskScores));
        }

        foreach (var graph in graphs.Values)
            graph.Dispose();
        throw new BundleRefusedException(directory, reasons);
    }
}
