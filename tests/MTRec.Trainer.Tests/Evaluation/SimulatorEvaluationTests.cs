using System.Text.Json;
using MTRec.Testing;
using MTRec.Trainer.Tests.CommandLine;
using Xunit;

namespace MTRec.Trainer.Tests.Evaluation;

public sealed class SimulatorEvaluationTests
{
    private static readonly string Bundle = Path.Combine(SharedData.RepositoryRoot, "deploy", "registry", "default", "1");

    [KuaiRandFact]
    public async Task The_command_lets_the_shipped_bundle_rank_for_simulated_users()
    {
        var result = await Mtrec.RunAsync(
            "evaluate", "--data", SharedData.KuaiRand, "--bundle", Bundle, "--users", "6", "--user-share", "0.01", "--seed", "3", "--json", "-");

        Assert.True(result.ExitCode == 0, result.Error);
        using var document = JsonDocument.Parse(result.Output);
        var figures = document.RootElement.GetProperty("figures").EnumerateArray().ToDictionary(figure => figure.GetProperty("name").GetString()!);
        Assert.Equal(6, figures["return of a session"].GetProperty("samples").GetInt32());
        Assert.InRange(figures["requests in a session"].GetProperty("value").GetDouble(), 1, 50);
        var seconds = figures["seconds watched in a session"];
        Assert.InRange(seconds.GetProperty("value").GetDouble(), seconds.GetProperty("low").GetDouble(), seconds.GetProperty("high").GetDouble());
        Assert.True(seconds.GetProperty("low").GetDouble() < seconds.GetProperty("high").GetDouble());
        Assert.Contains(
            document.RootElement.GetProperty("missing").EnumerateArray(),
            missing => missing.GetProperty("reason").GetString()!.Contains("measured", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_without_logs_is_refused_with_its_name()
    {
        var folder = Directory.CreateTempSubdirectory("mtrec-simulate");
        try
        {
            var result = await Mtrec.RunAsync("evaluate", "--data", folder.FullName, "--bundle", Bundle);
            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains(folder.FullName, result.Error, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
