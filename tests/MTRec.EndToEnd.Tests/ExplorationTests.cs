using System.Globalization;
using System.Text.Json.Nodes;
using MTRec.Core.Fusion;
using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests;

/// <summary>What the service explores, the trainer can learn from.</summary>
public sealed class ExplorationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task The_trainer_estimates_a_policy_from_what_the_service_explored()
    {
        var registry = Path.Combine(_folder.Path, "registry");
        var events = Path.Combine(_folder.Path, "events");
        var bundle = TestBundles.Publish(registry, formula: FusionFormula.PowerProduct);
        var address = $"http://127.0.0.1:{FreePort.Find()}";
        const string Experiment = "--Experiments:Layers:exploration:Experiments:explore";
        var process = Programs.Serve(
            "--urls", address, "--EventLog:Folder", events, "--Registry:Path", registry,
            $"{Experiment}:Control=explored", $"{Experiment}:Variants:explored:Percentage=100", $"{Experiment}:Variants:explored:Exploration:Kind=Gaussian");
        using (var service = await RunningService.StartedAsync(process, new Uri(address)))
        {
            for (var i = 0; i < 60; i++)
                await RankAndRespondAsync(service, i);
            process.Signal("TERM");
            Assert.Equal(0, await process.EndAsync());
        }

        var (exitCode, said) = await Programs.MtrecAsync("evaluate", "--bundle", bundle, "--log", events);

        Assert.True(exitCode == 0, said);
        Assert.Contains("reward of a request, IPS", said, StringComparison.Ordinal);
        Assert.DoesNotContain("is missing", said, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task RankAndRespondAsync(RunningService service, int i)
    {
        var answer = await service.PostAsync("v1/rank", JsonNode.Parse(string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            { "userId": "u-{{i % 20}}", "requestId": "r-{{i}}", "candidates": [ { "itemId": "v-1", "scores": [0.3, 0.1, 0.2] }, { "itemId": "v-2", "scores": [0.2, 0.3, 0.6] } ] }
            """))!);
        Assert.True((bool)answer["exploring"]!);
        await service.PostAsync("v1/feedback", JsonNode.Parse(string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            { "events": [ { "eventId": "e-{{i}}", "userId": "u-{{i % 20}}", "requestId": "r-{{i}}", "itemId": "{{(string)answer["items"]![0]!["itemId"]!}}",
              "actions": { "click": {{i % 2}} }, "watchSeconds": {{i % 7}} } ] }
            """))!);
    }
}
