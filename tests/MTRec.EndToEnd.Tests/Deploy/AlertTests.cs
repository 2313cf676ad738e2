using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests.Deploy;

public sealed partial class AlertTests
{
    private const string Cases = "tests/MTRec.EndToEnd.Tests/Deploy/alerts.test.yml";

    private static IEnumerable<JsonNode> Alerts =>
        DeployFiles.Yaml("deploy/prometheus/alerts.yml")[0]["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).Select(rule => rule!);

    [ProgramFact("Debian: prometheus", "promtool")]
    public Task Prometheus_accepts_its_configuration_and_its_rules() => AssertPromtoolAsync("check", "config", "deploy/prometheus/prometheus.yml");

    [ProgramFact("Debian: prometheus", "promtool")]
    public Task Alerts_are_raised_by_what_they_tell_of_and_by_nothing_else() => AssertPromtoolAsync("test", "rules", Cases);

    [Fact]
    public void Every_alert_has_a_severity_a_summary_a_case_and_a_section_in_the_runbook()
    {
        var runbook = DeployFiles.Text("deploy/RUNBOOK.md");
        var sections = Heading().Matches(runbook).Select(match => $"deploy/RUNBOOK.md#{match.Groups[1].Value.ToLowerInvariant()}").ToArray();
        var raised = DeployFiles.Yaml(Cases)[0]["tests"]!.AsArray()
            .SelectMany(test => test!["alert_rule_test"]!.AsArray())
            .Where(test => test!["exp_alerts"]!.AsArray().Count > 0)
            .Select(test => (string)test!["alertname"]!)
            .ToHashSet();

        Assert.NotEmpty(Alerts);
        Assert.All(Alerts, alert =>
        {
            Assert.Contains((string)alert["labels"]!["severity"]!, (string[])["page", "ticket"]);
            Assert.NotEmpty((string)alert["annotations"]!["summary"]!);
            Assert.Contains((string)alert["annotations"]!["runbook_url"]!, sections);
            Assert.Contains((string)alert["alert"]!, raised);
        });
        Assert.Equal(Alerts.Select(alert => (string)alert["alert"]!).Order(StringComparer.Ordinal), Alert().Matches(runbook).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal));
    }

    private static async Task AssertPromtoolAsync(params string[] arguments)
    {
        using var promtool = RunningProcess.Start("promtool", arguments);
        Assert.True(await promtool.EndAsync() == 0, promtool.Said);
    }

    [GeneratedRegex("^#+ (\\S+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("^#+ (MTRec[A-Z]\\S+)$", RegexOptions.Multiline)]
    private static partial Regex Alert();
}
