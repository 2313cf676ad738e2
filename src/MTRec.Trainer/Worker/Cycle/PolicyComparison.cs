using MTRec.Core.Experiments;
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
/// <param name="Changed">Share of the exposures in which the candidate shows other items.</param>
/// <param name="Outside">Share of the candidate's items that what was explored hardly ever shows.</param>
/// <param name="AtEdge">Share of its actions' dimensions at an end of their range.</param>
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
    double Changed,
    double Outside,
    double AtEdge);

/// <summary>
/// What would change if the candidate served. Who explores is chosen by a hash of the user, and actions are drawn around the policy that served then: so explored exposures are an experiment
/// on which items are shown, and they alone are weighed here, by <see cref="ItemMarginals"/>. How likely an item was to be shown is found by drawing from the logged rule again and
/// ordering anew, with what the blend had put beside the fusion score then.
/// </summary>
/// <remarks>
/// Exposures of earlier rounds count as long as their exploration still shows what the policies would. What the candidate shows and exploration around the serving policy hardly
/// ever does is outside of what can be told: its share is guarded. The difference is that of one request: the users' later requests are ranked as they were. The metric
/// <see cref="Return"/> counts what follows on them, and gives a list's items equal parts of that.
/// </remarks>
/// <param name="options">How.</param>
/// <param name="bootstrap">The resampling of users.</param>
/// <param name="manifests">Tell how the blend of what ranked an exposure standardised.</param>
internal sealed class PolicyComparison(CycleOptions options, UserBootstrap bootstrap, RankedBy manifests)
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

    // K further draws of an exposure's chance. An item that fewer than one in fifty show is one that the log cannot tell of.
    private const int Draws = 100;
    private const double LeastChance = 0.02;

    private static readonly string[] All = [Reward, Return, Watch, Hate];

    /// <summary>Metrics that a gate may go by.</summary>
    public static IReadOnlyList<string> Metrics { get; } = [Reward, Return, Watch];

    /// <summary>What items are expected to be worth, by metric, fitted on users who judge nothing.</summary>
    /// <param name="learning">Their log.</param>
    /// <param name="discount">Discount of returns.</param>
    public static IReadOnlyDictionary<string, ItemValueModel> Models(FusionLog learning, double discount)
    {
        using var scope = NewDisposeScope();
        var scores = learning.TaskScores.Floats();
        return Values(learning, discount).ToDictionary(pair => pair.Key, pair => ItemValueModel.Fit(scores, pair.Value), StringComparer.Ordinal);
    }

    /// <summary>Compares.</summary>
    /// <param name="sessions">Kept-back sessions.</param>
    /// <param name="log">Their rows, in the same order.</param>
    /// <param name="candidate">What the candidate says of them.</param>
    /// <param name="serving">What the serving policy says of them.</param>
    /// <param name="version">The serving bundle, as name/version.</param>
    /// <param name="actions">The formula.</param>
    /// <param name="models">As of <see cref="Models"/>.</param>
    /// <param name="cancellation">Ends the work.</param>
    public ComparisonReport Compare(
        IReadOnlyList<IReadOnlyList<ReplayedStep>> sessions,
        FusionLog log,
        BundleSays candidate,
        BundleSays serving,
        string version,
        FusionActions actions,
        IReadOnlyDictionary<string, ItemValueModel> models,
        CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var steps = sessions.SelectMany(session => session).ToArray();
        var values = Values(log, options.Discount);
        var list = (int)log.Responses.shape[1];
        var judged = Judged(steps, list, candidate, serving, models, cancellation);
        var own = judged.Where(row => steps[row.Step].Exposure.Bundle == version).ToArray();
        var outside = ItemMarginals.Unsupported((own.Length > 0 ? own : judged).Select(row => (row.List.Candidate, row.List.Draws)), Draws, LeastChance);

        // An earlier round's exploration tells where it reaches both policies.
        var rows = judged.Where(row => row.Supports(row.List.Serving) && (steps[row.Step].Exposure.Bundle == version || row.Supports(row.List.Candidate))).ToArray();
        var users = rows.Select(row => row.List.User).Distinct().ToArray();
        var marginals = new ItemMarginals([.. rows.Select(row => row.List)], Draws, judged.Select(row => row.List.User).Distinct().Count(), bootstrap);
        var (effective, changed) = (marginals.Effective, rows.Length == 0 ? 0 : marginals.Changed / (double)rows.Length);

        var figures = new List<ComparedFigure>();
        var differences = new Dictionary<string, Estimate>(StringComparer.Ordinal);
        var means = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, value) in values)
        {
            var metric = Array.IndexOf(All, name);
            var shown = Array.ConvertAll(rows, row => value.AsSpan(row.Step * list, list).ToArray());
            differences.Add(name, marginals.Difference(shown, Expected));
            means.Add(name, rows.Length == 0 ? double.NaN : shown.Average(items => items.Sum()));
            figures.Add(new ComparedFigure($"{name}.difference", differences[name], rows.Length, effective));
            figures.Add(new ComparedFigure($"{name}.serving", marginals.Serving(shown, Expected), rows.Length, effective));

            // Of what hardly ever happens a model would say more than the log.
            double Expected(int row, int item) => name == Hate ? 0 : rows[row].Expected(metric, item);
        }

        var (gauc, before) = (Gauc(steps, log, candidate), Gauc(steps, log, serving));
        figures.Add(new ComparedFigure("mtfGauc", gauc, steps.Length, steps.Length));
        figures.Add(new ComparedFigure("mtfGauc.serving", before, steps.Length, steps.Length));
        var conservative = ConservativeOpe(figures, log, candidate, serving, actions, cancellation);
        var dimensions = rows.Sum(row => (long)candidate.Actions[row.Step].Length);
        return new ComparisonReport(
            figures,
            differences,
            means,
            conservative,
            gauc,
            before,
            rows.Length,
            users.Length,
            effective,
            changed,
            outside,
            dimensions == 0 ? 1 : rows.Sum(row => candidate.Actions[row.Step].Count(value => Math.Abs(value) >= Edge)) / (double)dimensions);
    }

    // Values of the items of every list [N x L]: what an item earned, and an equal part of what followed on the list.
    private static Dictionary<string, float[]> Values(FusionLog log, double discount)
    {
        var rewards = log.ItemRewards.sum(2L);
        var later = log.Returns(discount).sum(1L) - log.Rewards.sum(1L);
        return new Dictionary<string, float[]>(StringComparer.Ordinal)
        {
            [Reward] = rewards.Floats(),
            [Return] = (rewards + (later / rewards.shape[1]).unsqueeze(1)).Floats(),
            [Watch] = log.Responses.select(2, -1).Floats(),
            [Hate] = log.Responses.select(2, HateColumn).Floats(),
        };
    }

    private JudgedRow[] Judged(
        ReplayedStep[] steps, int list, BundleSays candidate, BundleSays serving, IReadOnlyDictionary<string, ItemValueModel> models, CancellationToken cancellation)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var rows = new List<JudgedRow>();
        for (var step = 0; step < steps.Length; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            var exposure = steps[step].Exposure;
            if (exposure.Exploration is null || manifests.Manifest(exposure.Bundle) is not { } manifest
                || LoggedDraw.Of(exposure, manifest.Fusion.Action) is not { } draw || LoggedOrder.Of(exposure, manifest, list) is not { } order)
                continue;
            if (!numbers.TryGetValue(exposure.UserId, out var user))
                numbers.Add(exposure.UserId, user = numbers.Count);
            var lists = new ExploredList(
                user,
                exposure.Order[..list],
                order.Draws(draw, exposure.Action!.Length, Draws, new SplitMix64(Percentile.Seed(exposure.RequestId, "drawn again"))),
                order.First(candidate.Fusion[step], candidate.Standardiser),
                order.First(serving.Fusion[step], serving.Standardiser));
            int[] items = [.. lists.Shown.Concat(lists.Candidate).Concat(lists.Serving).Distinct()];
            rows.Add(new JudgedRow(step, lists, items, Array.ConvertAll(All, metric => Array.ConvertAll(items, item => models[metric].Of(order.ScoresOf(item))))));
        }

        return [.. rows];
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
                    items.Add(numbers[steps[step].Exposure.UserId], says.Fusion[step][steps[step].Exposure.Order[place]], response.Actions, response.WatchSeconds);
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

    /// <summary>An explored exposure.</summary>
    /// <param name="Step">Its number among the kept-back ones.</param>
    /// <param name="List">What was shown, and would be.</param>
    /// <param name="Items">The candidates that stand in it.</param>
    /// <param name="Models">What each of them is expected to be worth [metrics][items].</param>
    private sealed record JudgedRow(int Step, ExploredList List, int[] Items, double[][] Models)
    {
        public bool Supports(int[] items) => items.All(item => List.Draws[item] >= LeastChance * Draws);

        public double Expected(int metric, int item) => Models[metric][Array.IndexOf(Items, item)];
    }
}
