using MTRec.Export;
using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.BatchRl;

/// <summary>
/// BatchRL-MTF's policy: the generator proposes n actions, the perturbation moves each by at most rho, the one with the highest Q_1 acts. The
/// latents are drawn once and kept, so that the policy is deterministic and its graph needs no chance (ours).
/// </summary>
public sealed class BatchRlPolicy : nn.Module, IExportablePolicy
{
    private readonly double _perturbation;
    private readonly int _stateWidth;
    private readonly Tensor _latents;
    private readonly Mlp _decoder;
    private readonly Mlp _perturbed;
    private readonly CriticEnsemble _critics;

    /// <summary>Makes an untrained policy.</summary>
    /// <param name="actions">The formula.</param>
    /// <param name="stateWidth">S.</param>
    /// <param name="options">Sizes.</param>
    public BatchRlPolicy(FusionActions actions, int stateWidth, BatchRlOptions options)
        : base(nameof(BatchRlPolicy))
    {
        Actions = actions;
        _perturbation = options.Perturbation;
        _stateWidth = stateWidth;
        LatentWidth = 2 * actions.Width;
        _decoder = new Mlp(stateWidth + LatentWidth, options.Hidden, actions.Width);
        _perturbed = new Mlp(stateWidth + actions.Width, options.Hidden, actions.Width);
        _critics = new CriticEnsemble(2, stateWidth + actions.Width, options.Hidden);
        using var generator = new Generator(unchecked((ulong)options.Seed));
        _latents = Latents([options.Samples, LatentWidth], generator);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public string Algorithm => "batchrl-mtf";

    /// <inheritdoc/>
    public FusionActions Actions { get; }

    /// <inheritdoc/>
    public bool PerCandidate => false;

    /// <summary>Z: twice the action's width, as BCQ's authors chose.</summary>
    public int LatentWidth { get; }

    /// <summary>D: (s, z) to the action before tanh.</summary>
    internal Mlp Decoder => _decoder;

    /// <summary>xi: (s, a) to the move before tanh.</summary>
    internal Mlp Perturbation => _perturbed;

    /// <summary>Q_1 and Q_2: (s, a) to [2, b].</summary>
    internal CriticEnsemble Critics => _critics;

    /// <summary>z ~ N(0, 1).</summary>
    internal static Tensor Latents(long[] shape, Generator? generator) => randn(shape, generator: generator);

    /// <summary>D(a | s, z) [b, A].</summary>
    internal Tensor Decode(Tensor state, Tensor latent) => Decoder.call(cat([state, latent], -1)).tanh();

    /// <summary>a + rho tanh xi(s, a) within [-1, 1] [b, A].</summary>
    internal Tensor Perturb(Tensor state, Tensor action) =>
        (action + (Perturbation.call(cat([state, action], -1)).tanh() * _perturbation)).clamp(-1, 1);

    /// <summary>Perturbed proposals and the states that they belong to, n rows a state [b n, A] and [b n, S].</summary>
    internal (Tensor Actions, Tensor States) Propose(Tensor state, Tensor latents)
    {
        var states = state.repeat_interleave(latents.shape[0] / state.shape[0], 0);
        return (Perturb(states, Decode(states, latents)), states);
    }

    /// <inheritdoc/>
    public Tensor Act(Observation observation)
    {
        var count = observation.State.shape[0];
        var (proposals, states) = Propose(observation.State, _latents.repeat(count, 1));
        var best = Critics.call(cat([states, proposals], -1))[0].reshape(count, -1).argmax(1);
        return proposals.reshape(count, -1, Actions.Width).gather(1, best.reshape(-1, 1, 1).expand(-1, 1, Actions.Width));
    }

    /// <inheritdoc/>
    public Tensor Score(Observation observation) => Actions.Fuse(Act(observation), observation.TaskScores!);

    /// <inheritdoc/>
    public OnnxValue Export(OnnxGraph graph, OnnxValue state, OnnxValue? items, OnnxValue scores)
    {
        var latents = graph.Initializer("bcq.latents", _latents);
        var states = graph.RepeatRows(state, latents, 2);
        var decoded = graph.Tanh(Decoder.Export(graph, "bcq.decoder", graph.Concat(1, states, latents)));
        var move = graph.Tanh(Perturbation.Export(graph, "bcq.perturbation", graph.Concat(1, states, decoded))) * (float)_perturbation;
        var proposals = graph.Clip(decoded + move, -1, 1);
        var q = Critics.Export(graph, "bcq.critic", 0, graph.Concat(1, states, proposals));
        return graph.Gather(proposals, graph.ArgMax(graph.Squeeze(q, 1), 0, keepDims: true), 0);
    }
}
