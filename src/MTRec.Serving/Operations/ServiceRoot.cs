namespace MTRec.Serving.Operations;

/// <summary>
/// The folder that relative paths of the configuration start from: the nearest one above the working folder, or above the
/// binaries, that holds <c>deploy/registry</c>; else the working folder. So the service starts from anywhere within a clone.
/// </summary>
internal sealed class ServiceRoot(string workingFolder)
{
    private readonly string _folder =
        new[] { workingFolder, AppContext.BaseDirectory }.SelectMany(AndAbove).FirstOrDefault(HoldsRegistry) ?? Path.GetFullPath(workingFolder);

    /// <summary>The full path of <paramref name="path"/>.</summary>
    public string Resolve(string path) => Path.GetFullPath(path, _folder);

    private static bool HoldsRegistry(string folder) => Directory.Exists(Path.Combine(folder, "deploy", "registry"));

    private static IEnumerable<string> AndAbove(string folder)
    {
        for (var next = new DirectoryInfo(folder); next is not null; next = next.Parent)
            yield return next.FullName;
    }
}
