using Xunit;

namespace MTRec.EndToEnd.Tests.Deploy;

/// <summary>A test that runs programs of the system and is skipped, with the reason, where one is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ProgramFactAttribute : FactAttribute
{
    /// <summary>Skips the test where one of <paramref name="programs"/> is neither on the path nor among the system's programs.</summary>
    /// <param name="source">Where they come from.</param>
    /// <param name="programs">Their names.</param>
    public ProgramFactAttribute(string source, params string[] programs)
    {
        if (programs.FirstOrDefault(program => !Folders().Any(folder => File.Exists(Path.Combine(folder, program)))) is { } absent)
            Skip = $"{absent} is not installed ({source}).";
    }

    private static string[] Folders() => [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/sbin"];
}
