using System.Text.Json.Nodes;
using MTRec.Serving.OpenApi;
using MTRec.Serving.Tests.Experiments;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Operations;

public sealed class SettingsFilesTests : IDisposable
{
    private readonly string _environment = $"test-{Guid.NewGuid():N}";

    private string Settings => Path.Combine(AppContext.BaseDirectory, $"appsettings.{_environment}.json");

    public void Dispose() => File.Delete(Settings);

    [Fact(Timeout = 240_000)]
    public async Task A_file_that_becomes_unreadable_keeps_what_it_held_and_its_fault_is_shown()
    {
        var experiments = Configured.TwoLayers();
        var whole = new JsonObject { ["Experiments"] = experiments }.ToJsonString();
        await File.WriteAllTextAsync(Settings, whole);
        await using var app = await RankApp.StartAsync("--environment", _environment);
        Assert.Equal("treated", await VariantAsync(app));

        await File.WriteAllTextAsync(Settings, whole[..^2] + ",}");
        await Eventually.TrueAsync(async () => (await app.GetAsync<ExperimentsAnswer>("/v1/experiments")).Refused.Count > 0, () => "The fault is not shown.");
        var refused = Assert.Single((await app.GetAsync<ExperimentsAnswer>("/v1/experiments")).Refused);
        Assert.Contains(Path.GetFileName(Settings), refused, StringComparison.Ordinal);
        Assert.Equal("treated", await VariantAsync(app));

        experiments["Enabled"] = false;
        await File.WriteAllTextAsync(Settings, new JsonObject { ["Experiments"] = experiments.DeepClone() }.ToJsonString());
        await Eventually.TrueAsync(async () => await VariantAsync(app) is null, () => "Experiments still run.");
        Assert.Empty((await app.GetAsync<ExperimentsAnswer>("/v1/experiments")).Refused);
    }

    private static async Task<string?> VariantAsync(RankApp app) => (await app.RankAsync(Requests.Rows(3, "named"))).Variants is [var first, ..] ? first.Variant : null;
}
