using MTRec.Export;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MultiTask;

/// <summary>
/// Multi-faceted hierarchical learning (MFH; Liu et al., arXiv 2110.13365). A task is a behaviour of a user group. Two trees of switchers lead
/// to it: one tells the behaviours apart and then, within each, the groups; the other the groups and then, within each, the behaviours. Their
/// outputs for the same behaviour and group are added and go into the tower of that pair; an example is scored by the towers of its user's
/// group. So a behaviour learns from all groups, and a group from all behaviours, before they meet.
/// </summary>
/// <remarks>
/// Switchers are PLE of one level (<see cref="ExpertGroups"/>), so that two lie on the way to a tower as in <see cref="Ple"/>; groups are those of
/// <see cref="UserGroups"/>: both our choice. The first switchers of both trees are one matrix, so that the user half is multiplied once a
/// request; the switchers of a tree's second step are batched.
/// </remarks>
public sealed class Mfh : TaskExperts
{
    private readonly int _behaviours;
    private readonly int _width;
    private readonly int _impressionsColumn;
    private readonly UserGroups _userGroups;
    private readonly ExpertGroups _behaviourGroups;
    private readonly ExpertGroups _groupGroups;
    private readonly SplitLinear _first;
    private readonly BatchedLinear _groupsOfBehaviours;
    private readonly BatchedLinear _behavioursOfGroups;
    private readonly Tensor _behaviourMask;
    private readonly Tensor _groupMask;
    private readonly SliceDropout _dropout;
    private readonly TaskTowers _towers;

    /// <summary>Makes the switchers and towers.</summary>
    /// <param name="userWidth">Columns of the user half.</param>
    /// <param name="itemWidth">Columns of the item half.</param>
    /// <param name="logits">Where each behaviour's outputs start [K]: the logit of its mean.</param>
    /// <param name="options">Sizes.</param>
    public Mfh(int userWidth, int itemWidth, float[] logits, MfhOptions options)
        : base(nameof(Mfh))
    {
        _behaviours = logits.Length;
        _width = options.ExpertWidth;
        _impressionsColumn = userWidth - 1;
        _userGroups = new UserGroups(options.GroupBounds);
        _behaviourGroups = new ExpertGroups(_behaviours, options.ExpertsEach, _width, SharedGate: false);
        _groupGroups = new ExpertGroups(_userGroups.Count, options.ExpertsEach, _width, SharedGate: false);
        _first = new SplitLinear(userWidth, itemWidth, _behaviourGroups.Columns + _groupGroups.Columns);
        _groupsOfBehaviours = new BatchedLinear(_behaviours, _width, _groupGroups.Columns);
        _behavioursOfGroups = new BatchedLinear(_userGroups.Count, _width, _behaviourGroups.Columns);
        _behaviourMask = tensor(_behaviourGroups.Mask(), _behaviourGroups.Gates, _behaviourGroups.Experts);
        _groupMask = tensor(_groupGroups.Mask(), _groupGroups.Gates, _groupGroups.Experts);
        _dropout = new SliceDropout(options.Dropout);
        _towers = new TaskTowers(_width, options.TowerWidth, [.. logits.SelectMany(logit => Enumerable.Repeat(logit, _userGroups.Count))]);
        RegisterComponents();
    }

    /// <summary>Logits [B, K].</summary>
    public override Tensor forward(BackboneHalves halves, Tensor impressions)
    {
        var first = _first.call(halves.User, halves.Item);
        var behaviours = _behaviourGroups.Mix(first.narrow(1, 0, _behaviourGroups.Columns), _behaviourMask, _dropout).transpose(0, 1);
        var groups = _groupGroups.Mix(first.narrow(1, _behaviourGroups.Columns, _groupGroups.Columns), _groupMask, _dropout).transpose(0, 1);

        // [K, B, G, w] and [G, B, K, w] to [K, G, B, w].
        var oneWay = _groupGroups.Mix(_groupsOfBehaviours.call(behaviours), _groupMask, _dropout).permute(0, 2, 1, 3);
        var other = _behaviourGroups.Mix(_behavioursOfGroups.call(groups), _behaviourMask, _dropout).permute(2, 0, 1, 3);
        var towers = _towers.call((oneWay + other).flatten(0, 1)).reshape(_behaviours, _userGroups.Count, -1);
        return (towers * _userGroups.Of(impressions)).sum(1L).transpose(0, 1);
    }

    /// <inheritdoc/>
    public override OnnxValue Export(OnnxGraph graph, string name, OnnxValue user, OnnxValue item)
    {
        var first = _first.Export(graph, $"{name}.first", user, item);
        var behaviours = graph.Transpose(_behaviourGroups.Mix(graph, graph.Slice(first, 1, 0, _behaviourGroups.Columns), -1), 1, 0, 2);
        var groups = graph.Transpose(_groupGroups.Mix(graph, graph.Slice(first, 1, _behaviourGroups.Columns), -1), 1, 0, 2);

        var groupsOf = _groupsOfBehaviours.Export(graph, $"{name}.groupsOfBehaviours", behaviours);
        var behavioursOf = _behavioursOfGroups.Export(graph, $"{name}.behavioursOfGroups", groups);
        var oneWay = graph.Transpose(_groupGroups.Mix(graph, groupsOf, _behaviours, -1), 0, 2, 1, 3);
        var other = graph.Transpose(_behaviourGroups.Mix(graph, behavioursOf, _userGroups.Count, -1), 2, 0, 1, 3);
        var towers = _towers.Export(graph, $"{name}.towers", graph.Reshape(oneWay + other, _behaviours * _userGroups.Count, -1, _width));
        var impressions = graph.Exp(graph.Select(user, 1, _impressionsColumn)) - 1;
        var byGroup = graph.Reshape(towers, _behaviours, _userGroups.Count, -1) * _userGroups.Of(graph, impressions);
        return graph.Transpose(graph.ReduceSum(byGroup, 1), 1, 0);
    }
}

/// <summary>Sizes of an <see cref="Mfh"/>.</summary>
public sealed record MfhOptions : TaskExpertsOptions
{
    /// <inheritdoc/>
    public override string Algorithm => "mfh";

    /// <summary>Impressions in the history from which on a user is of the next group, rising, the first above 0; our choice.</summary>
    public IReadOnlyList<int> GroupBounds { get; init; } = [3, 20];

    /// <summary>Experts of each behaviour or group, and as many that all share, 1 or more.</summary>
    public int ExpertsEach { get; init; } = 2;

    /// <summary>Width of an expert, 1 or more; our choice.</summary>
    public int ExpertWidth { get; init; } = 32;

    /// <summary>Width of a tower, 1 or more.</summary>
    public int TowerWidth { get; init; } = 32;

    /// <summary>Dropout of the experts' outputs, in [0, 1).</summary>
    public double Dropout { get; init; } = 0.2;

    /// <inheritdoc/>
    public override TaskExperts Create(int userWidth, int itemWidth, float[] logits) => new Mfh(userWidth, itemWidth, logits, this);
}
