using Xunit;

namespace MTRec.Testing;

/// <summary>A test that runs a Python 3 script and is skipped, with the reason, where there is no Python.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonFactAttribute : FactAttribute
{
    /// <summary>Skips the test where the program is absent.</summary>
    public PythonFactAttribute()
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "python3"))))
            Skip = "python3 is not installed.";
    }
}
