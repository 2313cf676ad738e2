namespace MTRec.Serving.Tests.OpenApi;

/// <summary>A test that drives Chromium and is skipped, with the reason, where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ChromiumFactAttribute : FactAttribute
{
    public const string Path = "/usr/bin/chromium";

    public ChromiumFactAttribute()
    {
        if (!File.Exists(Path))
            Skip = $"{Path} is not installed (apt-get install chromium).";
    }
}
