using MTRec.Core.Bundles;
using MTRec.Core.Sessions;
using MTRec.Data.Trajectories;
using MTRec.Export;
using MTRec.Inference;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using MTRec.Trainer.Training;
using MTRec.Trainer.Worker.State;
using MTRec.Trainer.Worker.Transitions;
using static TorchSharp.torch;

namespace MTRec.Trainer.Worker.Cycle.Refresh;

/// <summary>
/// Learns what a policy stands on from the window: the upstream task scores from shown items and responses, the mental reward from the choices of users among what they were shown. Both go on from the
/// graphs that serve, or begin anew where those are of other networks.
/// </summary>
/// <remarks>
/// A cycle publishes either refreshed parts, with the policy as it is, or a policy, with the parts as they are: how an action fares was tried with the scores and the mental reward that ranked, and nothing
/// was drawn at random there, so that a change of both at once could not be judged, nor could the online comparison tell which of them was to blame. The next policy is judged on exposures
/// that were ranked by the same parts alone (<see cref="SameParts"/>); it learns from older ones too, as from a policy further away. Ranges and priors of the fusion stay: they are what an action means.
/// Means and deviations that put scores on one scale are measured anew.
/// </remarks>
/// <param name="state">The events.</param>
/// <param name="worker">Registry, name and transitions.</param>
/// <param name="options">How.</param>
/// <param name="seed">Seed of all randomness.</param>
/// <param name="bootstrap">The resampling of users.</param>
/// <param name="progress">Told of every step; may be null.</param>
internal sealed class BundleRefresh(
    StateFolder state, WorkerOptions worker, RefreshOptions options, int seed, UserBootstrap bootstrap, IProgress<FitProgress>? progress = null)
{
    // Users with and without their features; the history is the one that was there.
    private static readonly ViewSampler Views = new(1, 0);

    private readonly PartJudgement _judgement = new(options, bootstrap);
    private readonly RefreshLedger _ledger = new(state.Folder);

    /// <summary>Learns and judges.</summary>
    /// <param name="serving">The serving bundle.</param>
    /// <param name="transitions">How events become examples, and who is kept back.</param>
    /// <param name="deletions">Deletions of users so far.</param>
    /// <param name="gate">Whether the judgement decides; where not, whatever was learned is taken.</param>
    /// <param name="staging">A folder for the candidate.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public RefreshedBundle Run(Bundle serving, TransitionOptions transitions, long deletions, bool gate, string staging, CancellationToken cancellation)
    {
        manual_seed(seed);
        var split = Split(serving, transitions, cancellation);
        var shown = new ShownImpressions(split.Judged, transitions.ListSize);
        var scorers = HasOwnScores(serving, split.Judged, out var own);
        var learned = new List<LearnedPart>();
        var parts = new List<RefreshedPart>();
        if (options.Parts.HasFlag(RefreshedParts.Upstream))
            Try(BundleLayout.TaskScores, scorers, from => LearnScores(serving, split, from, cancellation));
        if (options.Parts.HasFlag(RefreshedParts.Mental))
            Try(BundleLayout.MentalReward, serving.HasMentalReward ? null : "the serving bundle has none.", from => LearnMentalReward(serving, split, from, cancellation));
        if (learned.Count == 0)
            return new RefreshedBundle(null, null, parts);

        using var candidate = Bundle.Load(BundleWriter.Write(staging, serving.Manifest, With(serving, learned), cancellation));
        var (said, before) = (BundleAnswers.Of(candidate, shown.Steps, shown.List, own, cancellation), BundleAnswers.Of(serving, shown.Steps, shown.List, own, cancellation));
        var taken = new List<LearnedPart>();
        foreach (var part in learned)
        {
            var verdict = part.File == BundleLayout.TaskScores
                ? _judgement.OfScores(serving.Manifest.Tasks, shown, said, before)
                : _judgement.OfMentalReward(Positive(serving.Manifest), shown, said, before);
            var passes = verdict.Reasons.Count == 0;
            parts.Add(new RefreshedPart(part.File, passes || !gate ? "taken" : "refused", part.GoesOn, verdict.Reasons, [.. verdict.Figures.Select(DecidedFigure.Of)]));
            if (passes || !gate)
                taken.Add(part);
        }

        if (taken.Count == 0)
            return new RefreshedBundle(null, null, parts);
        foreach (var part in taken)
            _ledger.Add(serving, part.File, part.Graph.ToBytes(), deletions);
        var standardised = BundleAnswers.Of(candidate, [.. shown.Steps.OrderByDescending(step => step.Exposure.Received).Take(options.Standardised)], null, own, cancellation);
        return new RefreshedBundle(With(serving, taken), Standardised(serving.Manifest, standardised, taken), parts);

        void Try(string file, string? fault, Func<OnnxGraph, (OnnxGraph Graph, bool GoesOn)> learn)
        {
            if (fault is null && shown.Count < options.LeastJudged)
                fault = $"too little to judge by: {shown.Count} shown items of kept-back users, {options.LeastJudged} are needed.";
            if (fault is null && (split.Train.Count == 0 || split.Validation.Count == 0))
                fault = "there is nothing to learn from.";
            if (fault is not null)
            {
                parts.Add(new RefreshedPart(file, "notTried", false, [fault], []));
                return;
            }

            try
            {
                var (graph, goesOn) = learn(OnnxGraph.Read(_ledger.StartOf(serving, file, deletions)));
                learned.Add(new LearnedPart(file, graph, goesOn));
            }
            catch (Exception e) when (LearningFailure.Is(e))
            {
                parts.Add(new RefreshedPart(file, "refused", false, [LearningFailure.Reason(e)], []));
            }
        }
    }

    private WindowSplit Split(Bundle serving, TransitionOptions transitions, CancellationToken cancellation)
    {
        using var snapshot = state.Snapshot();
        var window = new ReplayedWindow(new EventWindow(snapshot), transitions, new ExposureFaults(worker.Registry, serving.Manifest, transitions).OfResponses);
        var folds = new UserFolds(options.ValidationFolds, seed);
        var (schema, list) = (serving.Assembler.Schema, transitions.ListSize);
        var (train, validation, judged) = (new WindowImpressions(schema, list), new WindowImpressions(schema, list), new List<ReplayedStep>());
        foreach (var session in window.Sessions(new TransitionCounts(), cancellation))
        {
            var user = session[0].Exposure.UserId;
            if (transitions.KeepsBack?.Invoke(user) == true)
            {
                judged.AddRange(session);
                continue;
            }

            var rows = folds.Of(user) == 0 ? validation : train;
            if (train.Count + validation.Count >= options.MostImpressions)
                continue;
            foreach (var step in session)
                rows.Add(step);
        }

        var newest = judged.OrderByDescending(step => step.Exposure.Received).Take(Math.Max(1, options.MostJudged / list));
        return new WindowSplit(train.AsServed(serving), validation.AsServed(serving), [.. newest.OrderBy(step => step.Exposure.UserId, StringComparer.Ordinal).ThenBy(step => step.Exposure.Received)]);
    }

    // Why the task scores cannot be refreshed; null where they can. And whether the bundle's own scores rank.
    private string? HasOwnScores(Bundle serving, IReadOnlyList<ReplayedStep> judged, out bool own)
    {
        own = false;
        if (!serving.HasTaskScores)
            return "the serving bundle has none: callers score.";
        if (TaskOutcomes.Of(serving.Manifest.Tasks).ToList().IndexOf(null) is >= 0 and var unknown)
            return $"feedback does not tell of the task '{serving.Manifest.Tasks[unknown].Name}'.";
        var same = new SameParts(worker.Registry, serving.Manifest);
        ReplayedStep[] steps = [.. judged.Where(step => same.Holds(step.Exposure, BundleLayout.TaskScores)).OrderByDescending(step => step.Exposure.Received).Take(options.ComparedScores)];
        var tasks = serving.Manifest.Tasks;
        var ranked = steps.Count(step =>
        {
            var computed = BundleAnswers.Of(serving, [step], null, own: true, CancellationToken.None).Scores;
            return computed.Length == step.Exposure.Scores.Length && computed.Index().All(pair =>
                Math.Abs(pair.Item - step.Exposure.Scores[pair.Index]) <= 1e-3f * (tasks[pair.Index % tasks.Count].Max - tasks[pair.Index % tasks.Count].Min));
        });
        own = steps.Length > 0 && ranked >= options.OwnScores * steps.Length;
        return own ? null : $"callers score: {ranked} of {steps.Length} exposures compared were ranked by the bundle's own scores.";
    }

    private (OnnxGraph Graph, bool GoesOn) LearnScores(Bundle serving, WindowSplit split, OnnxGraph from, CancellationToken cancellation)
    {
        BehaviourTask[] tasks = [.. TaskOutcomes.Of(serving.Manifest.Tasks).Select(task => task!)];
        using var model = new UpstreamModel(tasks, new TaskTargets(split.Train.Log, tasks).Means(), split.NewBackbone(serving), Experts(from));
        var goesOn = model.TryGoOn(from);
        new MultiTaskLearner(tasks, [.. tasks.Select(_ => 1f)], Views, new Fitter(options.Upstream, progress, cancellation), seed)
            .Fit("task scores", model, split.Train, split.Validation);
        return (model.Export(), goesOn);
    }

    private (OnnxGraph Graph, bool GoesOn) LearnMentalReward(Bundle serving, WindowSplit split, OnnxGraph from, CancellationToken cancellation)
    {
        var section = serving.Manifest.MentalReward!;
        var learner = section.Algorithm == QrIqlOptions.IqLearn.Algorithm
            ? options.MentalReward with { Objective = QrIqlOptions.IqLearn.Objective, Quantiles = QrIqlOptions.IqLearn.Quantiles }
            : options.MentalReward;
        learner = learner with { Discount = section.Discount, RewardQuantiles = section.Quantiles, Positive = new PositiveResponse(Positive(serving.Manifest)) };
        if (SoftQModel.SizesOf(from) is var (width, quantiles))
            learner = learner with { Width = width, Quantiles = quantiles };
        using var learned = new MentalRewardTraining(learner, Views, seed, progress, cancellation)
            .Fit(() => split.NewBackbone(serving), split.Train, split.Validation, _ => true, from);
        return (learned.Model.Export(), learned.GoesOn);
    }

    // The kind that serves, by the names of its weights; MMoE where it is none of ours.
    private static TaskExpertsOptions Experts(OnnxGraph from) =>
        new TaskExpertsOptions[] { new MmoeOptions(), new PleOptions(), new MfhOptions() }
            .FirstOrDefault(experts => from.Weights.Any(weight => weight.Name.StartsWith($"{experts.Algorithm}.", StringComparison.Ordinal))) ?? new MmoeOptions();

    private static UserActions Positive(BundleManifest manifest) =>
        manifest.MentalReward!.Positive.Aggregate(UserActions.None, (all, name) => all | (UserActionNames.TryParse(name, out var action) ? action : UserActions.None));

    private static BundleParts With(Bundle serving, IReadOnlyList<LearnedPart> learned) => learned.Aggregate(
        serving.Parts(), (parts, part) => part.File == BundleLayout.TaskScores ? parts with { TaskScores = part.Graph } : parts with { MentalReward = part.Graph });

    // Of all candidates, not only of those that were shown: these are what the blend puts on one scale.
    private static BundleManifest Standardised(BundleManifest manifest, BundleAnswers said, IReadOnlyList<LearnedPart> taken)
    {
        if (taken.Any(part => part.File == BundleLayout.MentalReward))
            manifest = manifest with { Blending = manifest.Blending with { MentalReward = FixedPolicy.Standardise(said.Mental) } };
        if (taken.All(part => part.File != BundleLayout.TaskScores))
            return manifest;
        var tasks = manifest.Tasks;
        var fallback = new float[said.Fused.Length];
        for (var place = 0; place < said.Scores.Length; place++)
            fallback[place / tasks.Count] += manifest.Fallback.Weights[place % tasks.Count] * tasks[place % tasks.Count].Normalise(said.Scores[place]);
        return manifest with
        {
            Tasks = [.. tasks.Select((task, k) => task with { Default = Math.Clamp(BundleAnswers.Column(said.Scores, k, tasks.Count).Average(), task.Min, task.Max) })],
            Blending = manifest.Blending with { FusionScore = FixedPolicy.Standardise(said.Fused) },
            Fallback = manifest.Fallback with { Standardiser = FixedPolicy.Standardise(fallback) },
        };
    }

    private sealed record LearnedPart(string File, OnnxGraph Graph, bool GoesOn);

    private sealed record WindowSplit(ImpressionExamples Train, ImpressionExamples Validation, IReadOnlyList<ReplayedStep> Judged)
    {
        private BackboneStatistics? _statistics;

        public Backbone NewBackbone(Bundle serving) =>
            new(Train.Schema, _statistics ??= BackboneStatistics.Measure(Train), serving.Items.Ids.Count, new BackboneOptions());
    }
}

/// <summary>What came of a refresh.</summary>
/// <param name="Parts">All parts of the bundle to publish; null where nothing was taken.</param>
/// <param name="Manifest">The serving bundle's, with means and deviations measured anew; null likewise.</param>
/// <param name="Refreshed">What was decided of each part.</param>
internal sealed record RefreshedBundle(BundleParts? Parts, BundleManifest? Manifest, IReadOnlyList<RefreshedPart> Refreshed);

/// <summary>What was decided of a part.</summary>
/// <param name="Part">Its file.</param>
/// <param name="Outcome"><c>taken</c>, <c>refused</c> or <c>notTried</c>.</param>
/// <param name="GoesOn">Whether it went on from a graph, else it began anew.</param>
/// <param name="Reasons">Why it was not taken, or what the gate would have said.</param>
/// <param name="Figures">Figures with 95 % intervals, of kept-back users.</param>
internal sealed record RefreshedPart(string Part, string Outcome, bool GoesOn, IReadOnlyList<string> Reasons, IReadOnlyList<DecidedFigure> Figures);
