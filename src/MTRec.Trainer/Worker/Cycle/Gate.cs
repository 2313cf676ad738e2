using System.Globalization;
using MTRec.Learning.Evaluation;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>Decides whether a candidate may serve: the lower bound of the difference on the agreed metric is above 0, and no guardrail falls.</summary>
/// <param name="options">Metric and guardrails.</param>
internal sealed class Gate(CycleOptions options)
{
    /// <summary>Why the candidate may not serve; none where it may.</summary>
    public IReadOnlyList<string> Reasons(ComparisonReport report)
    {
        var reasons = new List<string>();
        if (report.Explored < options.LeastExplored)
            reasons.Add(Text($"too little to judge by: {report.Explored} explored exposures of kept-back users around the serving policy, {options.LeastExplored} are needed."));
        if (report.Users < options.LeastUsers)
            reasons.Add(Text($"too little to judge by: {report.Users} kept-back users, {options.LeastUsers} are needed."));
        if (reasons.Count > 0)
            return reasons;

        // A bound that is no number is above nothing.
        var difference = report.Differences[options.Metric];
        if (!(difference.Low > 0))
            reasons.Add($"{options.Metric}: the lower bound of the difference is not above 0: {Of(difference)}.");
        if (!(report.Effective >= options.LeastEffective))
            reasons.Add(Text($"effective sample size {report.Effective:F0}: {options.LeastEffective:F0} are needed."));
        if (!(report.Outside <= options.MostOutside))
            reasons.Add(Text($"{report.Outside:P0} of what it would show is hardly ever shown by what was explored: {options.MostOutside:P0} may."));
        foreach (var name in new[] { PolicyComparison.Reward, PolicyComparison.Watch })
        {
            if (name != options.Metric && Falls(report.Differences[name], report.Means[name]))
                reasons.Add($"{name} falls: {Of(report.Differences[name])}.");
        }

        // They are rare: chance alone moves them by more than any margin.
        if (report.Differences[PolicyComparison.Hate] is { Low: not <= 0 } hate)
            reasons.Add($"{PolicyComparison.Hate} rises: {Of(hate)}.");

        // Its interval knows of the users that were drawn, not of the chance of the critics' fit: only a loss beyond the margin is one.
        if (report.ConservativeOpe is { } ope && !(ope.High >= -options.Margin * Math.Abs(report.Means[PolicyComparison.Return])))
            reasons.Add($"Conservative-OPE has the candidate's return below: {Of(ope)}.");

        // It holds scores of several requests against each other, and the items are those that the serving policy chose: a small fall is no harm to users.
        if (report.Gauc.High < report.ServingGauc.Low && report.Gauc.Value < (1 - options.Margin) * report.ServingGauc.Value)
            reasons.Add($"MTF-GAUC falls: {Of(report.Gauc)} after {Of(report.ServingGauc)}.");
        return reasons;
    }

    // Worse by more than the margin as far as one can tell, or by more than a fifth of it beyond doubt.
    private bool Falls(Estimate difference, double mean)
    {
        var margin = options.Margin * Math.Abs(mean);
        return difference.High < -margin / 5 || !(difference.Value >= -margin);
    }

    private static string Of(Estimate estimate) => Text($"{estimate.Value:G4} [{estimate.Low:G4}, {estimate.High:G4}]");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
