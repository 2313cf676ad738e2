using MTRec.Export;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MultiTask;

/// <summary>
/// Progressive layered extraction (Tang et al., RecSys 2020): levels of CGC (<see cref="ExpertGroups"/>). At the first level all experts and
/// gates see the input x; at level j the experts and the gate of task k see y_k of level j - 1, the shared ones the shared gate's output
/// (Eq 4, 5, Figure 5). The last level has no shared gate; its y_k goes into task k's tower (Eq 6). So tasks share less the higher the level:
/// a task's own experts of the last level learn from that task alone.
/// </summary>
/// <remarks>The first level is one matrix, so that the user half of x is multiplied once a request; the levels above are batched over the groups.</remarks>
public sealed class Ple : TaskExperts
{
    private readonly ExpertGroups _firstGroups;
    private readonly ExpertGroups[] _groups;
    private readonly SplitLinear _first;
    private readonly Tensor _firstMask;
    private readonly ModuleList<Level> _levels;
    private readonly SliceDropout _dropout;
    private readonly TaskTowers _towers;

    /// <summary>Makes the levels and towers.</summary>
    /// <param name="userWidth">Columns of the user half.</param>
    /// <param name="itemWidth">Columns of the item half.</param>
    /// <param name="logits">Where each task's output starts [K]: the logit of its mean.</param>
    /// <param name="options">Sizes.</param>
    public Ple(int userWidth, int itemWidth, float[] logits, PleOptions options)
        : base(nameof(Ple))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Levels, 1);
        _groups =
        [
            .. Enumerable.Range(1, options.Levels)
                .Select(level => new ExpertGroups(logits.Length, options.ExpertsEach, options.ExpertWidth, SharedGate: level < options.Levels)),
        ];
        _firstGroups = _groups[0];
        _first = new SplitLinear(userWidth, itemWidth, _firstGroups.Columns);
        _firstMask = tensor(_firstGroups.Mask(), _firstGroups.Gates, _firstGroups.Experts);
        _levels = new ModuleList<Level>([.. _groups.Skip(1).Select(groups => new Level(groups, options.Dropout))]);
        _dropout = new SliceDropout(options.Dropout);
        _towers = new TaskTowers(options.ExpertWidth, options.TowerWidth, logits);
        RegisterComponents();
    }

    /// <summary>Logits [B, K]; the number of impressions is not looked at.</summary>
    public override Tensor forward(BackboneHalves halves, Tensor impressions)
    {
        var mixed = _firstGroups.Mix(_first.call(halves.User, halves.Item), _firstMask, _dropout).transpose(0, 1);
        foreach (var level in _levels)
            mixed = level.call(mixed);
        return _towers.call(mixed).transpose(0, 1);
    }

    /// <inheritdoc/>
    public override OnnxValue Export(OnnxGraph graph, string name, OnnxValue user, OnnxValue item)
    {
        var mixed = graph.Transpose(_firstGroups.Mix(graph, _first.Export(graph, $"{name}.first", user, item), -1), 1, 0, 2);
        for (var level = 0; level < _levels.Count; level++)
            mixed = _levels[level].Export(graph, $"{name}.level{level + 2}", mixed);
        return graph.Transpose(_towers.Export(graph, $"{name}.towers", mixed), 1, 0);
    }

    /// <summary>A level above the first: the outputs of the level below [T + 1, B, w] to its own [O, B, w].</summary>
    private sealed class Level : nn.Module<Tensor, Tensor>
    {
        private readonly ExpertGroups _groups;
        private readonly BatchedLinear _experts;
        private readonly BatchedLinear _gates;
        private readonly Tensor _mask;
        private readonly SliceDropout _dropout;

        public Level(ExpertGroups groups, double dropout)
            : base(nameof(Level))
        {
            _groups = groups;
            _experts = new BatchedLinear(groups.Tasks + 1, groups.Width, groups.Each * groups.Width);
            _gates = new BatchedLinear(groups.Gates, groups.Width, groups.Experts);
            _mask = tensor(groups.Mask(), groups.Gates, groups.Experts);
            _dropout = new SliceDropout(dropout);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            var experts = _experts.call(input).transpose(0, 1).reshape(-1, _groups.Experts, _groups.Width);
            var gates = _gates.call(input.narrow(0, 0, _groups.Gates)).transpose(0, 1);
            return ExpertGroups.Mix(experts, gates, _mask, _dropout).transpose(0, 1);
        }

        public OnnxValue Export(OnnxGraph graph, string name, OnnxValue x)
        {
            var experts = graph.Transpose(_experts.Export(graph, $"{name}.experts", x), 1, 0, 2);
            var gates = graph.Transpose(_gates.Export(graph, $"{name}.gates", graph.Slice(x, 0, 0, _groups.Gates)), 1, 0, 2);
            return graph.Transpose(_groups.Mix(graph, graph.Reshape(experts, -1, _groups.Experts, _groups.Width), gates), 1, 0, 2);
        }
    }
}

/// <summary>Sizes of a <see cref="Ple"/>.</summary>
public sealed record PleOptions : TaskExpertsOptions
{
    /// <inheritdoc/>
    public override string Algorithm => "ple";

    /// <summary>Levels of extraction, 1 or more.</summary>
    public int Levels { get; init; } = 2;

    /// <summary>Experts of each task, and as many that all share, 1 or more.</summary>
    public int ExpertsEach { get; init; } = 2;

    /// <summary>Width of an expert, 1 or more; our choice.</summary>
    public int ExpertWidth { get; init; } = 32;

    /// <summary>Width of a task's tower, 1 or more.</summary>
    public int TowerWidth { get; init; } = 32;

    /// <summary>Dropout of the experts' outputs, in [0, 1).</summary>
    public double Dropout { get; init; } = 0.2;

    /// <inheritdoc/>
    public override TaskExperts Create(int userWidth, int itemWidth, float[] logits) => new Ple(userWidth, itemWidth, logits, this);
}
