using MTRec.Core.Events;
using MTRec.Core.Experiments;
using MTRec.Core.Sessions;
using MTRec.Inference;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Fusion;
using MTRec.Simulation.KuaiRand;
using static TorchSharp.torch;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>Sessions as rows of a <see cref="FusionLog"/>: what the service saw, did and logged, in the units that learners take.</summary>
/// <remarks>
/// Item features are those of the bundle's table: what callers send or put beside it is not in the event log. A step whose neighbours in the session are
/// not learned from is linked to the next that is.
/// </remarks>
/// <param name="bundle">The layout, the formula and the items.</param>
/// <param name="state">Makes states and candidates' columns.</param>
/// <param name="rewards">What responses are worth.</param>
/// <param name="options">How.</param>
internal sealed class TransitionRows(Bundle bundle, FusionState state, KuaiRandRewards rewards, TransitionOptions options)
{
    /// <summary>The columns of responses before the watch time.</summary>
    internal static readonly UserActions[] Behaviours = [UserActions.Click, UserActions.LongView, .. ResponseLayout.Reactions];

    // The one action of a request.
    private static readonly int[] TheOne = [0];

    private readonly FusionActions _actions = new(bundle.Manifest.Fusion, bundle.Manifest.Tasks.Count);

    /// <summary>Makes rows.</summary>
    /// <param name="sessions">Sessions of one or more steps, at least one.</param>
    /// <returns>The log; the caller disposes of it.</returns>
    public FusionLog Of(IReadOnlyList<IReadOnlyList<ReplayedStep>> sessions)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var steps = sessions.SelectMany(session => session).ToArray();
        var (schema, count, list) = (bundle.Assembler.Schema, steps.Length, options.ListSize);
        var history = Histories(steps);
        var shown = Array.ConvertAll(steps, step => step.Exposure.Order.Take(list).ToArray());
        var perAction = options.PerCandidate ? shown : Array.ConvertAll(steps, _ => TheOne);
        var responses = Responses(steps);
        var itemRewards = rewards.Of(responses);
        var (next, session, step) = Links(sessions);
        var passed = options.PassedOver == 0 ? null : Array.ConvertAll(steps, PassedOverOf);
        return new FusionLog
        {
            State = state.State(
                tensor(steps.SelectMany(s => s.Exposure.Context).ToArray(), count, schema.Context.Count),
                tensor(steps.SelectMany(s => s.Exposure.User).ToArray(), count, schema.User.Count),
                history),
            Items = Items(steps, shown, history),
            TaskScores = Scores(steps, shown),
            Action = Actions(steps, perAction, exposure => exposure.Action!),
            Baseline = Actions(steps, perAction, exposure => exposure.Exploration?.Baseline ?? exposure.Action!),
            LogDensity = tensor(steps.SelectMany((s, i) => perAction[i].Select(place => LogDensity(s.Exposure, place))).ToArray(), count, perAction[0].Length),
            Rewards = itemRewards.sum(1L),
            ItemRewards = itemRewards,
            Responses = responses,
            Next = tensor(next),
            Session = tensor(session),
            Step = tensor(step),
            LowerBound = tensor(Bounds(steps, drawn => drawn.Lower, Math.Min)),
            UpperBound = tensor(Bounds(steps, drawn => drawn.Upper, Math.Max)),
            PassedOver = passed is null ? null : new PassedOver(
                Items(steps, passed, history),
                Scores(steps, passed),
                Actions(steps, options.PerCandidate ? passed : perAction, exposure => exposure.Exploration?.Baseline ?? exposure.Action!),
                steps.Average(s => (s.Exposure.ItemIds.Length - list) / (double)options.PassedOver)),
        }.Detached();
    }

    private Tensor Histories(ReplayedStep[] steps)
    {
        var schema = bundle.Assembler.Schema;
        var size = schema.History.Length * schema.HistoryWidth;
        var values = new float[steps.Length * size];
        for (var row = 0; row < steps.Length; row++)
        {
            var moment = steps[row].Exposure.Timestamp.ToUnixTimeMilliseconds();
            bundle.Assembler.WriteHistory([.. steps[row].History], moment, bundle.Items, values.AsSpan(row * size, size));
        }

        return tensor(values, [steps.Length, schema.History.Length, schema.HistoryWidth]);
    }

    private Tensor Items(ReplayedStep[] steps, int[][] places, Tensor history)
    {
        var width = bundle.Assembler.Schema.ItemWidth;
        var each = places[0].Length;
        var values = new float[steps.Length * each * width];
        for (var row = 0; row < steps.Length; row++)
        {
            for (var i = 0; i < each; i++)
                bundle.Assembler.WriteItem(steps[row].Exposure.ItemIds[places[row][i]], bundle.Items, values.AsSpan(((row * each) + i) * width, width));
        }

        return state.Candidates(tensor(values, [steps.Length, each, width]), history);
    }

    private Tensor Scores(ReplayedStep[] steps, int[][] places)
    {
        var tasks = bundle.Manifest.Tasks;
        return tensor(
            steps.SelectMany((step, row) => places[row].SelectMany(place => tasks.Select((task, k) => (float)task.Normalise(step.Exposure.Scores[(place * tasks.Count) + k])))).ToArray(),
            [steps.Length, places[0].Length, tasks.Count]);
    }

    private Tensor Actions(ReplayedStep[] steps, int[][] places, Func<ExposureEvent, float[]> of) => tensor(
        steps.SelectMany((step, row) => places[row].SelectMany(place => _actions.FromReal(Row(of(step.Exposure), place, step.Exposure)))).ToArray(),
        [steps.Length, places[0].Length, _actions.Width]);

    private ArraySegment<float> Row(float[] rows, int place, ExposureEvent exposure) =>
        new(rows, IsOnePerRequest(exposure) ? 0 : place * _actions.Width, _actions.Width);

    // Where all of a list have one draw, no item has a density of its own.
    private float LogDensity(ExposureEvent exposure, int place) =>
        exposure.Exploration is not { } drawn ? float.NaN
        : IsOnePerRequest(exposure) ? (options.PerCandidate && options.ListSize > 1 ? float.NaN : drawn.LogDensity[0])
        : drawn.LogDensity[place];

    private bool IsOnePerRequest(ExposureEvent exposure) => exposure.Action!.Length == _actions.Width;

    private float[] Bounds(ReplayedStep[] steps, Func<ExposureExploration, float[]> of, Func<float, float, float> wider)
    {
        var bounds = new float[_actions.Width];
        foreach (var drawn in steps.Select(step => step.Exposure.Exploration).OfType<ExposureExploration>())
        {
            for (var i = 0; i < bounds.Length; i++)
                bounds[i] = wider(bounds[i], of(drawn)[i]);
        }

        return bounds;
    }

    private Tensor Responses(ReplayedStep[] steps)
    {
        var width = ResponseLayout.Names.Length;
        var values = new float[steps.Length * options.ListSize * width];
        for (var row = 0; row < steps.Length; row++)
        {
            foreach (var (place, response) in steps[row].Responses)
            {
                var of = values.AsSpan(((row * options.ListSize) + place) * width, width);
                for (var i = 0; i < Behaviours.Length; i++)
                    of[i] = (response.Actions & Behaviours[i]) != 0 ? 1 : 0;
                of[^1] = float.IsNaN(response.WatchSeconds) ? 0 : Math.Clamp(response.WatchSeconds, 0, BehaviourTask.MaxWatchSeconds);
            }
        }

        return tensor(values, [steps.Length, options.ListSize, width]);
    }

    private static (long[] Next, long[] Session, long[] Step) Links(IReadOnlyList<IReadOnlyList<ReplayedStep>> sessions)
    {
        var (next, session, step) = (new List<long>(), new List<long>(), new List<long>());
        for (var number = 0; number < sessions.Count; number++)
        {
            for (var i = 0; i < sessions[number].Count; i++)
            {
                next.Add(i + 1 < sessions[number].Count ? next.Count + 1 : -1);
                session.Add(number);
                step.Add(i);
            }
        }

        return ([.. next], [.. session], [.. step]);
    }

    // Evenly among those that were not shown; where they are fewer than M, some stand twice.
    private int[] PassedOverOf(ReplayedStep step)
    {
        var exposure = step.Exposure;
        var shown = exposure.Order.Take(options.ListSize).ToHashSet();
        var others = Enumerable.Range(0, exposure.ItemIds.Length).Where(place => !shown.Contains(place)).ToArray();
        var chance = new SplitMix64(Percentile.Seed(exposure.RequestId, "passed over"));
        for (var i = 0; i < Math.Min(options.PassedOver, others.Length); i++)
        {
            var other = i + (int)(chance.NextDouble() * (others.Length - i));
            (others[i], others[other]) = (others[other], others[i]);
        }

        return [.. Enumerable.Range(0, options.PassedOver).Select(i => others[i % others.Length])];
    }
}
