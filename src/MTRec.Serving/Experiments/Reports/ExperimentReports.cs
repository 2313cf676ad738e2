using MTRec.Core.Experiments;
using MTRec.Serving.Http;
using MTRec.Serving.OpenApi;

namespace MTRec.Serving.Experiments.Reports;

/// <summary>
/// <c>GET /v1/experiments/{name}/report</c>: reads what is new in the event log, then compares each variant with the control. No rank call pays for it,
/// and it covers every replica that writes to the same folder or streams, before a restart and after; the answer says what it has read.
/// </summary>
internal sealed class ExperimentReports(LiveExperiments experiments, IEventTail tail, ReportOptions options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly ExperimentLedger _ledger = new(options.MaxUsers);

    /// <summary>Reports.</summary>
    /// <exception cref="RefusedException">No such experiment: 404; the event log is out of reach: 503.</exception>
    public async Task<ReportAnswer> ReportAsync(string name, CancellationToken cancellation)
    {
        var current = experiments.Current;
        var experiment = current.Find(name) ?? throw new RefusedException(new Problem(StatusCodes.Status404NotFound, "There is no such experiment."));
        await _one.WaitAsync(cancellation);
        try
        {
            var start = time.GetTimestamp();
            var unread = await tail.ReadAsync(_ledger.Add, () => time.GetElapsedTime(start) < options.ReadingTime, cancellation);
            return await Task.Run(() => Report(experiment, unread), cancellation);
        }
        catch (IOException e)
        {
            throw new RefusedException(Problem.Unavailable($"The event log is out of reach: {e.Message}", Pause));
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private ReportAnswer Report(Experiment experiment, long unread)
    {
        var users = _ledger.UsersOf(experiment.Name).ToArray();
        var arms = experiment.Variants.Select(variant => users.Where(user => user.Variant == variant.Name).ToArray()).ToArray();
        var shares = experiment.Variants.Select(variant => variant.Options.Percentage / 100).ToArray();
        return new ReportAnswer(
            experiment.Name,
            experiment.Variants.First(variant => variant.Name == experiment.Options.Control).Name,
            new ReportSource(tail.Sources, _ledger.Events, _ledger.From, _ledger.To, unread == 0, unread, tail.Damaged, tail.Missed, _ledger.SampledShare),
            SampleRatio.Of([.. arms.Select(arm => arm.Length)], shares) is { } ratio ? new ReportSampleRatio(ratio.ChiSquare, ratio.PValue, ratio.IsAlarm) : null,
            users.Count(user => user.Variant is null),
            [.. experiment.Variants.Select((variant, i) => new ReportVariant(
                variant.Name, shares[i], _ledger.Exposures(experiment.Name, variant.Name), arms[i].Length, Metrics(experiment, arms, i)))]);
    }

    private static List<ReportMetric> Metrics(Experiment experiment, ExposedUser[][] arms, int arm)
    {
        var control = experiment.Variants.ToList().FindIndex(variant => variant.Name == experiment.Options.Control);
        var metrics = new List<ReportMetric>();
        foreach (var (name, of) in UserTotals.Metrics)
        {
            double[][] after = [.. arms.Select(users => users.Select(user => of(user.After)).ToArray())];
            double[][] before = [.. arms.Select(users => users.Select(user => of(user.Before)).ToArray())];
            var own = Moments.Of(after[arm]);
            if (arm == control)
            {
                metrics.Add(new ReportMetric(name, own.Mean, Math.Sqrt(own.Variance), null, null));
                continue;
            }

            var theta = Cuped.Theta(after.Zip(before));
            var mean = Moments.Of([.. before.SelectMany(values => values)]).Mean;
            var (adjusted, adjustedControl) = (Moments.Of(Cuped.Adjust(after[arm], before[arm], theta, mean)), Moments.Of(Cuped.Adjust(after[control], before[control], theta, mean)));
            var plain = Comparison.Welch(own, Moments.Of(after[control]));
            var cuped = theta == 0 ? null : Comparison.Welch(adjusted, adjustedControl);
            metrics.Add(new ReportMetric(
                name,
                own.Mean,
                Math.Sqrt(own.Variance),
                Describe(plain),
                cuped is null ? null : new ReportAdjusted(Describe(cuped)!, 1 - (Noise(adjusted, adjustedControl) / Noise(own, Moments.Of(after[control]))))));
        }

        return metrics;
    }

    private static double Noise(Moments variant, Moments control) => (variant.Variance / variant.Count) + (control.Variance / control.Count);

    private static ReportDifference? Describe(Comparison? comparison) =>
        comparison is { } c ? new ReportDifference(c.Difference, c.Low, c.High, c.PValue) : null;
}
