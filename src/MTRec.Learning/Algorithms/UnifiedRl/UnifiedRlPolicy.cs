using MTRec.Export;
using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.UnifiedRl;

/// <summary>UnifiedRL's actor mu(s): one action a request, tanh of a network over the user state.</summary>
public sealed class UnifiedRlPolicy : nn.Module, IExportablePolicy
{
    private readonly Mlp _body;
    private readonly Linear _head;

    /// <summary>Makes an untrained policy.</summary>
    /// <param name="actions">The formula.</param>
    /// <param name="stateWidth">S.</param>
    /// <param name="options">Sizes.</param>
    public UnifiedRlPolicy(FusionActions actions, int stateWidth, UnifiedRlOptions options)
        : base(nameof(UnifiedRlPolicy))
    {
        Actions = actions;
        _body = new Mlp(stateWidth, [.. options.Hidden.SkipLast(1)], options.Hidden[^1]);
        _head = nn.Linear(options.Hidden[^1], actions.Width);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public string Algorithm => "unified-rl";

    /// <inheritdoc/>
    public FusionActions Actions { get; }

    /// <inheritdoc/>
    public bool PerCandidate => false;

    /// <summary>Begins near an action [A], alike for all states: a first policy's neighbourhood is explored around that.</summary>
    public void StartAt(Tensor action) => ActorStart.At(_head.weight!, _head.bias!, action);

    /// <summary>mu(s) [b, A].</summary>
    public Tensor Act(Tensor state) => _head.call(_body.call(state).relu()).tanh();

    /// <inheritdoc/>
    public Tensor Act(Observation observation) => Act(observation.State).unsqueeze(1);

    /// <inheritdoc/>
    public Tensor Score(Observation observation) => Actions.Fuse(Act(observation), observation.TaskScores!);

    /// <inheritdoc/>
    public OnnxValue Export(OnnxGraph graph, OnnxValue state, OnnxValue? items, OnnxValue scores) =>
        graph.Tanh(graph.Linear("actor.head", graph.Relu(_body.Export(graph, "actor.body", state)), _head));
}
