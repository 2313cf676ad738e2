using Xunit;

namespace MTRec.Testing;

/// <summary>The real logs that lie beside a developer's clone (<c>../shared/data</c>); a user's clone has none.</summary>
public static class SharedData
{
    /// <summary>The repository's root: the nearest folder above the test's binaries that holds MTRec.sln.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>Folder of the KuaiRand-Pure logs; it need not exist.</summary>
    public static string KuaiRand => Path.Combine(RepositoryRoot, "..", "shared", "data", "kuairand-pure");

    /// <summary>Folder of the Open Bandit Dataset's sample; it need not exist.</summary>
    public static string OpenBandit => Path.Combine(RepositoryRoot, "..", "shared", "data", "open-bandit");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MTRec.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No MTRec.sln above {AppContext.BaseDirectory}.");
    }
}

/// <summary>A test that reads the real KuaiRand log and is skipped, with the reason, where it is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KuaiRandFactAttribute : FactAttribute
{
    /// <summary>Skips the test where <see cref="SharedData.KuaiRand"/> does not exist.</summary>
    public KuaiRandFactAttribute()
    {
        if (!Directory.Exists(SharedData.KuaiRand))
            Skip = "The KuaiRand log is not beside this clone (../shared/data/kuairand-pure).";
    }
}

/// <summary>Cases that read the real KuaiRand log and are skipped, with the reason, where it is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KuaiRandTheoryAttribute : TheoryAttribute
{
    /// <summary>Skips the cases where <see cref="SharedData.KuaiRand"/> does not exist.</summary>
    public KuaiRandTheoryAttribute() => Skip = new KuaiRandFactAttribute().Skip;
}

/// <summary>Cases that read the Open Bandit Dataset's sample and are skipped, with the reason, where it is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OpenBanditTheoryAttribute : TheoryAttribute
{
    /// <summary>Skips the cases where <see cref="SharedData.OpenBandit"/> does not exist.</summary>
    public OpenBanditTheoryAttribute()
    {
        if (!Directory.Exists(SharedData.OpenBandit))
            Skip = "The Open Bandit Dataset is not beside this clone (../shared/data/open-bandit).";
    }
}
