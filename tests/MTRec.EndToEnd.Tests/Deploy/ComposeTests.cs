using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace MTRec.EndToEnd.Tests.Deploy;

public sealed partial class ComposeTests
{
    private static readonly JsonNode File = DeployFiles.Yaml("docker-compose.yml")[0];

    private static JsonObject Services => File["services"]!.AsObject();

    [Fact]
    public void Every_image_has_a_tag_that_names_a_version() =>
        Assert.All(Services, service => Assert.Matches(PinnedImage(), (string)service.Value!["image"]!));

    [Fact]
    public void Every_container_is_confined_and_bounded() =>
        Assert.All(Services, service =>
        {
            var (name, node) = service;
            Assert.True((string?)node!["read_only"] == "true", name);
            Assert.True(Texts(node["cap_drop"]).Contains("ALL"), name);
            Assert.True(Texts(node["security_opt"]).Contains("no-new-privileges:true"), name);
            Assert.True(name == "trainer" || node["deploy"]?["resources"]?["limits"]?["memory"] is not null, $"{name} has no limit of memory.");
            Assert.NotNull(node["profiles"]);
        });

    [Fact]
    public void Ports_are_published_on_loopback_alone() =>
        Assert.All(Services.SelectMany(service => Texts(service.Value!["ports"])), port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));

    [Fact]
    public void Every_setting_of_the_service_is_one()
    {
        var settings = Services
            .Where(service => ((string)service.Value!["image"]!).StartsWith("mtrec-", StringComparison.Ordinal))
            .SelectMany(service => service.Value!["environment"]?.AsObject().Select(setting => setting.Key) ?? [])
            .Concat(Assignment().Matches(DeployFiles.Text("deploy/keys.env.example")).Select(match => match.Groups[1].Value))
            .Concat(ImageSetting().Matches(DeployFiles.Text("Dockerfile")).Select(match => match.Groups[1].Value))
            .Select(setting => setting.Replace("__", ":", StringComparison.Ordinal))
            .ToArray();

        Assert.True(settings.Length > 8);
        Assert.All(settings, setting => Assert.True(DeployFiles.IsConfigurationKey(setting), $"{setting} is no setting of the service (deploy/CONFIGURATION.md)."));
    }

    [Fact]
    public void The_replicas_are_those_that_nginx_and_Prometheus_know()
    {
        var known = Upstream().Matches(DeployFiles.Text("deploy/nginx.conf")).Select(match => match.Groups[1].Value).ToArray();
        var scraped = DeployFiles.Yaml("deploy/prometheus/prometheus.yml")[0]["scrape_configs"]!.AsArray()
            .SelectMany(job => job!["static_configs"]!.AsArray().SelectMany(targets => Texts(targets!["targets"])));

        Assert.Equal(["service-1:5080", "service-2:5080"], known);
        Assert.Equal(known, scraped.Where(target => target.StartsWith("service", StringComparison.Ordinal)));
        Assert.All(scraped, target => Assert.Contains(target.Split(':')[0], Services));
    }

    [Fact]
    public void Docker_waits_longer_for_the_service_than_the_service_for_its_calls()
    {
        var drain = DefaultOf("Service:DrainTime") + DefaultOf("Service:ShutdownTimeout");
        Assert.All(["service", "service-1", "service-2"], (string name) =>
            Assert.True(Seconds((string)Services[name]!["stop_grace_period"]!) > drain.TotalSeconds, name));
    }

    [Fact]
    public void What_is_mounted_named_or_waited_for_is_there()
    {
        foreach (var (name, service) in Services)
        {
            foreach (var mount in Texts(service!["volumes"]).Select(mount => mount.Split(':')[0]))
            {
                // The log to train from is the caller's.
                if (mount == "./data")
                    continue;
                Assert.True(mount[0] == '.' ? Path.Exists(DeployFiles.Full(mount[2..])) : File["volumes"]!.AsObject().ContainsKey(mount), $"{name} mounts {mount}.");
            }

            foreach (var network in Texts(service["networks"]))
                Assert.True(File["networks"]!.AsObject().ContainsKey(network), $"{name}: {network}");
            foreach (var (other, wait) in service["depends_on"]?.AsObject() ?? [])
            {
                Assert.True((string?)wait!["condition"] != "service_healthy" || HasHealthCheck(other), $"{name} waits for the health of {other}, which shows none.");
                Assert.True(Texts(service["profiles"]).Contains("learn") || Texts(service["profiles"]).All(profile => Texts(Services[other]!["profiles"]).Contains(profile)), $"{name}: {other} runs in other profiles.");
            }
        }
    }

    [Fact]
    public void The_worker_is_told_the_same_in_Kubernetes()
    {
        var worker = DeployFiles.Yaml("deploy/k8s/worker/worker.yaml").Single(document => (string)document["kind"]! == "StatefulSet");
        var arguments = Texts(worker["spec"]!["template"]!["spec"]!["containers"]![0]!["args"]);
        Assert.Equal(Texts(Services["worker"]!["command"]), arguments.Select(argument => argument.Replace("$(REDIS)", "redis:6379", StringComparison.Ordinal)));
    }

    // The service's images bring their own.
    private static bool HasHealthCheck(string service) =>
        Services[service]!["healthcheck"] is not null || (string?)Services[service]!["build"]?["target"] == "service";

    private static TimeSpan DefaultOf(string key) =>
        TimeSpan.Parse(Regex.Match(DeployFiles.Text("deploy/CONFIGURATION.md"), $"\\| `{key}` \\| duration \\| `([^`]+)`").Groups[1].Value, CultureInfo.InvariantCulture);

    private static double Seconds(string duration) => double.Parse(duration.TrimEnd('s'), CultureInfo.InvariantCulture);

    private static string[] Texts(JsonNode? list) => list is null ? [] : [.. list.AsArray().Select(text => (string)text!)];

    [GeneratedRegex(@"^[a-z0-9./_-]+:v?[0-9]+\.[0-9]+\.[0-9]+(-[a-z0-9.]+)?$")]
    private static partial Regex PinnedImage();

    [GeneratedRegex(@"^\s+server ([a-z]\S*)", RegexOptions.Multiline)]
    private static partial Regex Upstream();

    [GeneratedRegex(@"^([A-Za-z0-9_]+)=", RegexOptions.Multiline)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"^\s+([A-Za-z]+__[A-Za-z0-9_]+)=", RegexOptions.Multiline)]
    private static partial Regex ImageSetting();
}
