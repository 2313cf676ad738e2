namespace MTRec.Trainer.CommandLine;

/// <summary>Writes a file that is either whole or not there: under a temporary name beside it, renamed at the end.</summary>
internal static class AtomicFile
{
    /// <summary>Stands for standard output.</summary>
    public const string StandardOutput = "-";

    /// <summary>Writes what <paramref name="write"/> gives. Where that throws, a file of that name stays as it was.</summary>
    /// <param name="path">The file, or <see cref="StandardOutput"/>.</param>
    /// <param name="write">Writes the text, UTF-8 without byte order mark.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be written.</exception>
    public static void Write(string path, Action<TextWriter> write)
    {
        if (path == StandardOutput)
        {
            using var output = new StreamWriter(Console.OpenStandardOutput());
            write(output);
            return;
        }

        // Renaming onto a link would replace the link.
        var target = new FileInfo(path).LinkTarget is null
            ? Path.GetFullPath(path)
            : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        var temporary = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var output = new StreamWriter(temporary))
                write(output);
            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
