using MTRec.Core.Experiments;
using MTRec.Learning.Evaluation.OffPolicy;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Trainer.Worker.Transitions;
using static TorchSharp.torch;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>
/// The learners' log with further actions of each exposure beside the one that was drawn (ours). What an action does is show items, and most actions of a box show the same: so what a
/// logged reward says of its own action is nearly all noise, while it says the same of every action that shows its item. For each exposure pairs of opposite actions are drawn again from the logged rule, and
/// what each would have earned is estimated as <see cref="ItemMarginals"/> does, <c>sum_{i in its list} b_i + 1[i shown] min(1/p_i, cap) (r_i - b_i)</c>. Of the noise that all actions of an exposure share,
/// opposite ones leave nothing in what a critic takes for the action's effect.
/// </summary>
/// <remarks>
/// What comes after a list is as it was in the log, whichever action is put in its place: effects on later requests are learned from the logged actions alone, which stay. The cap makes it
/// biased towards the model where chance rarely shows an item; what is judged by has none.
/// </remarks>
/// <param name="actions">The formula.</param>
/// <param name="manifests">Of what ranked.</param>
/// <param name="list">L.</param>
/// <param name="pairs">Pairs of actions an exposure, 1 or more.</param>
internal sealed class DrawnAgain(FusionActions actions, RankedBy manifests, int list, int pairs)
{
    private const int Draws = 100;
    private const float Cap = 10;

    private readonly List<Exposure?> _exposures = [];

    private int Copies => 2 * pairs;

    /// <summary>Adds a session's exposures, in the order of the log's rows.</summary>
    public void Add(IReadOnlyList<ReplayedStep> session)
    {
        foreach (var step in session)
            _exposures.Add(Of(step));
    }

    /// <summary>The log, and after it as many copies as there are further actions; an exposure whose action was not drawn stands in them as it is.</summary>
    /// <param name="log">One action a request; its rows are the exposures that were added.</param>
    /// <returns>A log of its own; the caller disposes of it.</returns>
    public FusionLog With(FusionLog log)
    {
        using var scope = NewDisposeScope();
        var (groups, width) = ((int)log.Rewards.shape[1], actions.Width);
        var scores = log.TaskScores.Floats();
        var items = log.ItemRewards.Floats();
        var models = Enumerable.Range(0, groups).Select(group => ItemValueModel.Fit(scores, log.ItemRewards.select(2, group).Floats())).ToArray();
        var logs = new List<FusionLog> { log };
        for (var copy = 0; copy < Copies; copy++)
        {
            var (action, rewards) = (log.Action.Floats(), log.Rewards.Floats());
            for (var row = 0; row < _exposures.Count; row++)
            {
                if (_exposures[row] is not { } exposure)
                    continue;
                exposure.Actions.AsSpan(copy * width, width).CopyTo(action.AsSpan(row * width, width));
                for (var group = 0; group < groups; group++)
                    rewards[(row * groups) + group] = exposure.Reward(copy, list, models[group], items.AsSpan(row * list * groups, list * groups), group, groups);
            }

            logs.Add(log with { Action = tensor(action, log.Action.shape), Rewards = tensor(rewards, log.Rewards.shape) });
        }

        return FusionLog.Join(logs);
    }

    private Exposure? Of(ReplayedStep step)
    {
        var logged = step.Exposure;
        if (logged.Exploration is null || logged.Action!.Length != actions.Width || manifests.Manifest(logged.Bundle) is not { } manifest
            || LoggedDraw.Of(logged, manifest.Fusion.Action) is not { } draw || LoggedOrder.Of(logged, manifest, list) is not { } order)
            return null;
        var chance = new SplitMix64(Percentile.Seed(logged.RequestId, "learned again"));
        var shown = order.Draws(draw, actions.Width, Draws, chance);
        chance = new SplitMix64(Percentile.Seed(logged.RequestId, "opposite"));
        var (one, other) = (new float[actions.Width], new float[actions.Width]);
        var (drawn, scores, places, weights) = (new List<float>(), new List<float>(), new List<int>(), new List<float>());
        for (var pair = 0; pair < pairs; pair++)
        {
            draw.Draw(ref chance, one, other);
            Add(one);
            Add(other);
        }

        return new Exposure([.. drawn], [.. scores], [.. places], [.. weights]);

        void Add(float[] action)
        {
            drawn.AddRange(actions.FromReal(action));
            foreach (var item in order.First(action))
            {
                scores.AddRange(order.ScoresOf(item));
                places.Add(Array.IndexOf(logged.Order, item, 0, list));
                weights.Add(Math.Min(Cap, (Draws + 1f) / (shown[item] + 1)));
            }
        }
    }

    /// <summary>An exposure's further actions.</summary>
    /// <param name="Actions">In units of [-1, 1] [copies, A].</param>
    /// <param name="Scores">Task scores of the items that each would show [copies, L, K].</param>
    /// <param name="Places">Where each of those stands in the logged list, -1 where it was not shown [copies, L].</param>
    /// <param name="Weights">min(1 / p_i, cap) [copies, L].</param>
    private sealed record Exposure(float[] Actions, float[] Scores, int[] Places, float[] Weights)
    {
        public float Reward(int copy, int list, ItemValueModel model, ReadOnlySpan<float> items, int group, int groups)
        {
            var tasks = Scores.Length / Places.Length;
            var sum = 0.0;
            for (var i = copy * list; i < (copy + 1) * list; i++)
            {
                var expected = model.Of(Scores.AsSpan(i * tasks, tasks));
                sum += Places[i] < 0 ? expected : expected + (Weights[i] * (items[(Places[i] * groups) + group] - expected));
            }

            return (float)sum;
        }
    }
}
