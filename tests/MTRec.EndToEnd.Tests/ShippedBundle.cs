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
        var registry = Path.Combine(SharedData.RepositoryRoot, "deploy", "registry");
        return new BundleRegistry(registry).Latest("default")?.Directory
            ?? throw new InvalidOperationException($"No bundle named default in {registry} may serve.");
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
