using MTRec.Inference;
using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests;

/// <summary>The bundle that the repository ships and that the service serves by default.</summary>
internal static class ShippedBundle
{
    /// <summary>Its folder.</summary>
    public static string Folder()
    {
        var registry = new BundleRegistry(Path.Combine(SharedData.RepositoryRoot, "deploy", "registry"));
        return registry.Scan().FirstOrDefault(listing => listing.Name == "default" && registry.Verify(listing).Count == 0)?.Directory
            ?? throw new InvalidOperationException($"No bundle named default in {registry.Root} may serve.");
    }
}

/// <summary>A test of the shipped bundle, skipped where the repository has none yet.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ShippedBundleFactAttribute : FactAttribute
{
    public ShippedBundleFactAttribute()
    {
        if (!Directory.Exists(Path.Combine(SharedData.RepositoryRoot, "deploy", "registry")))
            Skip = "The repository ships no bundle yet (deploy/registry).";
    }
}
