using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests;

public sealed class ServiceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task It_ends_well_on_SIGTERM()
    {
        using var service = await RunningService.StartAsync(Registry(), Events());
        service.Process.Signal("TERM");

        Assert.Equal(0, await service.Process.EndAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_corrupt_bundle_is_refused_with_its_reason_and_nothing_is_served()
    {
        var registry = Registry();
        var policy = Path.Combine(registry, "default", "1", "policy.onnx");
        var bytes = await File.ReadAllBytesAsync(policy);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(policy, bytes);
        using var service = Programs.Serve(
            "--urls", $"http://127.0.0.1:{FreePort.Find()}", "--Registry:Path", registry, "--EventLog:Folder", Events());

        Assert.Equal(1, await service.EndAsync(TimeSpan.FromMinutes(1)));
        Assert.Contains("policy.onnx", service.Said, StringComparison.Ordinal);
        Assert.Contains("SHA-256", service.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replay_measures_the_running_service()
    {
        var log = Path.Combine(_folder.Path, "log.csv");
        SyntheticLog.Write(log, rows: 300, users: 12, [.. Enumerable.Range(0, TestBundles.Items).Select(TestBundles.ItemId)]);
        using var service = await RunningService.StartAsync(Registry(), Events());
        var (exitCode, output) = await Programs.MtrecAsync("replay", "--url", $"{service.Http.BaseAddress}", "--log", log, "--candidates", "6");

        Assert.True(exitCode == 0, output);
        Assert.Contains("300 steps", output, StringComparison.Ordinal);
        Assert.DoesNotContain("failed:", output, StringComparison.Ordinal);
        foreach (var order in new[] { "blended", "fused", "upstream click" })
            Assert.Matches($@"{order}\s*\D+0\.\d{{4}} \(0\.\d{{4}} to [01]\.\d{{4}}\)", output);
    }

    [ShippedBundleFact]
    public async Task The_script_serves_with_no_argument_but_its_address_and_hands_signals_on()
    {
        var address = $"http://127.0.0.1:{FreePort.Find()}";
        var process = RunningProcess.Start("deploy/local/serve.sh", "--urls", address, "--EventLog:Folder", Events());
        using var service = await RunningService.StartedAsync(process, new Uri(address));
        service.Process.Signal("TERM");

        Assert.Equal(0, await service.Process.EndAsync(TimeSpan.FromSeconds(20)));
    }

    public void Dispose() => _folder.Dispose();

    private string Registry()
    {
        var registry = Path.Combine(_folder.Path, "registry");
        TestBundles.Publish(registry);
        return registry;
    }

    private string Events() => Path.Combine(_folder.Path, "events");
}
