using Xunit;

namespace MTRec.Testing;

/// <summary>A test that reads the weights of Virtual Taobao and is skipped, with the reason, where they are absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class VirtualTaobaoFactAttribute : FactAttribute
{
    /// <summary>Skips the test where <see cref="Folder"/> does not exist.</summary>
    public VirtualTaobaoFactAttribute()
    {
        if (!Directory.Exists(Folder))
            Skip = "The weights of Virtual Taobao are not beside this clone (../shared/data/virtual-taobao).";
    }

    /// <summary>Folder of the weights; it need not exist.</summary>
    public static string Folder => Path.Combine(SharedData.RepositoryRoot, "..", "shared", "data", "virtual-taobao");
}
