using Microsoft.ML.OnnxRuntime;
using MTRec.Core.Bundles;
using MTRec.Export;
using MTRec.Inference;
using MTRec.Learning.Algorithms.BatchRl;
using MTRec.Learning.Algorithms.CqlSac;
using MTRec.Learning.Algorithms.EnhancedRl;
using MTRec.Learning.Algorithms.Iql;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.Td3;
using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Algorithms.Xmtf;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;
using MTRec.Learning.Pipelines;
using MTRec.Learning.Tests;
using MTRec.Simulation.KuaiRand;
using MTRec.Testing;
using MTRec.Trainer.Training;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Trainer.Tests.Training;

[Collection(nameof(LearnsInProcess))]
public sealed class FusionBundleTests(FusionBundleTests.Fitted fitted) : IClassFixture<FusionBundleTests.Fitted>
{
    public static TheoryData<string> Algorithms => [.. FusionBundle.Algorithms];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Every_algorithm_becomes_a_bundle_that_serves(string algorithm)
    {
        var options = fitted.Options(algorithm);
        var report = new FusionBundle(options).Train(fitted.Base, fitted.Simulator);

        using var bundle = Bundle.Load(report.Folder);
        Assert.Equal(algorithm, bundle.Manifest.Fusion.Algorithm);
        Assert.Equal("1", bundle.Manifest.Exploration.BaselineVersion);
        Assert.True(bundle.HasMentalReward && bundle.HasTaskScores);
        foreach (var file in new[] { BundleLayout.MentalReward, BundleLayout.TaskScores, BundleLayout.Items })
            Assert.Equal(File.ReadAllBytes(Path.Combine(fitted.Base.Directory, file)), File.ReadAllBytes(Path.Combine(report.Folder, file)));
        var figure = bundle.Manifest.Provenance.Metrics.Single(metric => metric.Name == "return");
        Assert.True(figure.Low <= figure.Value && figure.Value <= figure.High && figure.Count == options.EvaluationSessions);

        // Half of the candidates score apart: the graph reads what it was given.
        using var inputs = new RankingInputs(bundle.Shape, 6);
        using var outputs = new RankingOutputs(bundle.Shape, 6);
        for (var i = 0; i < inputs.Scores.Length; i++)
            inputs.Scores[i] = bundle.Manifest.Tasks[i % bundle.Manifest.Tasks.Count].Max * (i % 7) / 7;
        bundle.Scorer.Fuse(inputs, outputs, explain: true);
        Assert.True(outputs.FusionScores.ToArray().Distinct().Count() > 3);
        Assert.Throws<IOException>(() => new FusionBundle(options).Train(fitted.Base, fitted.Simulator));
    }

    [Theory]
    [InlineData("td3")]
    [InlineData("unified-rl")]
    [InlineData("enhanced-rl")]
    [InlineData("xmtf")]
    public void The_served_policy_is_the_trained_one(string algorithm)
    {
        using var scope = NewDisposeScope();
        var simulator = fitted.Simulator;
        var weights = Learning.Algorithms.FixedPolicy.FixedPolicy.FromRewardWeights(
            FusionLearning.FormulaOf(algorithm), simulator.Tasks, simulator.RewardWeights, simulator.NegativeTasks, simulator.TaskScoreSample);
        var actions = new FusionActions(weights.Fusion, simulator.Tasks.Count);
        using var start = new ConstantPolicy("fixed", actions, actions.FromReal(weights.Action));
        using var policy = new FusionLearning(fitted.Options(algorithm), simulator.Training, simulator.NegativeTasks, start, null, default).Learn();
        using var quiet = no_grad();
        var manifest = fitted.Base.Manifest with { Features = simulator.Features, Tasks = simulator.Tasks };
        var graph = new ServedPolicy(manifest, simulator.FusionState, simulator.Schema).Graph(policy);

        var observation = simulator.Evaluation.Reset(1, 5);
        for (var step = 0; step < 4; step++)
        {
            var score = policy.Score(observation);
            var inputs = simulator.Evaluation.Inputs;
            var scale = tensor([.. simulator.Tasks.Select(task => task.Max - task.Min)]);
            var served = Run(graph, new Dictionary<string, Tensor>(StringComparer.Ordinal)
            {
                [BundleLayout.ContextInput] = inputs.Context,
                [BundleLayout.UserInput] = inputs.User,
                [BundleLayout.HistoryInput] = inputs.History,
                [BundleLayout.CandidatesInput] = inputs.Candidates.squeeze(0),
                [BundleLayout.Scores] = observation.TaskScores!.squeeze(0) * scale,
            });
            var expected = score.contiguous().data<float>().ToArray();
            Assert.Equal(expected, served, (a, b) => Math.Abs(a - b) <= 1e-5 * Math.Max(1, Math.Abs(a)));
            observation = simulator.Evaluation.Advance(score).Next;
        }
    }

    [Fact]
    public void An_unknown_algorithm_is_refused_by_name()
    {
        var error = Assert.Throws<ArgumentException>(() => new FusionBundle(fitted.Options("magic")).Train());
        Assert.Contains("'magic' is not one of cem, es, bo", error.Message, StringComparison.Ordinal);
    }

    private static float[] Run(OnnxGraph graph, Dictionary<string, Tensor> values)
    {
        using var session = new InferenceSession(graph.ToBytes());
        var inputs = graph.Inputs.ToDictionary(
            input => input.Name, input => OrtValue.CreateTensorValueFromMemory(values[input.Name].contiguous().data<float>().ToArray(), values[input.Name].shape));
        using var options = new RunOptions();
        using var outputs = session.Run(options, inputs, [BundleLayout.FusionScoreOutput]);
        var scores = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        foreach (var input in inputs.Values)
            input.Dispose();
        return scores;
    }

    /// <summary>A base bundle and a simulator of one small synthetic log.</summary>
    public sealed class Fitted : IDisposable
    {
        private static readonly FitOptions Quick = new() { Epochs = 1, BatchSize = 256 };

        private readonly SyntheticLog _log = SyntheticLog.Write(users: 60);
        private readonly TemporaryFolder _registry = new();

        public Fitted()
        {
            var report = new DefaultBundle(new DefaultBundleOptions
            {
                Data = _log.Folder,
                Registry = _registry.Path,
                Threads = 1,
                HistoryLength = 8,
                Resamples = 5,
                MultiTask = Quick,
                LogisticRegression = Quick,
                MentalReward = new QrIqlOptions { Width = 8, Fit = Quick, HeadFit = Quick },
            }).Train();
            Base = Bundle.Load(report.Folder);
            Simulator = KuaiRandSimulator.Fit(_log.Folder, new KuaiRandSimulatorOptions
            {
                HistoryLength = 8,
                Response = new ResponseNetworkOptions { Networks = 1, Hidden = 8, Tastes = 2, WatchBins = 4 },
                ResponseFit = Quick,
                Upstream = new UpstreamOptions { Hidden = 8 },
                UpstreamFit = Quick,
                Sessions = new KuaiRandSessionOptions { Candidates = 6, ListSize = 2, MaximumViews = 8, WatchScale = 250 },
            });
        }

        public Bundle Base { get; }

        public KuaiRandSimulator Simulator { get; }

        internal FusionBundleOptions Options(string algorithm) => new()
        {
            Algorithm = algorithm,
            Data = _log.Folder,
            Base = Base.Directory,
            Registry = _registry.Path,
            Version = algorithm,
            Threads = 1,
            Sessions = 40,
            Updates = 6,
            Rounds = 2,
            EvaluationSessions = 20,
            Resamples = 20,
            CrossEntropy = new() { Rounds = 1, Population = 4, Sessions = 10 },
            BayesianOptimisation = new() { Initial = 3, Rounds = 1, Proposals = 10, Sessions = 10 },
            EvolutionStrategy = new() { Generations = 1, Pairs = 2, Sessions = 10 },
            Td3 = new Td3Options { Hidden = [8], BatchSize = 16 },
            CqlSac = new CqlSacOptions { Hidden = [8], BatchSize = 16 },
            Iql = new IqlOptions { Hidden = [8], BatchSize = 16 },
            BatchRl = new BatchRlOptions { Hidden = [8], BatchSize = 16 },
            UnifiedRl = new UnifiedRlOptions { Hidden = [8], BatchSize = 16, Critics = 2, CriticWarmUp = 0 },
            EnhancedRl = new EnhancedRlOptions { ExpertWidth = 8, BatchSize = 16, Critics = 2, CriticWarmUp = 0 },
            Xmtf = new XmtfOptions { TransferUpdates = 4, TransferBatch = 16, Outer = new Td3Options { Hidden = [8], BatchSize = 16 } },
        };

        public void Dispose()
        {
            Base.Dispose();
            Simulator.Dispose();
            _registry.Dispose();
            _log.Dispose();
        }
    }
}
