using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Core.Tasks;
using MTRec.Data.Logs;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>What the training and the evaluation environment share: the product's side of the world, fitted on training users alone.</summary>
internal sealed record KuaiRandWorld(
    FusionState State,
    UpstreamNetwork Upstream,
    ItemPool Pool,
    IReadOnlyList<TaskDefinition> Tasks,
    KuaiRandRewards Rewards,
    double StartScale,
    HistoryActions Actions) : IDisposable
{
    /// <summary>The upstream model's logits [B, n, K] as scores normalised to [0, 1].</summary>
    public Tensor Normalise(Tensor logits)
    {
        var scores = TaskScores.Of(logits, BehaviourTask.Default);
        var (low, width) = (tensor([.. Tasks.Select(task => task.Min)]), tensor([.. Tasks.Select(task => task.Max - task.Min)]));
        return ((scores - low) / width).clamp(0, 1);
    }

    public void Dispose()
    {
        State.Dispose();
        Upstream.Dispose();
        Pool.Dispose();
    }
}

/// <summary>Drawn responses as the action columns of a history. A strong positive is one of its four kinds, as often as in the log.</summary>
internal sealed class HistoryActions
{
    private static readonly UserActions[] Kinds = [UserActions.Follow, UserActions.Comment, UserActions.Forward, UserActions.ProfileEnter];
    private readonly string[] _actions;
    private readonly double[] _cumulative;

    public HistoryActions(HistoryLayout layout, ImpressionLog log)
    {
        _actions = [.. layout.Actions];
        var counts = Kinds.Select(kind => (double)log.Actions.Count(actions => (actions & kind) != 0)).ToArray();
        var total = Math.Max(1, counts.Sum());
        var sum = 0.0;
        _cumulative = [0, .. counts.Select(count => sum += count / total)];
        _cumulative[^1] = 1;
    }

    /// <summary>Names of the columns.</summary>
    public IReadOnlyList<string> Names => _actions;

    /// <summary>[.., actions] of responses [.., responses] and a chance in [0, 1) [..].</summary>
    public Tensor Of(Tensor responses, Tensor chance)
    {
        var columns = new List<Tensor>();
        foreach (var name in _actions)
        {
            var place = Array.IndexOf(ResponseLayout.Names, name);
            if (place >= 0)
            {
                columns.Add(responses.select(-1, place));
                continue;
            }

            var kind = UserActionNames.TryParse(name, out var action) ? Array.IndexOf(Kinds, action) : -1;
            var strong = responses.select(-1, Array.IndexOf(ResponseLayout.Names, "strongPositive"));
            columns.Add(kind < 0 ? zeros_like(strong) : strong * chance.ge(_cumulative[kind]) * chance.lt(_cumulative[kind + 1]));
        }

        return stack(columns, -1);
    }
}
