using Xunit;

namespace MTRec.Testing;

/// <summary>A test that reads the real sequences of consumption and is skipped, with the reason, where they are absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SequencesFactAttribute : FactAttribute
{
    /// <summary>Skips the test where <see cref="Folder"/> does not exist.</summary>
    public SequencesFactAttribute()
    {
        if (!Directory.Exists(Folder))
            Skip = "The Amazon sequences are not beside this clone (../shared/data/sequences).";
    }

    /// <summary>Folder of the sequences; it need not exist.</summary>
    public static string Folder => Path.Combine(SharedData.RepositoryRoot, "..", "shared", "data", "sequences");
}
