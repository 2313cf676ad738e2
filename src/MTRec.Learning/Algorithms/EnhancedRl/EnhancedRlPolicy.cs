using MTRec.Core.Fusion;
using MTRec.Export;
using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.EnhancedRl;

/// <summary>
/// EnhancedRL's policy: one action a user-item pair, a_j = mu(s_j) with the enhanced state s_j of user state, item features and the item's own
/// task scores. It sees nothing of the request's other candidates.
/// </summary>
public sealed class EnhancedRlPolicy : nn.Module, IExportablePolicy
{
    private readonly PairActor _actor;

    /// <summary>Makes an untrained policy.</summary>
    /// <param name="actions">The formula.</param>
    /// <param name="stateWidth">S.</param>
    /// <param name="itemWidth">F.</param>
    /// <param name="options">Sizes.</param>
    public EnhancedRlPolicy(FusionActions actions, int stateWidth, int itemWidth, EnhancedRlOptions options)
        : base(nameof(EnhancedRlPolicy))
    {
        Actions = actions;
        var dimensions = actions.Fusion.Formula == FusionFormula.PowerProduct ? 2 : 1;
        _actor = new PairActor(stateWidth, itemWidth + actions.Tasks, actions.Tasks, dimensions, options);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public string Algorithm => "enhanced-rl";

    /// <inheritdoc/>
    public FusionActions Actions { get; }

    /// <inheritdoc/>
    public bool PerCandidate => true;

    /// <summary>Begins near an action [A], alike for all pairs.</summary>
    public void StartAt(Tensor action) => _actor.StartAt(action);

    /// <summary>mu(s_j) [b, n, A] of states [b, S], items [b, n, F] and their scores [b, n, K].</summary>
    public Tensor Act(Tensor state, Tensor items, Tensor scores) => _actor.call(state.unsqueeze(1), cat([items, scores], -1));

    /// <inheritdoc/>
    public Tensor Act(Observation observation) => Act(observation.State, observation.Candidates!, observation.TaskScores!);

    /// <inheritdoc/>
    public Tensor Score(Observation observation) => Actions.Fuse(Act(observation), observation.TaskScores!);

    /// <inheritdoc/>
    public OnnxValue Export(OnnxGraph graph, OnnxValue state, OnnxValue? items, OnnxValue scores) =>
        _actor.Export(graph, "actor", state, graph.Concat(1, items ?? throw new ArgumentNullException(nameof(items)), scores));
}
