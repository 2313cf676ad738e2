using System.Reflection;
using MTRec.Core.Blending;
using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Export;
using MTRec.Inference;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Algorithms.Xmtf;
using MTRec.Learning.Distributed;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Learning.Pipelines;
using MTRec.Simulation.KuaiRand;
using static TorchSharp.torch;

namespace MTRec.Trainer.Training;

/// <summary>
/// Learns a fusion policy on the KuaiRand simulator, grades it on users that it never met, and publishes it with the mental reward, the task
/// scores, the items and the features of another bundle.
/// </summary>
/// <remarks>
/// The policy learned with the simulator's own upstream scores and is served with those of the base: both predict the same tasks of the same
/// log. Where the base's log gave a category other codes than the simulator's half of the users, the graph translates them.
/// </remarks>
/// <param name="options">How.</param>
/// <param name="progress">Told of every step; may be null.</param>
/// <param name="world">
/// The ranks that train together; this process alone where left out. Simulators and the logs collected from them are the same on every rank to the
/// bit, which is why every rank fits and collects whole; only the learner's batches are shared. The first rank reads the base, grades and publishes.
/// </param>
internal sealed class FusionBundle(FusionBundleOptions options, IProgress<FitProgress>? progress = null, World? world = null)
{
    private readonly World _world = world ?? World.Alone;

    private const float Explored = Exploration.Bounded.Published;
    private const int MeasuredSessions = 256;
    private const string Split = "simulatedUsers";

    /// <summary>Names of the algorithms.</summary>
    public static IReadOnlyList<string> Algorithms => FusionLearning.Algorithms;

    /// <summary>Learns and publishes.</summary>
    /// <param name="cancellation">Ends the learning between two steps and leaves nothing behind.</param>
    /// <returns>The bundle's folder and its manifest; null on every rank but the first.</returns>
    /// <exception cref="ArgumentException">The algorithm is unknown, or the base's tasks or features do not fit the log.</exception>
    /// <exception cref="FileNotFoundException">A log is missing.</exception>
    /// <exception cref="WorldException">The ranks have different data, or the algorithm is not one that ranks can share.</exception>
    /// <exception cref="BundleRefusedException">The base must not serve.</exception>
    /// <exception cref="IOException">The version is published already, or the disk refuses.</exception>
    public FusionBundleReport? Train(CancellationToken cancellation = default)
    {
        if (!Algorithms.Contains(options.Algorithm))
            throw new ArgumentException($"'{options.Algorithm}' is not one of {string.Join(", ", Algorithms)}.");
        if (options.Formula is { } formula && !Fuser.OfScores.Contains(formula))
            throw new ArgumentException($"{formula} is no formula of the task scores alone: {string.Join(", ", Fuser.OfScores)} are.");
        RequireShared(options.Algorithm, _world);
        set_num_threads(options.Threads);
        _world.RequireSame("the data are", KuaiRandFolder.Fingerprint(options.Data));
        using var given = _world.IsFirst ? Bundle.Load(options.Base) : null;
        var historyLength = _world.FromFirst(given?.Manifest.History.Length ?? 0);
        using var simulator = KuaiRandSimulator.Fit(
            options.Data, options.Simulator with { Seed = options.Seed, HistoryLength = historyLength }, progress, cancellation);
        if (given is not null)
            return Train(given, simulator, cancellation);
        using var start = Start(simulator);
        using var policy = Learn(simulator, start, cancellation);
        return null;
    }

    /// <summary>Makes sure that ranks can share an algorithm's work.</summary>
    /// <exception cref="WorldException">It has no gradients to sum.</exception>
    public static void RequireShared(string algorithm, World world)
    {
        if (world.Size > 1 && FusionLearning.Searches.Contains(algorithm))
            throw new WorldException($"{algorithm} searches by playing whole sessions and has no gradients that ranks could sum: train it in one process.");
    }

    /// <summary>The same with a base that is loaded and a simulator that is fitted already.</summary>
    internal FusionBundleReport Train(Bundle basis, KuaiRandSimulator simulator, CancellationToken cancellation = default)
    {
        var given = basis.Manifest;
        CheckTasks(given, simulator);
        var served = new ServedPolicy(given, simulator.FusionState, simulator.Schema);
        using var start = Start(simulator);
        using var policy = Learn(simulator, start, cancellation);
        progress?.Report(new FitProgress("evaluating", 0));
        var metrics = Grade(policy, start, simulator.Evaluation);
        progress?.Report(new FitProgress("evaluating", 1));

        var manifest = given with
        {
            Name = options.Name,
            Version = options.Version,
            Created = options.Created,
            Fusion = FusionOf(policy) with { Algorithm = options.Algorithm },
            Exploration = new ExplorationSection(options.IsFirst ? null : given.Version, -Explored, Explored),
            Blending = given.Blending with { FusionScore = Measure(policy, simulator.Training) },
            Provenance = new Provenance(given.Provenance.Data, CodeVersion(), options.Seed, options.Command, [.. metrics, .. Kept(given)]),
        };
        var parts = basis.Parts() with { Policy = served.Graph(policy) };
        var folder = BundleWriter.Write(options.Registry, manifest, parts, cancellation);

        // What the service would refuse must not lie in a registry.
        try
        {
            using var bundle = Bundle.Load(folder);
            return new FusionBundleReport(folder, bundle.Manifest);
        }
        catch (BundleRefusedException)
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    private IFusionPolicy Learn(KuaiRandSimulator simulator, ConstantPolicy start, CancellationToken cancellation) =>
        new FusionLearning(options, simulator.Training, simulator.NegativeTasks, start, progress, cancellation, _world).Learn();

    private ConstantPolicy Start(KuaiRandSimulator simulator)
    {
        var formula = options.Formula ?? FusionLearning.FormulaOf(options.Algorithm);
        var weights = FixedPolicy.FromRewardWeights(formula, simulator.Tasks, simulator.RewardWeights, simulator.NegativeTasks, simulator.TaskScoreSample);
        var actions = new FusionActions(weights.Fusion, simulator.Tasks.Count);
        return new ConstantPolicy(FixedPolicy.Algorithm, actions, actions.FromReal(weights.Action));
    }

    private Metric[] Grade(IFusionPolicy policy, ConstantPolicy start, KuaiRandEnvironment users)
    {
        var evaluation = new PolicyEvaluation(users, options.EvaluationSessions, options.Seed);
        var bootstrap = new UserBootstrap(options.Seed, options.Resamples);
        var (outcomes, before) = (evaluation.Of(policy), evaluation.Of(start));
        return
        [
            Metric("return", outcomes.Return(bootstrap)),
            Metric("return.fixed", before.Return(bootstrap)),
            Metric("return.aboveFixed", outcomes.Above(before, bootstrap)),
            Metric("watchSeconds", PolicyOutcomes.Mean(outcomes.Seconds, bootstrap)),
            Metric("watchSeconds.fixed", PolicyOutcomes.Mean(before.Seconds, bootstrap)),
        ];

        Metric Metric(string name, Estimate estimate) => new(name, Split, estimate.Value, estimate.Low, estimate.High, options.EvaluationSessions);
    }

    // Mean and deviation of the score over what the policy's own users are offered.
    private Standardiser Measure(IFusionPolicy policy, KuaiRandEnvironment users)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var scores = new List<float>();
        var observation = users.Reset(MeasuredSessions, options.Seed);
        for (var step = 0; step < users.Shape.MaximumSteps; step++)
        {
            var score = policy.Score(observation);
            var going = observation.Active.nonzero().squeeze(1);
            if (going.numel() == 0)
                break;
            scores.AddRange(score.index_select(0, going).Floats());
            observation = users.Advance(score).Next;
        }

        return FixedPolicy.Standardise([.. scores]);
    }

    private static FusionSection FusionOf(IFusionPolicy policy) => policy switch
    {
        IActionPolicy acting => acting.Actions.Fusion,
        XmtfPolicy cells => cells.Actions.Fusion,
        _ => throw new ArgumentException($"'{policy.Algorithm}' has no action.", nameof(policy)),
    };

    // Figures of the parts that stay.
    private static IEnumerable<Metric> Kept(BundleManifest given) => given.Provenance.Metrics.Where(metric => metric.Split != Split);

    private static void CheckTasks(BundleManifest given, KuaiRandSimulator simulator)
    {
        if (!given.Tasks.Select(task => (task.Name, task.Min, task.Max)).SequenceEqual(simulator.Tasks.Select(task => (task.Name, task.Min, task.Max))))
        {
            throw new ArgumentException(
                $"The base has the tasks {string.Join(", ", given.Tasks.Select(task => task.Name))}, the simulator {string.Join(", ", simulator.Tasks.Select(task => task.Name))}, or their ranges differ.");
        }
    }

    private static string CodeVersion() =>
        typeof(FusionBundle).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}

/// <summary>What was published.</summary>
/// <param name="Folder">The bundle's folder.</param>
/// <param name="Manifest">Its manifest, with the figures.</param>
internal sealed record FusionBundleReport(string Folder, BundleManifest Manifest);
