using MTRec.Core.Blending;
using MTRec.Core.Events;
using MTRec.Core.Sessions;
using MTRec.Data.Trajectories;
using MTRec.Inference;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Evaluation.OffPolicy;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Trainer.Evaluation;

/// <summary>
/// What a bundle would have said of the exposures in an event log, given what the users had done until then, against what they did next. The
/// events are taken in the order in which the service took them in. Where the log holds how actions were drawn, also what the bundle's policy
/// would have earned: it is deterministic, and so taken for a Gaussian kernel around its action.
/// </summary>
/// <param name="bundle">The bundle.</param>
/// <param name="parameters">How the mental reward enters the final score.</param>
internal sealed class EventLogEvaluation(Bundle bundle, BlendParameters parameters)
{
    private const double Cap = 10;

    private readonly FusionActions _actions = new(bundle.Manifest.Fusion, bundle.Manifest.Tasks.Count);
    private readonly List<Decision> _decisions = [];
    private readonly Dictionary<string, UserSession> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Request, string Item), ShownItem> _shown = [];
    private readonly ShownItems _own = new();
    private readonly ShownItems _logged = new();
    private int _exposures;
    private int _otherFeatures;
    private int _unwatched;
    private int _unmatched;

    /// <summary>Evaluates.</summary>
    /// <param name="events">The log.</param>
    /// <param name="bootstrap">The resampling of users.</param>
    /// <param name="cancellation">Ends the work between two events.</param>
    /// <exception cref="GraphFailedException">A graph failed.</exception>
    public EvaluationReport Evaluate(IEnumerable<LoggedEvent> events, UserBootstrap bootstrap, CancellationToken cancellation)
    {
        using var policy = new BundleScores(bundle, parameters);
        foreach (var logged in events)
        {
            cancellation.ThrowIfCancellationRequested();
            if (logged is ExposureEvent exposure)
                Score(policy, exposure);
            else if (logged is FeedbackEvent feedback)
                Respond(feedback);
            else if (logged is ForgetEvent)
                _sessions.Remove(logged.UserId);
        }

        var missing = new List<MissingFigure>();
        if (_otherFeatures > 0)
            missing.Add(new("scores of some exposures", $"{_otherFeatures} of {_exposures} exposures were ranked with features or tasks of other widths than the bundle's."));
        if (_unmatched > 0)
            missing.Add(new("some responses", $"{_unmatched} name no exposure in the log."));
        if (_unwatched > 0)
            missing.Add(new("valid consumption of some responses", $"{_unwatched} tell no watch time."));
        var figures = new List<EvaluatedFigure>();
        Add("MTF-GAUC of the bundle", _own);
        Add("MTF-GAUC of what ranked", _logged);
        AddOffPolicy(figures, missing, bootstrap);
        return new EvaluationReport($"{bundle.Manifest.Name}/{bundle.Manifest.Version}", figures, missing);

        void Add(string name, ShownItems items)
        {
            var value = items.MtfGauc(bootstrap);
            if (double.IsNaN(value.Value))
                missing.Add(new(name, $"no user has items of both kinds among the {items.Count} shown ones with a known watch time."));
            else
                figures.Add(EvaluatedFigure.Of(name, value, items.Count));
        }
    }

    private void Score(BundleScores policy, ExposureEvent exposure)
    {
        _exposures++;
        var shape = bundle.Shape;
        if (exposure.Context.Length != shape.Context || exposure.User.Length != shape.User || exposure.Scores.Length != exposure.ItemIds.Length * shape.Tasks)
        {
            _otherFeatures++;
            return;
        }

        var session = _sessions.GetValueOrDefault(exposure.UserId, UserSession.Empty);
        var scores = policy.Score(
            exposure.Context, exposure.User, session.Events.AsSpan(), exposure.Timestamp.ToUnixTimeMilliseconds(), exposure.ItemIds, exposure.Scores);
        var decision = new Decision(Number(exposure.UserId), exposure, policy.Action.ToArray());
        _decisions.Add(decision);
        foreach (var place in exposure.Order)
            _shown[(exposure.RequestId, exposure.ItemIds[place])] = new ShownItem(scores[place], (float)exposure.FinalScores[place], decision);
    }

    private void Respond(FeedbackEvent feedback)
    {
        var actions = UserActions.None;
        foreach (var name in feedback.Actions)
            actions |= UserActionNames.TryParse(name, out var action) ? action : UserActions.None;
        var session = _sessions.GetValueOrDefault(feedback.UserId, UserSession.Empty);
        (_sessions[feedback.UserId], _) = session.Apply(
            feedback.EventId,
            new SessionEvent(feedback.ItemId, feedback.Timestamp.ToUnixTimeMilliseconds(), actions, feedback.WatchSeconds ?? 0),
            SessionLimits.Default);

        if (feedback.RequestId is null || !_shown.Remove((feedback.RequestId, feedback.ItemId), out var shown))
        {
            _unmatched++;
        }
        else if (feedback.WatchSeconds is not { } seconds)
        {
            _unwatched++;
        }
        else
        {
            var user = Number(feedback.UserId);
            _own.Add(user, shown.Own, actions, seconds);
            _logged.Add(user, shown.Logged, actions, seconds);
            shown.Decision.Reward += ShownItems.Reward(actions, seconds);
        }
    }

    private int Number(string user)
    {
        if (!_users.TryGetValue(user, out var number))
            _users.Add(user, number = _users.Count);
        return number;
    }

    private void AddOffPolicy(List<EvaluatedFigure> figures, List<MissingFigure> missing, UserBootstrap bootstrap)
    {
        missing.Add(new("DR, FQE, Conservative-OPE", "they need a model of rewards or of states, which a log of events does not come with."));
        const string Names = "reward of a request and of a session by IPS, SNIPS, clipped IPS, NCIS";
        if (bundle.Shape.ActionPerCandidate)
        {
            missing.Add(new(Names, "the bundle acts on every candidate by itself, and the density of a whole list's actions is not logged."));
            return;
        }

        try
        {
            // Rows of a session follow each other.
            var rows = _decisions.OrderBy(decision => decision.User).ThenBy(decision => decision.Moment).ToArray();
            var log = Sessions(rows);
            var decisions = new DecisionEstimators(log.Decisions(), bootstrap);
            var sessions = new SessionEstimators(log, bootstrap, discount: 1, Cap);
            Add("reward of a request", decisions.Ips(), decisions.Snips(), decisions.ClippedIps(Cap));
            Add("reward of a session", sessions.PerDecisionNcis(), sessions.TrajectoryNcis());
        }
        catch (UnusableLogException e)
        {
            missing.Add(new(Names, $"{e.Message} The events of the log tell of no drawn action there, and without its density every estimate would be a guess."));
        }

        void Add(string of, params ReadOnlySpan<OffPolicyEstimate> estimates)
        {
            foreach (var estimate in estimates)
            {
                var value = estimate.Value;
                figures.Add(new EvaluatedFigure($"{of}, {estimate.Estimator}", value.Value, value.Low, value.High, estimate.Samples, estimate.EffectiveSampleSize));
            }
        }
    }

    private SessionLog Sessions(Decision[] rows)
    {
        using var scope = NewDisposeScope();
        var logged = Array.ConvertAll(rows, row => row.LogDensity);
        var undrawn = Array.FindIndex(logged, double.IsNaN);
        if (undrawn >= 0)
            throw new UnusableLogException(ImportanceRatios.LoggedField, undrawn, "is missing");
        var width = _actions.Width;
        var drawn = tensor(rows.SelectMany(row => _actions.FromReal(row.Drawn)).ToArray(), rows.Length, width);
        var own = tensor(rows.SelectMany(row => _actions.FromReal(row.Own)).ToArray(), rows.Length, width);
        var baseline = tensor(rows.SelectMany(row => _actions.FromReal(row.Baseline)).ToArray(), rows.Length, width);
        var deviation = Math.Max(1e-3, (drawn - baseline).square().mean().sqrt().item<float>());
        var kernel = new ActionKernel(ActionKernel.RuleOfThumb(deviation, rows.Length, width));
        var sessions = new long[rows.Length];
        for (var row = 1; row < rows.Length; row++)
        {
            var goesOn = rows[row].User == rows[row - 1].User && rows[row].Moment - rows[row - 1].Moment < TrajectoryCutter.DefaultGap.TotalMilliseconds;
            sessions[row] = sessions[row - 1] + (goesOn ? 0 : 1);
        }

        return new SessionLog(
            Array.ConvertAll(rows, row => row.User), sessions, Array.ConvertAll(rows, row => row.Reward), ImportanceRatios.OfLogs(logged, kernel.LogDensity(drawn, own)));
    }

    /// <summary>One shown item.</summary>
    private readonly record struct ShownItem(float Own, float Logged, Decision Decision);

    /// <summary>One exposure: what was drawn, what the bundle would have done, and what was earned.</summary>
    private sealed class Decision(int user, ExposureEvent exposure, float[] own)
    {
        public int User => user;

        public long Moment => exposure.Timestamp.ToUnixTimeMilliseconds();

        public float[] Own => own;

        public float[] Drawn => exposure.Action ?? [];

        public float[] Baseline => exposure.Exploration?.Baseline ?? [];

        /// <summary>NaN where the log does not tell, or the action is not one of the bundle's width.</summary>
        public double LogDensity => exposure.Exploration is { LogDensity: [var density] } && Drawn.Length == own.Length ? density : double.NaN;

        public double Reward { get; set; }
    }
}
