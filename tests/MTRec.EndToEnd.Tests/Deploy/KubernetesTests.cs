using System.Globalization;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using MTRec.Testing;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MTRec.EndToEnd.Tests.Deploy;

/// <summary>
/// The manifests against Kubernetes' own types, which refuse a field that they do not know or a value of another type, and against what they promise.
/// No cluster has seen them.
/// </summary>
public sealed class KubernetesTests
{
    private const string Root = "deploy/k8s";

    private static readonly V1Deployment Service = Typed<V1Deployment>("base/service.yaml");
    private static readonly V1PodSpec ServicePod = Service.Spec.Template.Spec;
    private static readonly V1Container ServiceContainer = ServicePod.Containers.Single();

    /// <summary>Manifests by file, with kustomize's own left out.</summary>
    private static IEnumerable<(string File, JsonNode Document)> Manifests =>
        from file in DeployFiles.YamlFiles
        where file.StartsWith(Root, StringComparison.Ordinal) && Path.GetFileName(file) != "kustomization.yaml"
        from document in DeployFiles.Yaml(file)
        select (file, document);

    private static IEnumerable<(string File, V1PodSpec Pod)> Pods => Manifests.SelectMany(manifest => PodsOf(manifest.Document).Select(pod => (manifest.File, pod)));

    [Fact]
    public void Every_manifest_fits_the_type_that_it_names() => Assert.All(Manifests, manifest => AssertTyped(manifest.Document));

    [ProgramFact("https://kubernetes.io/docs/tasks/tools", "kubectl")]
    public async Task Kustomize_puts_every_folder_together()
    {
        var folders = DeployFiles.YamlFiles.Where(file => file.StartsWith(Root, StringComparison.Ordinal) && Path.GetFileName(file) == "kustomization.yaml");
        Assert.NotEmpty(folders);
        foreach (var folder in folders.Select(file => Path.GetDirectoryName(file)!))
        {
            using var kustomize = RunningProcess.Start("kubectl", "kustomize", folder);
            Assert.True(await kustomize.EndAsync() == 0, kustomize.Said);
            var rendered = DeployFiles.YamlOf(kustomize.Output);
            Assert.All(rendered, AssertTyped);
            Assert.All(rendered, manifest => Assert.True((string?)manifest["metadata"]!["namespace"] == "mtrec" || (string)manifest["kind"]! == "Namespace"));
            Assert.All(
                rendered.SelectMany(PodsOf).SelectMany(pod => pod.Containers.Concat(pod.InitContainers ?? [])),
                container => Assert.Matches(@":v?\d+\.\d+\.\d+", container.Image));
        }
    }

    // Kubernetes' types of text: an unquoted true or 5 there is refused by the cluster, while YAML's readers take it for text.
    [Fact]
    public void Text_that_looks_like_something_else_is_quoted()
    {
        foreach (var file in DeployFiles.YamlFiles.Where(file => file.StartsWith(Root, StringComparison.Ordinal)))
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(DeployFiles.Text(file)));
            var texts = stream.Documents.SelectMany(document => document.AllNodes).OfType<YamlMappingNode>()
                .SelectMany(map => map.Children)
                .Where(pair => pair.Key is YamlScalarNode { Value: "env" or "args" or "command" or "labels" or "matchLabels" or "annotations" })
                .SelectMany(pair => pair.Value.AllNodes).OfType<YamlScalarNode>();
            Assert.All(texts, text => Assert.False(
                text.Style == ScalarStyle.Plain && (bool.TryParse(text.Value, out _) || double.TryParse(text.Value, CultureInfo.InvariantCulture, out _)
                    || text.Value is "yes" or "no" or "on" or "off" or "null" or "~"),
                $"{file}, {text.Start}: {text.Value}"));
        }
    }

    [Fact]
    public void A_misspelt_field_and_a_value_of_another_type_are_refused()
    {
        var manifest = Documents("base/service.yaml").Single(document => Kind(document) == "Deployment");
        var misspelt = manifest.DeepClone();
        misspelt["spec"]!["template"]!["spec"]!["containers"]![0]!["readinesProbe"] = new JsonObject();
        var mistyped = manifest.DeepClone();
        mistyped["spec"]!["minReadySeconds"] = "soon";

        Assert.ThrowsAny<YamlException>(() => AssertTyped(misspelt));
        Assert.ThrowsAny<YamlException>(() => AssertTyped(mistyped));
    }

    [Fact]
    public void Every_pod_meets_the_restricted_standard()
    {
        Assert.True(Pods.Count() >= 5);
        Assert.All(Pods, pod =>
        {
            Assert.False(pod.Pod.AutomountServiceAccountToken ?? true);
            Assert.True(pod.Pod.SecurityContext.RunAsNonRoot);
            Assert.True(pod.Pod.SecurityContext.RunAsUser > 0);
            Assert.Equal("RuntimeDefault", pod.Pod.SecurityContext.SeccompProfile.Type);
            Assert.All(pod.Pod.Containers.Concat(pod.Pod.InitContainers ?? []), container =>
            {
                Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
                Assert.False(container.SecurityContext.AllowPrivilegeEscalation ?? true);
                Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
                Assert.True(container.Resources.Limits.ContainsKey("memory"), container.Name);
                Assert.True(container.Resources.Requests.ContainsKey("cpu"), container.Name);
                Assert.All(container.VolumeMounts, mount => Assert.Contains(pod.Pod.Volumes.Select(volume => volume.Name).Append("state"), name => name == mount.Name));
            });
        });
    }

    [Fact]
    public void A_pod_has_time_to_drain()
    {
        var sleep = double.Parse(ServiceContainer.Lifecycle.PreStop.Exec.Command[1], CultureInfo.InvariantCulture);
        var drain = Setting("Service__DrainTime").TotalSeconds;
        var shutdown = Setting("Service__ShutdownTimeout").TotalSeconds;

        Assert.True(ServicePod.TerminationGracePeriodSeconds > sleep + drain + shutdown);
        // The service asks for that itself: unready for long enough that it is noticed.
        Assert.True(drain >= ServiceContainer.ReadinessProbe.PeriodSeconds * ServiceContainer.ReadinessProbe.FailureThreshold);
    }

    [Fact]
    public void Probes_ask_paths_that_are_served_on_the_port_that_is_open()
    {
        V1Probe[] probes = [ServiceContainer.StartupProbe, ServiceContainer.LivenessProbe, ServiceContainer.ReadinessProbe];
        Assert.Equal(["/health/ready", "/health/live", "/health/ready"], probes.Select(probe => probe.HttpGet.Path));
        Assert.All(probes, probe => Assert.Equal("http", probe.HttpGet.Port));
        Assert.Contains($"EXPOSE {ServiceContainer.Ports.Single(port => port.Name == "http").ContainerPort}\n", DeployFiles.Text("Dockerfile"), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_is_one()
    {
        var settings = ServiceContainer.Env.Select(variable => variable.Name.Replace("__", ":", StringComparison.Ordinal)).Concat(Leaves(
            JsonNode.Parse(DeployFiles.Text($"{Root}/base/settings/appsettings.json"))!, "")).ToArray();
        Assert.True(settings.Length > 5);
        Assert.All(settings, setting => Assert.True(DeployFiles.IsConfigurationKey(setting), setting));
    }

    [Fact]
    public void What_selects_pods_selects_the_services()
    {
        var labels = Service.Spec.Template.Metadata.Labels;
        var scaling = Documents("base/scaling.yaml");
        AssertSelects(Service.Spec.Selector.MatchLabels, labels);
        AssertSelects(Typed<V1Service>("base/service.yaml").Spec.Selector, labels);
        AssertSelects(Typed<V1PodDisruptionBudget>("base/scaling.yaml").Spec.Selector.MatchLabels, labels);
        Assert.All(ServicePod.TopologySpreadConstraints, constraint => AssertSelects(constraint.LabelSelector.MatchLabels, labels));
        Assert.All(
            Documents("base/network.yaml").Select(Read<V1NetworkPolicy>), policy => AssertSelects(policy.Spec.PodSelector.MatchLabels, labels));
        Assert.Equal(Service.Metadata.Name, Read<V2HorizontalPodAutoscaler>(scaling.Single(document => Kind(document) == "HorizontalPodAutoscaler")).Spec.ScaleTargetRef.Name);

        var worker = Typed<V1StatefulSet>("worker/worker.yaml");
        AssertSelects(worker.Spec.Selector.MatchLabels, worker.Spec.Template.Metadata.Labels);
        Assert.Equal(worker.Spec.ServiceName, Typed<V1Service>("worker/worker.yaml").Metadata.Name);
    }

    [Fact]
    public void Alerts_are_the_same_as_elsewhere() => Assert.True(JsonNode.DeepEquals(
        DeployFiles.Yaml("deploy/prometheus/alerts.yml")[0]["groups"], Documents("monitoring/alerts.yaml").Single()["spec"]!["groups"]));

    [Fact]
    public void The_budget_leaves_replicas_at_the_fewest_that_scaling_allows()
    {
        var fewest = Typed<V2HorizontalPodAutoscaler>("base/scaling.yaml").Spec.MinReplicas!.Value;
        Assert.True(fewest - int.Parse(Typed<V1PodDisruptionBudget>("base/scaling.yaml").Spec.MaxUnavailable.Value, CultureInfo.InvariantCulture) >= 2);
    }

    [Fact]
    public void The_worker_is_asked_where_it_answers_and_Prometheus_may()
    {
        var worker = Typed<V1StatefulSet>("worker/worker.yaml").Spec.Template.Spec.Containers.Single();
        var url = new Uri(worker.Args[worker.Args.IndexOf("--metrics-url") + 1]);
        var port = worker.Ports.Single();
        Assert.Equal((url.Port, "0.0.0.0"), (port.ContainerPort, url.Host));
        Assert.Equal(
            ["/health/live", "/health/live", "/health/ready"], new[] { worker.StartupProbe, worker.LivenessProbe, worker.ReadinessProbe }.Select(probe => probe.HttpGet.Path));
        Assert.All([worker.StartupProbe, worker.LivenessProbe, worker.ReadinessProbe], probe => Assert.Equal(port.Name, probe.HttpGet.Port.Value));
        Assert.Equal(port.Name, Typed<V1Service>("worker/worker.yaml").Spec.Ports.Single().TargetPort.Value);
        Assert.Equal(port.Name, Typed<V1NetworkPolicy>("worker/worker.yaml").Spec.Ingress.Single().Ports.Single().Port.Value);
        var monitor = Documents("monitoring/servicemonitor.yaml").Single(document => (string)document["metadata"]!["name"]! == "mtrec-worker");
        Assert.Equal(Typed<V1Service>("worker/worker.yaml").Spec.Ports.Single().Name, (string)monitor["spec"]!["endpoints"]![0]!["port"]!);
        Assert.Contains(DeployFiles.Yaml("deploy/prometheus/prometheus.yml")[0]["scrape_configs"]!.AsArray(), job => (string)job!["job_name"]! == "mtrec-worker" && (string)job["static_configs"]![0]!["targets"]![0]! == $"worker:{url.Port}");
    }

    [Fact]
    public void The_training_runs_as_many_processes_as_there_are_workers()
    {
        var spec = Documents("training/mpijob.yaml").Single()["spec"]!;
        var arguments = spec["mpiReplicaSpecs"]!["Launcher"]!["template"]!["spec"]!["containers"]![0]!["args"]!.AsArray().Select(text => (string)text!).ToArray();
        var workers = int.Parse((string)spec["mpiReplicaSpecs"]!["Worker"]!["replicas"]!, CultureInfo.InvariantCulture);

        Assert.Equal(arguments[Array.IndexOf(arguments, "-n") + 1], (workers * int.Parse((string)spec["slotsPerWorker"]!, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task The_training_is_told_nothing_that_the_command_line_does_not_know()
    {
        var arguments = Documents("training/mpijob.yaml").Single()["spec"]!["mpiReplicaSpecs"]!["Launcher"]!["template"]!["spec"]!["containers"]![0]!["args"]!.AsArray()
            .Select(text => (string)text!).SkipWhile(argument => argument != "/app/mtrec.dll").Skip(1).ToArray();
        var (exitCode, help) = await Programs.MtrecAsync(arguments[0], "--help");

        Assert.True(exitCode == 0, help);
        Assert.All(arguments.Where(argument => argument.StartsWith("--", StringComparison.Ordinal)), option => Assert.Contains($"{option} <", help, StringComparison.Ordinal));
    }

    private static void AssertSelects(IDictionary<string, string> selector, IDictionary<string, string> labels)
    {
        Assert.NotEmpty(selector);
        Assert.Empty(selector.Except(labels));
    }

    private static void AssertTyped(JsonNode document)
    {
        _ = Kind(document) switch
        {
            "Namespace" => Read<V1Namespace>(document),
            "ServiceAccount" => Read<V1ServiceAccount>(document),
            "Service" => Read<V1Service>(document),
            "ConfigMap" => Read<V1ConfigMap>(document),
            "Secret" => Read<V1Secret>(document),
            "Deployment" => Read<V1Deployment>(document),
            "StatefulSet" => Read<V1StatefulSet>(document),
            "PersistentVolumeClaim" => Read<V1PersistentVolumeClaim>(document),
            "PodDisruptionBudget" => Read<V1PodDisruptionBudget>(document),
            "HorizontalPodAutoscaler" => Read<V2HorizontalPodAutoscaler>(document),
            "NetworkPolicy" => Read<V1NetworkPolicy>(document),
            // Kinds of operators: what they hold of Kubernetes' own.
            "MPIJob" => PodsOf(document).ToArray(),
            "PrometheusRule" => document["spec"]!["groups"]!.AsArray(),
            "ServiceMonitor" => (object)Convert<V1LabelSelector>(document["spec"]!["selector"]!),
            var kind => throw new InvalidOperationException($"Nobody has said which type a {kind} has."),
        };
    }

    private static IEnumerable<V1PodSpec> PodsOf(JsonNode document) => Kind(document) switch
    {
        "Deployment" or "StatefulSet" => [Convert<V1PodTemplateSpec>(document["spec"]!["template"]!).Spec],
        "MPIJob" => document["spec"]!["mpiReplicaSpecs"]!.AsObject().Select(replica => Convert<V1PodTemplateSpec>(replica.Value!["template"]!).Spec),
        _ => [],
    };

    private static T Typed<T>(string file)
        where T : IKubernetesObject =>
        Read<T>(Documents(file).Single(document => Kind(document) == typeof(T).Name[2..]));

    private static T Read<T>(JsonNode document)
        where T : IKubernetesObject
    {
        var read = Convert<T>(document);
        var type = (KubernetesEntityAttribute)Attribute.GetCustomAttribute(typeof(T), typeof(KubernetesEntityAttribute))!;
        Assert.Equal(type.Group.Length == 0 ? type.ApiVersion : $"{type.Group}/{type.ApiVersion}", read.ApiVersion);
        Assert.Equal(type.Kind, read.Kind);
        return read;
    }

    private static T Convert<T>(JsonNode node) => KubernetesYaml.Deserialize<T>(DeployFiles.AsYaml(node), strict: true);

    private static IReadOnlyList<JsonNode> Documents(string file) => DeployFiles.Yaml($"{Root}/{file}");

    private static string Kind(JsonNode document) => (string)document["kind"]!;

    private static TimeSpan Setting(string name) => TimeSpan.Parse(ServiceContainer.Env.Single(variable => variable.Name == name).Value, CultureInfo.InvariantCulture);

    private static IEnumerable<string> Leaves(JsonNode node, string path) =>
        node is JsonObject { Count: > 0 } map ? map.SelectMany(pair => Leaves(pair.Value!, path.Length == 0 ? pair.Key : $"{path}:{pair.Key}")) : [path];
}
