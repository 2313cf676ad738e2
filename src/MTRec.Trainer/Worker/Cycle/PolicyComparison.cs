using MTRec.Core.Sessions;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Evaluation.OffPolicy;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Trainer.Evaluation;
using MTRec.Trainer.Worker.Transitions;
using static TorchSharp.torch;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>One figure of a comparison.</summary>
/// <param name="Name">What, and by which estimator.</param>
/// <param name="Estimate">With its 95 % interval by user.</param>
/// <param name="Count">Exposures, sessions or items behind it.</param>
/// <param name="Effective">Effective number of them; as many as <paramref name="Count"/> where nothing is weighed.</param>
internal sealed record ComparedFigure(string Name, Estimate Estimate, long Count, double Effective);

/// <summary>A candidate beside the serving policy on kept-back users.</summary>
/// <param name="Figures">All figures.</param>
/// <param name="Differences">Candidate less serving policy, of every metric.</param>
/// <param name="Means">The metrics' means in the log.</param>
/// <param name="ConservativeOpe">The difference by Conservative-OPE; null for policies that act on items.</param>
/// <param name="Gauc">MTF-GAUC of the candidate.</param>
/// <param name="ServingGauc">MTF-GAUC of the serving policy.</param>
/// <param name="Explored">Exposures that the differences are estimated from.</param>
/// <param name="Users">Their users.</param>
/// <param name="Effective">Kish's effective number of exposures of the candidate.</param>
/// <param name="Outside">Share of the candidate's actions' dimensions outside of what was explored.</param>
/// <param name="AtEdge">Share of them at an end of their range.</param>
internal sealed record ComparisonReport(
    IReadOnlyList<ComparedFigure> Figures,
    IReadOnlyDictionary<string, Estimate> Differences,
    IReadOnlyDictionary<string, double> Means,
    Estimate? ConservativeOpe,
    Estimate Gauc,
    Estimate ServingGauc,
    int Explored,
    int Users,
    double Effective,
    double Outside,
    double AtEdge);

/// <summary>
/// What would change if the candidate served. Who explores is chosen by a hash of the user, and the explored actions are drawn evenly around the policy that
/// served: so the explored exposures are an experiment in every dimension of the action, and they alone are weighed here.
/// </summary>
/// <remarks>
/// The difference of two deterministic policies is estimated to first order (ours): with a drawn evenly around c with the variance v in each dimension,
/// <code>E[(r - b) sum_d (a_d - c_d) (pi_d - mu_d) / v_d] = sum_d (dE[r]/da_d) (pi_d - mu_d)</code>
/// exactly where the reward is linear in the action within the box, whatever the state. b, the mean reward, takes variance away and nothing else. Its variance
/// grows with the number of dimensions, where that of importance weights of the joint density (SNIPS, beside it) grows with their exponent. It says nothing of actions outside
/// of the box: their share is guarded, and only boxes that hold the serving policy's action count.
/// </remarks>
/// <param name="options">How.</param>
/// <param name="bootstrap">The resampling of users.</param>
internal sealed class PolicyComparison(CycleOptions options, UserBootstrap bootstrap)
{
    /// <summary>Reward of an exposure, all groups together.</summary>
    public const string Reward = "reward";

    /// <summary>Discounted rewards from an exposure to its session's end.</summary>
    public const string Return = "return";

    /// <summary>Seconds watched of an exposure.</summary>
    public const string Watch = "watchSeconds";

    /// <summary>Objections of an exposure.</summary>
    public const string Hate = "hate";

    private const int HateColumn = 4;
    private const double Edge = 0.999;

    /// <summary>Metrics that a gate may go by.</summary>
    public static IReadOnlyList<string> Metrics { get; } = [Reward, Return, Watch];

    /// <summary>Compares.</summary>
    /// <param name="sessions">Kept-back sessions.</param>
    /// <param name="log">Their rows, in the same order.</param>
    /// <param name="candidate">What the candidate says of them.</param>
    /// <param name="serving">What the serving policy says of them.</param>
    /// <param name="actions">The formula.</param>
    /// <param name="cancellation">Ends the work.</param>
    public ComparisonReport Compare(
        IReadOnlyList<IReadOnlyList<ReplayedStep>> sessions, FusionLog log, BundleSays candidate, BundleSays serving, FusionActions actions, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var steps = sessions.SelectMany(session => session).ToArray();
        var values = Values(log);
        var rows = Rows(steps, candidate, serving, actions);
        var numbers = rows.Select(row => steps[row.Step].Exposure.UserId).Distinct(StringComparer.Ordinal).Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        var users = Array.ConvertAll(rows, row => numbers[steps[row.Step].Exposure.UserId]);

        var figures = new List<ComparedFigure>();
        var means = values.ToDictionary(pair => pair.Key, pair => rows.Length == 0 ? double.NaN : rows.Average(row => pair.Value[row.Step]), StringComparer.Ordinal);
        var weights = Array.ConvertAll(rows, row => 1 + row.Box.Slope(row.Candidate, row.Box.Centre));
        var effective = rows.Length == 0 ? 0 : weights.Sum() * weights.Sum() / Math.Max(1e-12, weights.Sum(weight => weight * weight));
        var differences = new Dictionary<string, Estimate>(StringComparer.Ordinal);
        foreach (var (name, value) in values)
        {
            differences.Add(name, Difference(rows, users, numbers.Count, value, means[name]));
            figures.Add(new ComparedFigure($"{name}.difference", differences[name], rows.Length, effective));
        }

        AddSnips(figures, rows, users, numbers.Count, values[Reward], actions.Width);
        var (own, before) = (Gauc(steps, log, candidate), Gauc(steps, log, serving));
        figures.Add(new ComparedFigure("mtfGauc", own, steps.Length, steps.Length));
        figures.Add(new ComparedFigure("mtfGauc.serving", before, steps.Length, steps.Length));
        var conservative = ConservativeOpe(figures, log, candidate, serving, actions, cancellation);
        var dimensions = rows.Sum(row => (long)row.Candidate.Length);
        return new ComparisonReport(
            figures,
            differences,
            means,
            conservative,
            own,
            before,
            rows.Length,
            numbers.Count,
            effective,
            dimensions == 0 ? 1 : rows.Sum(row => row.Box.Outside(row.Candidate)) / (double)dimensions,
            dimensions == 0 ? 1 : rows.Sum(row => row.Candidate.Count(value => Math.Abs(value) >= Edge)) / (double)dimensions);
    }

    private Dictionary<string, float[]> Values(FusionLog log)
    {
        var responses = log.Responses.sum(1L);
        return new Dictionary<string, float[]>(StringComparer.Ordinal)
        {
            [Reward] = log.Rewards.sum(1L).Floats(),
            [Return] = log.Returns(options.Discount).sum(1L).Floats(),
            [Watch] = responses.select(1, -1).Floats(),
            [Hate] = responses.select(1, HateColumn).Floats(),
        };
    }

    // Explored exposures whose box holds what the serving policy would do.
    private static JudgedRow[] Rows(ReplayedStep[] steps, BundleSays candidate, BundleSays serving, FusionActions actions)
    {
        var rows = new List<JudgedRow>();
        for (var step = 0; step < steps.Length; step++)
        {
            if (DrawnBox.Of(steps[step].Exposure, actions) is { } box
                && box.AsLong(candidate.Actions[step], actions.Width) is { } own
                && box.AsLong(serving.Actions[step], actions.Width) is { } before
                && box.Outside(before) == 0)
            {
                rows.Add(new JudgedRow(step, box, own, before));
            }
        }

        return [.. rows];
    }

    private Estimate Difference(JudgedRow[] rows, int[] users, int count, float[] value, double mean)
    {
        var sums = new UserSums(count, 2);
        for (var row = 0; row < rows.Length; row++)
        {
            var (box, before) = (rows[row].Box, rows[row].Serving);
            sums[users[row], 0] += (value[rows[row].Step] - mean) * box.Slope(rows[row].Candidate, dimension => before[dimension]);
            sums[users[row], 1]++;
        }

        return bootstrap.Interval(sums, total => total[1] == 0 ? double.NaN : total[0] / total[1]);
    }

    // Importance weights of the joint density; of a list whose items have actions of their own they would be those of hundreds of dimensions.
    private void AddSnips(List<ComparedFigure> figures, JudgedRow[] rows, int[] users, int count, float[] rewards, int width)
    {
        if (rows.Length == 0 || rows.Any(row => row.Box.Action.Length != width))
            return;
        var deviation = Math.Sqrt(rows.Average(row => Enumerable.Range(0, width).Average(d => Math.Pow(row.Box.Action[d] - row.Box.Centre(d), 2))));
        var bandwidth = ActionKernel.RuleOfThumb(Math.Max(1e-3, deviation), rows.Length, width);
        var (own, before) = (Weights(row => row.Candidate), Weights(row => row.Serving));
        var sums = new UserSums(count, 4);
        for (var row = 0; row < rows.Length; row++)
        {
            sums[users[row], 0] += own[row] * rewards[rows[row].Step];
            sums[users[row], 1] += own[row];
            sums[users[row], 2] += before[row] * rewards[rows[row].Step];
            sums[users[row], 3] += before[row];
        }

        var difference = bootstrap.Interval(sums, total => total[1] <= 0 || total[3] <= 0 ? double.NaN : (total[0] / total[1]) - (total[2] / total[3]));
        if (double.IsFinite(difference.Low) && double.IsFinite(difference.High))
            figures.Add(new ComparedFigure("reward.difference.snips", difference, rows.Length, own.Sum() * own.Sum() / own.Sum(weight => weight * weight)));

        // Relative: a common factor leaves self-normalised estimates as they are.
        double[] Weights(Func<JudgedRow, float[]> action)
        {
            var logs = Array.ConvertAll(rows, row => Enumerable.Range(0, width).Sum(d =>
                (-0.5 * Math.Pow((row.Box.Action[d] - action(row)[d]) / bandwidth, 2)) + (row.Box.High[d] > row.Box.Low[d] ? Math.Log(row.Box.High[d] - row.Box.Low[d]) : 0)));
            var most = logs.Max();
            return Array.ConvertAll(logs, value => Math.Exp(value - most));
        }
    }

    private Estimate Gauc(ReplayedStep[] steps, FusionLog log, BundleSays says)
    {
        var numbers = steps.Select(step => step.Exposure.UserId).Distinct(StringComparer.Ordinal).Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        var items = new ShownItems();
        for (var step = 0; step < steps.Length; step++)
        {
            for (var place = 0; place < log.Responses.shape[1]; place++)
            {
                var response = steps[step].Responses.GetValueOrDefault(place, new ItemResponse(UserActions.None, 0));
                if (!float.IsNaN(response.WatchSeconds))
                    items.Add(numbers[steps[step].Exposure.UserId], says.Shown[step][place], response.Actions, response.WatchSeconds);
            }
        }

        return items.MtfGauc(bootstrap);
    }

    private Estimate? ConservativeOpe(
        List<ComparedFigure> figures, FusionLog log, BundleSays candidate, BundleSays serving, FusionActions actions, CancellationToken cancellation)
    {
        if (log.Action.shape[1] != 1 || candidate.Actions.Concat(serving.Actions).Any(action => action.Length != actions.Width))
            return null;
        using var transitions = TransitionLog.Of(log, [.. Enumerable.Repeat(1f, (int)log.Rewards.shape[1])]);
        var evaluation = new FittedQEvaluation(options.FittedQ with { Seed = options.Seed });
        var difference = evaluation.Difference(transitions, Chosen(candidate), Chosen(serving), bootstrap, cancellation: cancellation);
        figures.Add(new ComparedFigure("return.difference.conservativeOpe", difference.Value, difference.Samples, difference.EffectiveSampleSize));
        return difference.Value;

        Tensor Chosen(BundleSays says) => tensor(says.Actions.SelectMany(action => action).ToArray(), says.Actions.Count, actions.Width);
    }

    private sealed record JudgedRow(int Step, DrawnBox Box, float[] Candidate, float[] Serving);
}
