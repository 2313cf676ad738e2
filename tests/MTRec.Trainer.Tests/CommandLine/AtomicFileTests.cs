using MTRec.Testing;
using MTRec.Trainer.CommandLine;
using Xunit;

namespace MTRec.Trainer.Tests.CommandLine;

public sealed class AtomicFileTests
{
    [Fact]
    public void A_failed_write_leaves_what_was_there_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "a.csv");
        AtomicFile.Write(path, writer => writer.Write("whole"));

        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, writer =>
        {
            writer.Write("half");
            throw new InvalidOperationException();
        }));

        Assert.Equal("whole", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_link_stays_a_link()
    {
        using var folder = new TemporaryFolder();
        var target = Path.Combine(folder.Path, "target.csv");
        var link = Path.Combine(folder.Path, "link.csv");
        File.WriteAllText(target, "old");
        File.CreateSymbolicLink(link, target);

        AtomicFile.Write(link, writer => writer.Write("new"));

        Assert.Equal("new", File.ReadAllText(target));
        Assert.Equal(target, File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName);
    }
}
