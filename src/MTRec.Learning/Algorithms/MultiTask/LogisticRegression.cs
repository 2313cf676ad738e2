using MTRec.Core.Features;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MultiTask;

/// <summary>
/// The comparison: logits linear in the features that the <see cref="Backbone"/> has, as one-hot codes and normalised quantities of context,
/// user and candidate, and in the rates of the actions over the history. No crosses, no item identity.
/// </summary>
public sealed class LogisticRegression : nn.Module<FeatureBatch, Tensor>
{
    private readonly int _itemFeatures;
    private readonly int _actions;
    private readonly FeatureEncoder _context;
    private readonly FeatureEncoder _user;
    private readonly FeatureEncoder _item;
    private readonly HistorySummary _summary;
    private readonly Linear _weights;

    /// <summary>Makes a model of K tasks.</summary>
    /// <param name="schema">The layout, with features of all three kinds.</param>
    /// <param name="statistics">How the training log normalises the features.</param>
    /// <param name="tasks">K.</param>
    public LogisticRegression(FeatureSchema schema, BackboneStatistics statistics, int tasks)
        : base(nameof(LogisticRegression))
    {
        _itemFeatures = schema.Item.Count;
        _actions = schema.History.Actions.Count;

        // K numbers a code, then linear: as rich as one weight a code and task.
        _context = new FeatureEncoder(schema.Context, statistics.Context, tasks);
        _user = new FeatureEncoder(schema.User, statistics.User, tasks);
        _item = new FeatureEncoder(schema.Item, statistics.Item, tasks);
        _summary = new HistorySummary(schema.History.Length);
        _weights = nn.Linear(_context.Width + _user.Width + _item.Width + HistorySummary.Width(_actions + 1), tasks);
        RegisterComponents();
    }

    /// <summary>Logits [B, K].</summary>
    public override Tensor forward(FeatureBatch input) => _weights.call(cat(
        [
            _context.call(input.Context),
            _user.call(input.User),
            _item.call(input.Candidates.narrow(1, 1, _itemFeatures)),
            _summary.call(input.History, HistoryEncoder.Responses(input.History, _actions)),
        ],
        1));
}
