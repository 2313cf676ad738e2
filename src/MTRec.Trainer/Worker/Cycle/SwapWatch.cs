using System.Globalization;
using System.Text.Json;
using MathNet.Numerics.Distributions;
using MTRec.Core.Events;
using MTRec.Inference;
using MTRec.Trainer.Worker.State;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>What is being watched: <c>watch.json</c> of the state, written before the version is published.</summary>
/// <param name="Version">The version.</param>
/// <param name="Previous">The one that served before, and that a breach leads back to.</param>
/// <param name="Looks">Looks so far.</param>
/// <param name="NextLook">Exposures of the version at which the next look is taken.</param>
internal sealed record WatchedSwap(string Version, string Previous, int Looks, long NextLook);

/// <summary>
/// Looks at what users do after a swap and rolls back where a guardrail is breached: reward an exposure below the previous version's, objections or degraded answers above
/// it, by more than the tolerance and beyond doubt. Both versions' exposures come from the event log.
/// </summary>
/// <remarks>
/// <para>Where an experiment keeps the previous version for some users, the two are compared over the same hours, and rewards are adjusted by what the user's exposures earned before the swap
/// (CUPED; Deng et al., WSDM 2013). Otherwise the new version is compared with the last day of the one before: users differ from day to day, and the tolerance is all there is for that.</para>
/// <para>A look is taken each time that the version has half as many exposures again. Look k may err with 0.05 * 6 / (pi k)^2, a third of it a figure: all looks together with 0.05,
/// however many there are (a union bound, ours). Errors of means are by user.</para>
/// </remarks>
/// <param name="state">The events.</param>
/// <param name="worker">Registry, name and how events are joined.</param>
/// <param name="options">Tolerances.</param>
/// <param name="time">The clock.</param>
/// <param name="say">Takes lines for the operator.</param>
internal sealed class SwapWatch(StateFolder state, WorkerOptions worker, CycleOptions options, TimeProvider time, Action<string> say)
{
    private const double Error = 0.05;
    private const double Growth = 1.5;
    private static readonly TimeSpan Compared = TimeSpan.FromDays(1);

    // Who was ranked by the previous version beside the new one is a control from this share of its exposures on: fewer are replicas that swapped late.
    private const double LeastControl = 0.05;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    private readonly DecisionBook _book = new(state.Folder);
    private readonly BadVersions _bad = new(state.Folder);

    private string FilePath => Path.Combine(state.Folder, "watch.json");

    /// <summary>Begins to watch; to be called before the version is published, so that a sudden end leaves no version unwatched.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Begin(string version, string previous) => Write(new WatchedSwap(version, previous, 0, options.FirstLook));

    /// <summary>Looks, where it is time to.</summary>
    /// <returns>The decision to roll back, which is done and kept; null where there is none.</returns>
    /// <exception cref="IOException">The disk refuses, or the registry cannot be written.</exception>
    public CycleDecision? Look()
    {
        if (Read() is not { } watched)
            return null;
        var registry = new BundleRegistry(worker.Registry);
        var serving = new ServingBundle(registry, worker.Bundle, _bad.Read());
        if (serving.Version() != watched.Version)
        {
            // Never published, or left by a request or for something newer.
            File.Delete(FilePath);
            return null;
        }

        var (own, previous, beside) = Figures(watched, registry);
        if (own.Exposures < watched.NextLook || previous.Exposures == 0 || (beside && previous.Users < options.LeastUsers))
            return null;
        var look = watched.Looks + 1;
        var reasons = Breaches(own, previous, beside ? "beside" : "after", look);
        var figures = own.Means(watched.Version).Concat(previous.Means(watched.Previous)).ToArray();
        say(string.Create(
            CultureInfo.InvariantCulture,
            $"look {look} at {watched.Version}, {(beside ? $"beside {previous.Users} users of" : "after the last day of")} {watched.Previous}: {string.Join(", ", figures.Select(figure => $"{figure.Name} {figure.Value:G4}"))}."));
        if (reasons.Count > 0)
            return RollBack(watched, registry, serving, reasons, figures);
        if (own.Exposures >= options.LastLook)
        {
            say($"{watched.Version} has proven itself over {own.Exposures} exposures; the watch ends.");
            File.Delete(FilePath);
        }
        else
        {
            Write(watched with { Looks = look, NextLook = (long)(Growth * own.Exposures) });
        }

        return null;
    }

    private CycleDecision RollBack(WatchedSwap watched, BundleRegistry registry, ServingBundle serving, List<string> reasons, DecidedFigure[] figures)
    {
        // As POST /v1/bundles/rollback does: all that is there now is held back, what is published later is followed.
        var newest = registry.Scan().Where(listing => listing.Name == worker.Bundle).Max(BundleAge.Of)!.Value;
        var earlier = (serving.Choice()?.Previous ?? []).Where(version => version != watched.Version && version != watched.Previous);
        _bad.Add(watched.Version);
        new ChoiceFile(registry, worker.Bundle).Write(new BundleChoice(watched.Previous, [.. earlier], newest, time.GetUtcNow()));
        var decision = new CycleDecision
        {
            At = time.GetUtcNow(),
            Outcome = CycleDecision.RolledBack,
            Version = watched.Version,
            Serving = watched.Previous,
            Algorithm = options.Algorithm,
            Metric = options.Metric,
            Gate = options.Gate,
            Reasons = reasons,
            Figures = figures,
        };
        _book.Write(decision);
        File.Delete(FilePath);
        say($"ROLLED BACK {watched.Version} to {watched.Previous}: {string.Join(' ', reasons)}");
        return decision;
    }

    private List<string> Breaches(OnlineFigures own, OnlineFigures previous, string when, int look)
    {
        var z = Normal.InvCDF(0, 1, 1 - (Error * 6 / Math.Pow(Math.PI * look, 2) / 3));
        var reasons = new List<string>();
        Check("reward", own.Reward, previous.Reward, -1, options.Tolerance * Math.Abs(previous.Reward.Mean));
        Check("hate", own.Hate, previous.Hate, 1, options.Tolerance * previous.Hate.Mean);
        Check("degraded", own.Degraded, previous.Degraded, 1, options.DegradedTolerance);
        return reasons;

        void Check(string name, ClusteredMean now, ClusteredMean other, int bad, double tolerance)
        {
            var (difference, error) = (now.Mean - other.Mean, Math.Sqrt(now.Variance + other.Variance));
            if ((bad * difference) - (z * error) > tolerance)
            {
                reasons.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name} {now.Mean:G4} {when} {other.Mean:G4}: worse by more than {tolerance:G3} beyond doubt (difference {difference:G4}, error {error:G3}, look {look})."));
            }
        }
    }

    // One pass over the window, one part of the users in memory.
    private (OnlineFigures Own, OnlineFigures Previous, bool Beside) Figures(WatchedSwap watched, BundleRegistry registry)
    {
        var (own, before) = ($"{worker.Bundle}/{watched.Version}", $"{worker.Bundle}/{watched.Previous}");
        using var snapshot = state.Snapshot();
        var window = new EventWindow(snapshot);
        var listing = registry.Scan().First(bundle => bundle.Name == worker.Bundle && bundle.Version == watched.Version);
        using var bundle = registry.Open(listing);
        var measured = MeasuredWindow.Read(Path.Combine(state.Folder, $"measured-{SchemaKey.Of(bundle.Manifest)}.json"))?.Weighed(worker.Transitions.BehavioursWeight);
        var (now, then) = (new List<WatchedExposure>(), new List<WatchedExposure>());
        for (var part = 0; measured is not null && part < window.Parts; part++)
        {
            var events = window.Read(part).Events;
            var shown = new Dictionary<(string User, string Request), WatchedExposure>();
            foreach (var exposure in events.OfType<ExposureEvent>().Where(exposure => exposure.Bundle == own || exposure.Bundle == before))
            {
                // A variant's fixed weights are no version's doing.
                if (exposure.Action is null && !exposure.Degraded.Contains("policy"))
                    continue;
                if (!worker.Transitions.LogIsOver && exposure.Received > window.Newest - worker.Transitions.JoinWindow)
                    continue;
                var row = new WatchedExposure(exposure);
                shown[(exposure.UserId, exposure.RequestId)] = row;
                (exposure.Bundle == own ? now : then).Add(row);
            }

            foreach (var feedback in events.OfType<FeedbackEvent>())
            {
                if (feedback.RequestId is { } request && shown.TryGetValue((feedback.UserId, request), out var row) && feedback.Received - row.Received <= worker.Transitions.JoinWindow)
                    row.Respond(feedback, worker.Transitions.ListSize);
            }
        }

        return Figures(now, then, measured);
    }

    private static (OnlineFigures Own, OnlineFigures Previous, bool Beside) Figures(List<WatchedExposure> now, List<WatchedExposure> then, MeasuredWindow? measured)
    {
        double Reward(WatchedExposure row) => measured is null ? 0 : row.Reward(measured);
        if (now.Count > 0)
        {
            var ranked = now.Select(row => row.User).ToHashSet(StringComparer.Ordinal);
            var (swap, middle) = (now.Min(row => row.Received), now.OrderBy(row => row.Received).ElementAt(now.Count / 2).Received);
            var control = then.Where(row => row.Received >= swap && !ranked.Contains(row.User)).ToArray();
            if (control.Count(row => row.Received >= middle) >= LeastControl * now.Count)
            {
                var adjustment = PastAdjustment.Of([.. then.Where(row => row.Received < swap)], [.. now, .. control], Reward);
                return (OnlineFigures.Of(now, adjustment.Of), OnlineFigures.Of(control, adjustment.Of), true);
            }
        }

        var last = then.Count == 0 ? default : then.Max(row => row.Received);
        return (OnlineFigures.Of(now, Reward), OnlineFigures.Of([.. then.Where(row => row.Received >= last - Compared)], Reward), false);
    }

    private WatchedSwap? Read() => File.Exists(FilePath) ? JsonSerializer.Deserialize<WatchedSwap>(File.ReadAllBytes(FilePath), Json) : null;

    private void Write(WatchedSwap watched) => DurableFiles.Replace(FilePath, JsonSerializer.SerializeToUtf8Bytes(watched, Json));
}
