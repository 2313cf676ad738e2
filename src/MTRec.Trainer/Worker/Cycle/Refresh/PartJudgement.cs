using System.Globalization;
using MTRec.Core.Sessions;
using MTRec.Core.Tasks;
using MTRec.Learning.Evaluation;

namespace MTRec.Trainer.Worker.Cycle.Refresh;

/// <summary>Figures of a part that was learned anew beside the one that serves.</summary>
/// <param name="Reasons">Why it may not serve; none where it may.</param>
/// <param name="Figures">All figures.</param>
internal sealed record PartVerdict(IReadOnlyList<string> Reasons, IReadOnlyList<ComparedFigure> Figures);

/// <summary>Judges refreshed parts on shown items of kept-back users, each beside the part that serves, on the same rows. Better by what it was fitted to, and nothing that is looked at beside falls.</summary>
/// <param name="options">Thresholds.</param>
/// <param name="bootstrap">The resampling of users.</param>
internal sealed class PartJudgement(RefreshOptions options, UserBootstrap bootstrap)
{
    private const UserActions Explicit = UserActions.Like | UserActions.Favorite | UserActionNames.StrongPositive;

    /// <summary>
    /// The task scores. The log likelihood of all binary tasks together must rise, and its lower bound may not lie below a loss of the margin; no task's AUC nor MTF-GAUC of the fused
    /// scores may fall beyond doubt, no task's expected calibration error rise beyond doubt and by more than the tolerance.
    /// </summary>
    /// <param name="tasks">The tasks [K].</param>
    /// <param name="shown">The rows.</param>
    /// <param name="candidate">What the bundle with the refreshed part says of them.</param>
    /// <param name="serving">What the serving bundle says.</param>
    public PartVerdict OfScores(IReadOnlyList<TaskDefinition> tasks, ShownImpressions shown, BundleAnswers candidate, BundleAnswers serving)
    {
        if (TooLittle(shown) is { } tooLittle)
            return new PartVerdict([tooLittle], []);
        var (reasons, figures) = (new List<string>(), new List<ComparedFigure>());
        var outcomes = TaskOutcomes.Of(tasks);
        var (paired, loss) = (new List<PairedPredictions>(), 0.0);
        for (var k = 0; k < tasks.Count; k++)
        {
            if (outcomes[k] is not { IsWatchTime: false } task)
                continue;
            var did = shown.Did(task.Actions);
            var (own, before) = (BundleAnswers.Column(candidate.Scores, k, tasks.Count), BundleAnswers.Column(serving.Scores, k, tasks.Count));
            var pair = new PairedPredictions(own, before, did, shown.Users, bootstrap);
            paired.Add(pair);
            loss += Calibration.LogLoss(before, did);
            var (auc, error) = (pair.Auc(), pair.CalibrationError());
            Add($"auc.{task.Name}", Auc.ByUser(own, did, shown.Users, bootstrap));
            Add($"auc.{task.Name}.difference", auc);
            Add($"calibrationError.{task.Name}.difference", error);
            if (auc.High < 0)
                reasons.Add($"auc.{task.Name} falls: {Of(auc)}.");
            if (error.Low > 0 && error.Value > options.CalibrationTolerance)
                reasons.Add($"calibrationError.{task.Name} rises: {Of(error)}.");
        }

        var likelihood = PairedPredictions.LogLikelihood(paired);
        Add("taskScores.logLikelihood.difference", likelihood);
        Pays("taskScores.logLikelihood", likelihood, loss, reasons);
        var calibration = new TaskCalibration(tasks, bootstrap);
        figures.AddRange(calibration.Of(shown, candidate.Scores, ".candidate"));
        figures.AddRange(calibration.Of(shown, serving.Scores, ""));
        Ordered("taskScores", shown, candidate.Fused, serving.Fused, reasons, figures);
        return new PartVerdict(reasons, figures);

        void Add(string name, Estimate estimate) => figures.Add(new ComparedFigure(name, estimate, shown.Count, shown.Count));
    }

    /// <summary>
    /// The mental reward. What soft Q says of the users' choices between skip and a positive response must be likelier, as above; the order by the predicted reward may not agree less, beyond doubt, with
    /// the seconds watched (Spearman), nor with likes, saves, follows and other outright approval (AUC). Rewards themselves cannot be seen.
    /// </summary>
    /// <param name="positive">What counts as positive.</param>
    /// <param name="shown">The rows.</param>
    /// <param name="candidate">What the bundle with the refreshed part says of them.</param>
    /// <param name="serving">What the serving bundle says.</param>
    public PartVerdict OfMentalReward(UserActions positive, ShownImpressions shown, BundleAnswers candidate, BundleAnswers serving)
    {
        if (TooLittle(shown) is { } tooLittle)
            return new PartVerdict([tooLittle], []);
        var (reasons, figures) = (new List<string>(), new List<ComparedFigure>());
        var chosen = shown.Did(positive);
        var likelihood = new PairedPredictions(candidate.Positive, serving.Positive, chosen, shown.Users, bootstrap).LogLikelihood();
        Add("mentalReward.logLikelihood.difference", likelihood, shown.Count);
        Pays("mentalReward.logLikelihood", likelihood, Calibration.LogLoss(serving.Positive, chosen), reasons);

        var watched = Enumerable.Range(0, shown.Count).Where(row => !float.IsNaN(shown.Responses[row].WatchSeconds)).ToArray();
        var seconds = Array.ConvertAll(watched, row => (double)shown.Responses[row].WatchSeconds);
        var spearman = Spearman.DifferenceByUser(
            Array.ConvertAll(watched, row => (double)candidate.Mental[row]), Array.ConvertAll(watched, row => (double)serving.Mental[row]), seconds, Array.ConvertAll(watched, row => shown.Users[row]), bootstrap);
        Add("mentalReward.spearman.watchSeconds.difference", spearman, watched.Length);
        AddValue("mentalReward.spearman.watchSeconds", Spearman.Of(Array.ConvertAll(watched, row => (double)candidate.Mental[row]), seconds), watched.Length);
        AddValue("mentalReward.spearman.watchSeconds.serving", Spearman.Of(Array.ConvertAll(watched, row => (double)serving.Mental[row]), seconds), watched.Length);
        if (spearman.High < 0)
            reasons.Add($"mentalReward.spearman.watchSeconds falls: {Of(spearman)}.");
        var approval = new PairedPredictions(candidate.Mental, serving.Mental, shown.Did(Explicit), shown.Users, bootstrap).Auc();
        Add("mentalReward.auc.approval.difference", approval, shown.Count);
        AddValue("mentalReward.auc.approval", Auc.Of(candidate.Mental, shown.Did(Explicit)), shown.Count);
        AddValue("mentalReward.auc.approval.serving", Auc.Of(serving.Mental, shown.Did(Explicit)), shown.Count);
        if (approval.High < 0)
            reasons.Add($"mentalReward.auc.approval falls: {Of(approval)}.");
        return new PartVerdict(reasons, figures);

        void AddValue(string name, double value, int count) => Add(name, new Estimate(value, value, value), count);

        void Add(string name, Estimate estimate, int count) => figures.Add(new ComparedFigure(name, estimate, count, count));
    }

    private string? TooLittle(ShownImpressions shown) =>
        shown.Count < options.LeastJudged || shown.UserCount < options.LeastUsers
            ? Text($"too little to judge by: {shown.Count} shown items of {shown.UserCount} kept-back users, {options.LeastJudged} of {options.LeastUsers} are needed.")
            : null;

    // A bound that is no number is above nothing.
    private void Pays(string name, Estimate difference, double loss, List<string> reasons)
    {
        if (!(difference.Value > 0 && difference.Low > -options.Margin * loss))
            reasons.Add($"{name} does not rise, or may fall by more than {Text($"{options.Margin:P0}")} of {Text($"{loss:G4}")}: {Of(difference)}.");
    }

    private void Ordered(string part, ShownImpressions shown, float[] candidate, float[] serving, List<string> reasons, List<ComparedFigure> figures)
    {
        var (own, before) = (shown.With(candidate).MtfGauc(bootstrap), shown.With(serving).MtfGauc(bootstrap));
        figures.Add(new ComparedFigure($"{part}.mtfGauc", own, shown.Count, shown.Count));
        figures.Add(new ComparedFigure($"{part}.mtfGauc.serving", before, shown.Count, shown.Count));
        if (own.High < before.Low)
            reasons.Add($"{part}.mtfGauc falls: {Of(own)} after {Of(before)}.");
    }

    private static string Of(Estimate estimate) => Text($"{estimate.Value:G4} [{estimate.Low:G4}, {estimate.High:G4}]");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
