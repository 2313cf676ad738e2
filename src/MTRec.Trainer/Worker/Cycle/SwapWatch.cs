using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MathNet.Numerics.Distributions;
using MTRec.Core.Events;
using MTRec.Inference;
using MTRec.Trainer.Worker.State;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>What is being watched: <c>watch.json</c> of the state, written before the version is published.</summary>
/// <param name="Version">The version.</param>
/// <param name="Previous">The one that served before.</param>
/// <param name="Looks">Looks so far.</param>
/// <param name="Looked">Exposures of the version at the last look.</param>
/// <param name="LastProven">The last proven version, where the previous one was still being watched itself; null where that one is proven.</param>
internal sealed record WatchedSwap(string Version, string Previous, int Looks = 0, long Looked = 0, string? LastProven = null)
{
    /// <summary>The last proven version: a breach leads back to it.</summary>
    [JsonIgnore]
    public string Proven => LastProven ?? Previous;
}

/// <summary>
/// Looks at what users do after a swap and rolls back to the last proven version where a guardrail is breached: reward an exposure below the previous version's, objections or degraded answers above
/// it, by more than the tolerance and beyond doubt. Both versions' exposures come from the event log.
/// </summary>
/// <remarks>
/// How the two are compared: <see cref="SwapComparison"/>. Where a control tells what the days did, a fifth of the tolerance does.
/// A look is taken each time that the version has half as many exposures again. It may err with 0.05 times its share of all exposures that are watched, a third of that a figure: all looks together with 0.05,
/// however many there are (error spent in proportion to the information: Lan and DeMets, Biometrika 1983; here by a union bound). Errors of means are by user.
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
    private const double ToleranceOfControl = 0.2;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    private readonly DecisionBook _book = new(state.Folder);
    private readonly BadVersions _bad = new(state.Folder);

    private string FilePath => Path.Combine(state.Folder, "watch.json");

    /// <summary>Begins to watch; to be called before the version is published, so that a sudden end leaves no version unwatched.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Begin(string version, string previous) =>
        Write(new WatchedSwap(version, previous, LastProven: Read() is { } open && open.Version == previous ? open.Proven : null));

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

        if (Compare(watched, registry) is not { } compared || compared.PreviousExposures == 0 || compared.ControlUsers < options.LeastUsers)
            return null;
        var look = watched.Looks + 1;
        var spent = (Math.Min(compared.Exposures, options.LastLook) - watched.Looked) / (double)options.LastLook;
        var reasons = Breaches(compared, look, Error * spent);
        var figures = compared.Differences.SelectMany(difference => Figures(difference, compared, watched)).ToArray();
        say(string.Create(
            CultureInfo.InvariantCulture,
            $"look {look} at {watched.Version}, {compared.How}: {string.Join(", ", compared.Differences.Select(figure => $"{figure.Name} {figure.Own.Mean:G4}, {figure.Previous.Mean:G4}, difference {figure.Difference.Mean:G3}"))}."));
        if (reasons.Count > 0)
            return RollBack(watched, registry, serving, reasons, figures);
        if (compared.Exposures >= options.LastLook)
        {
            say($"{watched.Version} has proven itself over {compared.Exposures} exposures; the watch ends.");
            File.Delete(FilePath);
        }
        else
        {
            Write(watched with { Looks = look, Looked = compared.Exposures });
        }

        return null;
    }

    private CycleDecision RollBack(WatchedSwap watched, BundleRegistry registry, ServingBundle serving, List<string> reasons, DecidedFigure[] figures)
    {
        // As POST /v1/bundles/rollback does: all that is there now is held back, what is published later is followed.
        var newest = registry.Scan().Where(listing => listing.Name == worker.Bundle).Max(BundleAge.Of)!.Value;
        var earlier = (serving.Choice()?.Previous ?? []).Where(version => version != watched.Version && version != watched.Proven);
        _bad.Add(watched.Version);
        new ChoiceFile(registry, worker.Bundle).Write(new BundleChoice(watched.Proven, [.. earlier], newest, time.GetUtcNow()));
        var decision = new CycleDecision
        {
            At = time.GetUtcNow(),
            Outcome = CycleDecision.RolledBack,
            Version = watched.Version,
            Serving = watched.Proven,
            Algorithm = options.Algorithm,
            Metric = options.Metric,
            Gate = options.Gate,
            Reasons = reasons,
            Figures = figures,
        };
        _book.Write(decision);
        File.Delete(FilePath);
        say($"ROLLED BACK {watched.Version} to {watched.Proven}: {string.Join(' ', reasons)}");
        return decision;
    }

    private List<string> Breaches(SwapComparison compared, int look, double error)
    {
        var z = Normal.InvCDF(0, 1, 1 - (error / compared.Differences.Count));
        var share = compared.ControlUsers is null ? 1 : ToleranceOfControl;
        return [.. compared.Differences.Where(figure => Worse(figure) - (z * Math.Sqrt(figure.Difference.Variance)) > share * Tolerated(figure)).Select(figure => string.Create(
            CultureInfo.InvariantCulture,
            $"{figure.Name} {figure.Own.Mean:G4}, {figure.Previous.Mean:G4} {compared.How}: worse by more than {share * Tolerated(figure):G3} beyond doubt (difference {figure.Difference.Mean:G4}, error {Math.Sqrt(figure.Difference.Variance):G3}, look {look})."))];

        static double Worse(SwapDifference figure) => figure.Name == "reward" ? -figure.Difference.Mean : figure.Difference.Mean;

        double Tolerated(SwapDifference figure) => figure.Name == "degraded" ? options.DegradedTolerance : options.Tolerance * Math.Abs(figure.Previous.Mean);
    }

    private static IEnumerable<DecidedFigure> Figures(SwapDifference figure, SwapComparison compared, WatchedSwap watched)
    {
        return [Of(watched.Version, figure.Own, compared.Exposures), Of(watched.Previous, figure.Previous, compared.PreviousExposures), Of("change", figure.Difference, compared.Exposures)];

        DecidedFigure Of(string what, ClusteredMean mean, int count)
        {
            var half = double.IsFinite(mean.Variance) ? 1.96 * Math.Sqrt(mean.Variance) : (double?)null;
            return new DecidedFigure($"{figure.Name}.{what}", mean.Mean, mean.Mean - half, mean.Mean + half, count, null);
        }
    }

    // One pass over the window, one part of the users in memory. Null where it is not yet time for a look.
    private SwapComparison? Compare(WatchedSwap watched, BundleRegistry registry)
    {
        var (own, before, proven, name) = ($"{worker.Bundle}/{watched.Version}", $"{worker.Bundle}/{watched.Previous}", $"{worker.Bundle}/{watched.Proven}", $"{worker.Bundle}/");
        using var snapshot = state.Snapshot();
        var window = new EventWindow(snapshot);
        var listing = registry.Scan().First(bundle => bundle.Name == worker.Bundle && bundle.Version == watched.Version);
        using var bundle = registry.Open(listing);
        var measured = MeasuredWindow.Read(Path.Combine(state.Folder, $"measured-{SchemaKey.Of(bundle.Manifest)}.json"))?.Weighed(worker.Transitions.BehavioursWeight);
        var (now, others) = (new List<WatchedExposure>(), new List<WatchedExposure>());
        for (var part = 0; measured is not null && part < window.Parts; part++)
        {
            var events = window.Read(part).Events;
            var shown = new Dictionary<(string User, string Request), WatchedExposure>();
            foreach (var exposure in events.OfType<ExposureEvent>().Where(exposure => exposure.Bundle.StartsWith(name, StringComparison.Ordinal)))
            {
                // A variant's fixed weights are no version's doing.
                if (exposure.Action is null && !exposure.Degraded.Contains("policy"))
                    continue;
                if (!worker.Transitions.LogIsOver && exposure.Received > window.Newest - worker.Transitions.JoinWindow)
                    continue;
                var row = new WatchedExposure(exposure, worker.Transitions.ListSize);
                shown[(exposure.UserId, exposure.RequestId)] = row;
                (exposure.Bundle == own ? now : others).Add(row);
            }

            foreach (var feedback in events.OfType<FeedbackEvent>())
            {
                if (feedback.RequestId is { } request && shown.TryGetValue((feedback.UserId, request), out var row) && feedback.Received - row.Received <= worker.Transitions.JoinWindow)
                    row.Respond(feedback);
            }
        }

        return measured is null || now.Count < Math.Max(options.FirstLook, Growth * watched.Looked) ? null : SwapComparison.Of(now, others, before, proven, row => row.Reward(measured));
    }

    private WatchedSwap? Read() => File.Exists(FilePath) ? JsonSerializer.Deserialize<WatchedSwap>(File.ReadAllBytes(FilePath), Json) : null;

    private void Write(WatchedSwap watched) => DurableFiles.Replace(FilePath, JsonSerializer.SerializeToUtf8Bytes(watched, Json));
}
