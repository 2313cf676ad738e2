using System.Text.Json;
using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests.Deploy;

public sealed class SyntaxTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Every_YAML_file_can_be_read_and_has_no_key_twice()
    {
        Assert.NotEmpty(DeployFiles.YamlFiles);
        Assert.All(DeployFiles.YamlFiles, file => Assert.NotEmpty(DeployFiles.Yaml(file)));
    }

    [Fact]
    public void Every_JSON_file_can_be_read_and_has_no_key_twice()
    {
        Assert.NotEmpty(DeployFiles.JsonFiles);
        Assert.All(DeployFiles.JsonFiles, file => JsonDocument.Parse(DeployFiles.Text(file), new JsonDocumentOptions { AllowDuplicateProperties = false }).Dispose());
    }

    // Names of other machines are not known here; all else is as deployed.
    [ProgramFact("Debian: nginx-light", "nginx")]
    public async Task Nginx_accepts_its_configuration()
    {
        var path = Path.Combine(_folder.Path, "nginx.conf");
        await File.WriteAllTextAsync(path, DeployFiles.Text("deploy/nginx.conf")
            .Replace("/tmp/nginx", _folder.Path, StringComparison.Ordinal)
            .Replace("server service-", "server 127.0.0.", StringComparison.Ordinal));
        using var nginx = RunningProcess.Start("sh", "-c", $"PATH=$PATH:/usr/sbin; exec nginx -t -p {_folder.Path} -c {path}");
        Assert.True(await nginx.EndAsync() == 0, nginx.Said);
    }

    public void Dispose() => _folder.Dispose();
}
