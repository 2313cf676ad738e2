using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Inference;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Fitting;
using MTRec.Learning.Pipelines;
using MTRec.Testing;
using Xunit;

namespace MTRec.Learning.Tests.Pipelines;

public sealed class DefaultBundleTests : IDisposable
{
    private static readonly FitOptions Quick = new() { Epochs = 1, BatchSize = 256 };

    private readonly string _registry = Directory.CreateTempSubdirectory("mtrec-registry-").FullName;

    public void Dispose() => Directory.Delete(_registry, recursive: true);

    [Fact]
    public void A_log_becomes_a_bundle_that_serves()
    {
        using var log = SyntheticLog.Write();
        var stages = new List<string>();
        var report = new DefaultBundle(Options(log.Folder, "1"), new Listener(stages)).Train();

        using var bundle = Bundle.Load(report.Folder);
        Assert.Equal(["click", "longView", "like", "strongPositive", "hate", "watchTime"], bundle.Manifest.Tasks.Select(task => task.Name));
        Assert.Equal(4, bundle.Manifest.Files.Count);
        Assert.Equal(["longView"], bundle.Manifest.MentalReward!.Positive);
        Assert.Contains(bundle.Manifest.Provenance.Metrics, metric => metric is { Name: "auc.click", Split: "test.cold" });
        Assert.Contains(bundle.Manifest.Provenance.Metrics, metric => metric is { Name: "auc.click.logisticRegression", Split: "dev.warm" });
        Assert.Contains("reading", stages);
        Assert.True(Directory.GetFiles(report.Folder).Sum(file => new FileInfo(file).Length) < 5_000_000);
        Assert.Equal(3, report.Dirt.Count);
    }

    [Fact]
    public void The_same_seed_and_threads_give_the_same_bytes_and_another_seed_others()
    {
        using var log = SyntheticLog.Write();
        var first = new DefaultBundle(Options(log.Folder, "1")).Train();
        var again = new DefaultBundle(Options(log.Folder, "2")).Train();
        var other = new DefaultBundle(Options(log.Folder, "3") with { Seed = 2 }).Train();
        foreach (var file in new[] { BundleLayout.TaskScores, BundleLayout.MentalReward, BundleLayout.Policy, BundleLayout.Items })
            Assert.Equal(File.ReadAllBytes(Path.Combine(first.Folder, file)), File.ReadAllBytes(Path.Combine(again.Folder, file)));
        Assert.NotEqual(
            File.ReadAllBytes(Path.Combine(first.Folder, BundleLayout.TaskScores)), File.ReadAllBytes(Path.Combine(other.Folder, BundleLayout.TaskScores)));
    }

    [Theory]
    [InlineData("task scores")]
    [InlineData("mental reward")]
    [InlineData("evaluating on dev")]
    public void Cancelling_leaves_nothing_behind(string stage)
    {
        using var log = SyntheticLog.Write(users: 40);
        using var cancellation = new CancellationTokenSource();
        var bundle = new DefaultBundle(Options(log.Folder, "1"), new Canceller(stage, cancellation));
        Assert.Throws<OperationCanceledException>(() => bundle.Train(cancellation.Token));
        Assert.Empty(Directory.GetFileSystemEntries(_registry));
    }

    [Fact]
    public void A_folder_without_logs_is_refused_by_name()
    {
        var empty = Directory.CreateDirectory(Path.Combine(_registry, "empty")).FullName;
        var error = Assert.Throws<FileNotFoundException>(() => new DefaultBundle(Options(empty, "1")).Train());
        Assert.Contains("log_train", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_formula_can_be_chosen()
    {
        using var log = SyntheticLog.Write(users: 40);
        var report = new DefaultBundle(Options(log.Folder, "1") with { Formula = FusionFormula.LogSum }).Train();
        Assert.Equal(FusionFormula.LogSum, report.Manifest.Fusion.Formula);
        Assert.Equal(6, report.Manifest.Fusion.Priors!.Count);
    }

    [KuaiRandFact]
    public void A_twentieth_of_the_real_log_trains()
    {
        var report = new DefaultBundle(Options(SharedData.KuaiRand, "1") with { UserShare = 0.05 }).Train();
        using var bundle = Bundle.Load(report.Folder);
        var click = bundle.Manifest.Provenance.Metrics.Single(metric => metric is { Name: "auc.click.logisticRegression", Split: "dev.warm" });
        Assert.InRange(click.Value, 0.55, 0.8);
    }

    private DefaultBundleOptions Options(string data, string version) => new()
    {
        Data = data,
        Registry = _registry,
        Version = version,
        Threads = 1,
        HistoryLength = 10,
        Resamples = 20,
        Experts = new MmoeOptions { ExpertWidth = 16 },
        MultiTask = Quick,
        LogisticRegression = Quick with { BatchSize = 64, LearningRate = 1e-2, Epochs = 4 },
        MentalReward = new QrIqlOptions { Width = 16, Fit = Quick, HeadFit = Quick },
    };

    private sealed class Listener(List<string> stages) : IProgress<FitProgress>
    {
        public void Report(FitProgress value) => stages.Add(value.Stage);
    }

    private sealed class Canceller(string stage, CancellationTokenSource cancellation) : IProgress<FitProgress>
    {
        public void Report(FitProgress value)
        {
            if (value.Stage == stage)
                cancellation.Cancel();
        }
    }
}
