using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using MTRec.Simulation.KuaiRand;
using static TorchSharp.torch;

namespace MTRec.Trainer.Reproduction.Fusion;

/// <summary>
/// What one action a request could reach that looks one step ahead: of many actions takes the one whose best candidate has the highest expected
/// reward with the training users' responses. It knows these and sees the candidates; BatchRL-MTF's and UnifiedRL's states hold neither.
/// </summary>
internal sealed class ActionOracle : IFusionPolicy
{
    private const int Drawn = 95;

    private readonly KuaiRandSimulator _simulator;
    private readonly FusionActions _actions;
    private readonly Tensor _choices;

    /// <summary>Draws the actions to choose from, the served one among them.</summary>
    public ActionOracle(KuaiRandSimulator simulator, ConstantPolicy served, int seed)
    {
        (_simulator, _actions) = (simulator, served.Actions);
        using var scope = NewDisposeScope();
        using var chance = new Generator((ulong)seed);
        var drawn = (rand([Drawn, _actions.Width], generator: chance) * 2) - 1;
        _choices = cat([tensor([.. served.Action]).unsqueeze(0), drawn]).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public string Algorithm => "action-oracle";

    /// <inheritdoc/>
    public Tensor Score(Observation observation)
    {
        using var scope = NewDisposeScope();
        var rewards = _simulator.Evaluation.ExpectedRewards(_simulator.Training).sum(-1);
        var values = new List<Tensor>();
        foreach (var choice in _choices.split(1))
        {
            var first = _actions.Fuse(choice.unsqueeze(1), observation.TaskScores!).argmax(1, keepdim: true);
            values.Add(rewards.gather(1, first));
        }

        var best = _choices.index_select(0, cat(values, 1).argmax(1));
        return _actions.Fuse(best.unsqueeze(1), observation.TaskScores!).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _choices.Dispose();
}
