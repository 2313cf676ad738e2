using System.Globalization;
using System.Reflection;
using MTRec.Core.Blending;
using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Export;
using MTRec.Inference;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Evaluation.OffPolicy;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;
using MTRec.Trainer.Training;
using MTRec.Trainer.Worker.Cycle.Refresh;
using MTRec.Trainer.Worker.State;
using MTRec.Trainer.Worker.Transitions;
using static TorchSharp.torch;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>
/// One turn: transitions of the window, a policy learned from those of most users, judged beside the serving one on those of the others, and published
/// where the gate lets it. What is refused never enters the registry.
/// </summary>
/// <remarks>
/// Progressive training (UnifiedRL, arXiv 2404.17589) over bundles: the service explores around the policy that serves, within its manifest's bounds; a published
/// policy names that one as its baseline and becomes the centre itself. Upstream scores and mental reward are learned anew by cycles of their own (<see cref="BundleRefresh"/>); items are those of
/// the serving bundle.
/// </remarks>
/// <param name="state">The events.</param>
/// <param name="worker">Registry, name and transitions.</param>
/// <param name="options">How.</param>
/// <param name="time">The clock.</param>
/// <param name="say">Takes lines for the operator.</param>
/// <param name="progress">Told of every step; may be null.</param>
internal sealed class LearningCycle(
    StateFolder state, WorkerOptions worker, CycleOptions options, TimeProvider time, Action<string> say, IProgress<FitProgress>? progress = null)
{
    private const string Split = "keptBackUsers";
    private const string RefreshSplit = "keptBackUsers.refresh";

    // Candidates kept beside the shown ones for choices between items.
    private const int PassedOver = 4;

    private readonly DecisionBook _book = new(state.Folder);
    private readonly KeptNetworks _networks = new(state.Folder);
    private readonly RefreshLedger _refreshes = new(state.Folder);

    private string Staging => Path.Combine(state.Folder, "candidate");

    /// <summary>Turns once.</summary>
    /// <param name="measureAnew">As <see cref="WindowTransitions.Write"/>.</param>
    /// <param name="cancellation">Ends the work and leaves the registry as it was.</param>
    /// <returns>The decision, which is kept.</returns>
    /// <exception cref="IOException">The disk refuses, or the registry has no bundle that may serve.</exception>
    public CycleDecision Run(bool measureAnew, CancellationToken cancellation)
    {
        var registry = new BundleRegistry(worker.Registry);
        if (new ServingBundle(registry, worker.Bundle, new BadVersions(state.Folder).Read()).Open(say) is not var (serving, choice))
            throw new IOException($"{worker.Registry} has no bundle '{worker.Bundle}' that may serve.");
        using (serving)
        {
            if (measureAnew)
                _networks.Clear();
            CycleDecision decision;
            try
            {
                decision = Turn(serving, choice, measureAnew, cancellation);
            }
            finally
            {
                RemoveStaging();
            }

            _book.Write(decision);
            say(Line(decision));
            return decision;
        }
    }

    private CycleDecision Turn(Bundle serving, BundleChoice? choice, bool measureAnew, CancellationToken cancellation)
    {
        var sessions = new List<IReadOnlyList<ReplayedStep>>();

        // Of before the events are read: who is deleted meanwhile is known to what is learned now, and ends its use.
        var deletions = state.Commit.Counts.Forgets;
        var perCandidate = options.Algorithm == LoggedLearning.PerCandidate;
        var transitions = worker.Transitions with
        {
            KeepsBack = new UserShare(options.KeptBack, options.Seed).Holds,
            PerCandidate = perCandidate,
            PassedOver = perCandidate ? Math.Max(PassedOver, worker.Transitions.PassedOver) : 0,
        };
        var begun = new CycleDecision
        {
            At = time.GetUtcNow(),
            Outcome = CycleDecision.Refused,
            Serving = serving.Manifest.Version,
            Algorithm = options.Algorithm,
            Metric = options.Metric,
            Gate = options.Gate,
            Reasons = [],
        };
        if (IsRefreshTime())
        {
            begun = Refresh(serving, choice, transitions, deletions, begun, cancellation);
            if (begun.Version is not null)
                return begun;
        }

        if (_refreshes.Last() is { PolicyIsNext: true } published)
            _refreshes.Write(published with { PolicyIsNext = false });

        // Which of a request's candidates are better is what days do not change: who acts on items learns from every round.
        var newest = perCandidate ? null : new NewestRound(serving.Manifest, options.DrawnPairs, new RankedBy(worker.Registry), transitions.ListSize);
        using var set = new WindowTransitions(state, worker.Registry, transitions)
            .Write(serving, Path.Combine(state.Folder, "transitions"), measureAnew, sessions.Add, session => newest?.Add(session), cancellation);
        var decision = begun with { Counts = set.Counts.ToString(), Transitions = set.Counts };

        // What other scores or another mental reward ranked says nothing of what an action does now.
        var same = new SameParts(worker.Registry, serving.Manifest);
        sessions.RemoveAll(session => !session.All(step => same.Both(step.Exposure)));
        if (!Fuser.OfScores.Contains(serving.Manifest.Fusion.Formula))
            return decision with { Reasons = [$"the serving bundle fuses by {serving.Manifest.Fusion.Formula}, which no learner of a log acts on."] };
        if (set.Counts.Explored < options.LeastExplored || set.Learning.Rows == 0 || sessions.Count == 0)
            return decision with { Reasons = [string.Create(CultureInfo.InvariantCulture, $"too little to learn from: {set.Counts.Explored} explored exposures in the window, {options.LeastExplored} are needed, and users on both sides.")] };

        try
        {
            using var log = TransitionSet.ReadWhole(set.LearningFolder)!;
            var models = PolicyComparison.Models(log, options.Discount);
            using var round = newest?.Of(log, options.LeastExplored);
            var (policy, networks) = Learn(round ?? log, serving, deletions, cancellation);
            using (policy)
                return Judge(policy, networks, models, deletions, set, sessions, serving, choice, transitions, decision, cancellation);
        }
        catch (Exception e) when (LearningFailure.Is(e) || e is BundleRefusedException or GraphFailedException)
        {
            // No policy came of it: what serves goes on.
            return decision with { Reasons = [LearningFailure.Reason(e)] };
        }
    }

    private (IExportablePolicy Policy, byte[]? Networks) Learn(FusionLog log, Bundle serving, long deletions, CancellationToken cancellation)
    {
        var learning = new LoggedLearning(options, new FusionActions(serving.Manifest.Fusion, serving.Manifest.Tasks.Count), progress);
        var kept = _networks.Read(serving.Manifest, options.Algorithm, deletions);
        if (!options.Sabotage)
            return learning.Learn(log, kept, cancellation);
        say("DRILL: the learner is given every reward with its sign flipped.");

        // In no dispose scope: a policy's tensors outlive the learning.
        using Tensor rewards = -log.Rewards, items = -log.ItemRewards;
        return learning.Learn(log with { Rewards = rewards, ItemRewards = items }, kept, cancellation);
    }

    private CycleDecision Judge(
        IExportablePolicy policy,
        byte[]? networks,
        IReadOnlyDictionary<string, ItemValueModel> models,
        long deletions,
        TransitionSet set,
        List<IReadOnlyList<ReplayedStep>> sessions,
        Bundle serving,
        BundleChoice? choice,
        TransitionOptions transitions,
        CycleDecision decision,
        CancellationToken cancellation)
    {
        RemoveStaging();
        var manifest = Manifest(policy, serving, choice, decision.At);
        var parts = serving.Parts() with { Policy = new ServedPolicy(serving.Manifest, set.State!, serving.Assembler.Schema).Graph(policy) };
        var steps = sessions.SelectMany(session => session).ToArray();
        BundleSays own;
        using (var candidate = Bundle.Load(BundleWriter.Write(Staging, manifest, parts, cancellation)))
            own = BundleSays.Of(candidate, steps, standardiser: null, cancellation);
        var before = BundleSays.Of(serving, steps, serving.Manifest.Blending.FusionScore, cancellation);
        using var log = Rows(set, sessions, serving, transitions);
        var actions = new FusionActions(serving.Manifest.Fusion, serving.Manifest.Tasks.Count);
        var report = new PolicyComparison(options, new UserBootstrap(options.Seed, options.Resamples), new RankedBy(worker.Registry))
            .Compare(sessions, log, own, before, $"{serving.Manifest.Name}/{serving.Manifest.Version}", actions, models, cancellation);
        var reasons = new Gate(options).Reasons(report);
        var shown = new ShownImpressions(steps, transitions.ListSize);
        var calibrated = new TaskCalibration(manifest.Tasks, new UserBootstrap(options.Seed, options.Resamples)).Of(shown, shown.LoggedScores(manifest.Tasks.Count), "").Select(DecidedFigure.Of).ToArray();
        decision = decision with { Reasons = reasons, Figures = [.. report.Figures.Select(DecidedFigure.Of), .. Shares(report), .. calibrated] };
        if (reasons.Count > 0 && options.Gate)
            return decision;
        if (!options.Gate)
            say($"THE GATE IS OFF: {manifest.Version} is published {(reasons.Count > 0 ? $"though the gate would refuse it: {string.Join(' ', reasons)}" : "unjudged")}");

        manifest = manifest with
        {
            Blending = serving.Manifest.Blending with { FusionScore = own.Standardiser },
            Provenance = manifest.Provenance with { Metrics = [.. Metrics(report, reasons), .. calibrated.Select(figure => figure.Metric(Split)).OfType<Metric>(), .. serving.Manifest.Provenance.Metrics.Where(metric => metric.Split != Split)] },
        };
        _networks.Write(manifest, networks, deletions);
        new SwapWatch(state, worker, options, time, say).Begin(manifest.Version, serving.Manifest.Version);
        BundleWriter.Write(worker.Registry, manifest, parts, cancellation);
        return decision with { Outcome = CycleDecision.Published, Version = manifest.Version };
    }

    // After refreshed parts a policy comes first, however short the pause.
    private bool IsRefreshTime() =>
        options.Refresh.Parts != RefreshedParts.None && (_refreshes.Last() is not { } last || (!last.PolicyIsNext && time.GetUtcNow() - last.At >= options.Refresh.Every));

    private CycleDecision Refresh(Bundle serving, BundleChoice? choice, TransitionOptions transitions, long deletions, CycleDecision decision, CancellationToken cancellation)
    {
        RemoveStaging();
        var refresh = new BundleRefresh(state, worker, options.Refresh, options.Seed, new UserBootstrap(options.Seed, options.Resamples), progress);
        RefreshedBundle came;
        try
        {
            came = refresh.Run(serving, transitions, deletions, options.Gate, Staging, cancellation);
        }
        catch (Exception e) when (e is BundleRefusedException or GraphFailedException)
        {
            // No part came of it: a policy is looked for with those that serve.
            came = new RefreshedBundle(null, null, [new RefreshedPart("*", "refused", false, [$"judging failed: {e.Message}"], [])]);
        }

        foreach (var part in came.Refreshed)
            say($"{part.Part}: {part.Outcome}{(part.GoesOn ? ", gone on from what served" : "")}.{string.Concat(part.Reasons.Select(reason => $" {reason}"))}");
        decision = decision with { Refreshed = came.Refreshed };
        if (came is not { Parts: { } parts, Manifest: { } given })
        {
            _refreshes.Write(new RefreshMark(decision.At, PolicyIsNext: false));
            return decision;
        }

        var (version, created) = NextVersion(serving, choice, decision.At);
        var metrics = came.Refreshed.Where(part => part.Outcome == "taken").SelectMany(part => part.Figures).Select(figure => figure.Metric(RefreshSplit)).OfType<Metric>();
        var manifest = given with
        {
            Version = version,
            Created = created,
            Provenance = Provenance($"mtrec worker --algorithm {options.Algorithm} --refresh {options.Refresh.Parts.ToString().ToLowerInvariant()}{(options.Gate ? "" : " --gate off")}", given) with
            {
                Metrics = [.. metrics, .. given.Provenance.Metrics.Where(metric => metric.Split != RefreshSplit)],
            },
        };

        // The policy is what it was: it is gone on from as before.
        if (_networks.Read(serving.Manifest, given.Fusion.Algorithm, deletions) is { } networks)
            _networks.Write(manifest, networks, deletions);
        new SwapWatch(state, worker, options, time, say).Begin(version, serving.Manifest.Version);
        BundleWriter.Write(worker.Registry, manifest, parts, cancellation);
        _refreshes.Write(new RefreshMark(decision.At, PolicyIsNext: true));
        return decision with { Outcome = "published", Version = version };
    }

    private static FusionLog Rows(TransitionSet set, List<IReadOnlyList<ReplayedStep>> sessions, Bundle serving, TransitionOptions transitions)
    {
        const int Sessions = 512;
        var rows = new TransitionRows(serving, set.State!, set.Rewards!, transitions);
        var logs = sessions.Chunk(Sessions).Select(rows.Of).ToArray();
        try
        {
            return FusionLog.Join(logs);
        }
        finally
        {
            Array.ForEach(logs, log => log.Dispose());
        }
    }

    private BundleManifest Manifest(IExportablePolicy policy, Bundle serving, BundleChoice? choice, DateTimeOffset at)
    {
        var (version, created) = NextVersion(serving, choice, at);
        var given = serving.Manifest;
        return given with
        {
            Version = version,
            Created = created,
            Fusion = given.Fusion with { Algorithm = policy.Algorithm },
            Exploration = given.Exploration with { BaselineVersion = given.Version },
            Blending = given.Blending with { FusionScore = new Standardiser(0, 1) },
            Provenance = Provenance($"mtrec worker --algorithm {options.Algorithm} --updates {options.Updates} --metric {options.Metric}{(options.Gate ? "" : " --gate off")}{(options.Sabotage ? " --sabotage" : "")}", given),
        };
    }

    // Newer than all that it must be followed after, whatever the clocks say.
    private static (string Version, DateTimeOffset Created) NextVersion(Bundle serving, BundleChoice? choice, DateTimeOffset at)
    {
        var created = new[] { at, serving.Manifest.Created.AddSeconds(1), (choice?.HeldBack.Created ?? default).AddSeconds(1) }.Max();
        return (created.UtcDateTime.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture), created);
    }

    private Provenance Provenance(string command, BundleManifest given) => new(
        $"the service's event log, {worker.WindowDays} days until {state.Commit.Newest?.ToString("u", CultureInfo.InvariantCulture)}; other parts: {given.Provenance.Data}",
        typeof(LearningCycle).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
        options.Seed,
        command,
        []);

    // The gate's word is a figure too: 1 where it let the policy pass, 0 where it was off and would not have.
    private IEnumerable<Metric> Metrics(ComparisonReport report, IReadOnlyList<string> reasons) =>
    [
        Exact(options.Gate ? "gate.passed" : "gate.OFF.wouldPass", reasons.Count == 0 ? 1 : 0, report.Explored),
        .. report.Figures.Where(figure => double.IsFinite(figure.Estimate.Value) && double.IsFinite(figure.Estimate.Low) && double.IsFinite(figure.Estimate.High))
            .Select(figure => new Metric(figure.Name, Split, figure.Estimate.Value, figure.Estimate.Low, figure.Estimate.High, figure.Count)),
        Exact("effectiveSampleSize", report.Effective, report.Explored),
        Exact("changedShare", report.Changed, report.Explored),
        Exact("outsideShare", report.Outside, report.Explored),
        Exact("edgeShare", report.AtEdge, report.Explored),
    ];

    private static Metric Exact(string name, double value, long count) => new(name, Split, value, value, value, count);

    private static IEnumerable<DecidedFigure> Shares(ComparisonReport report) =>
    [
        new("changedShare", report.Changed, null, null, report.Explored, null),
        new("outsideShare", report.Outside, null, null, report.Explored, null),
        new("edgeShare", report.AtEdge, null, null, report.Explored, null),
        new("users", report.Users, null, null, report.Explored, null),
    ];

    private static string Line(CycleDecision decision)
    {
        var difference = decision.Figures.FirstOrDefault(figure => figure.Name == $"{decision.Metric}.difference");
        var figures = difference is null ? "" : string.Create(CultureInfo.InvariantCulture, $" {decision.Metric} {difference.Value:+0.####;-0.####} [{difference.Low:F4}, {difference.High:F4}] over {difference.Count} exposures.");
        var refreshed = decision.Refreshed?.Where(part => part.Outcome == "taken").Select(part => part.Part).ToArray() ?? [];
        var maker = refreshed.Length > 0 ? $"with {string.Join(" and ", refreshed)} learned anew" : $"by {decision.Algorithm}";
        return $"{decision.Outcome} {decision.Version ?? "(no version)"} {maker} after {decision.Serving}.{figures}{string.Concat(decision.Reasons.Select(reason => $" {reason}"))}";
    }

    private void RemoveStaging()
    {
        if (Directory.Exists(Staging))
            Directory.Delete(Staging, recursive: true);
    }
}
