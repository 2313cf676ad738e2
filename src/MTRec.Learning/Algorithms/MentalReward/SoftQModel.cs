using MTRec.Export;
using MTRec.Learning.Distributed;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>A backbone and a <see cref="QuantileQNetwork"/>: examples to lambda(s, a) [B, 2, N].</summary>
public sealed class SoftQModel : nn.Module<FeatureBatch, Tensor>
{
    // The parts' names in graphs.
    internal const string BackboneName = "backbone";
    internal const string HeadName = "q";

    private const int EvaluationBatch = 2048;

    private readonly Backbone _backbone;
    private readonly QuantileQNetwork _head;

    /// <summary>Joins the two, which it owns.</summary>
    public SoftQModel(Backbone backbone, QuantileQNetwork head)
        : base(nameof(SoftQModel))
    {
        _backbone = backbone;
        _head = head;
        RegisterComponents();
    }

    /// <summary>State and candidates.</summary>
    public Backbone Backbone => _backbone;

    /// <summary>The quantiles of both actions.</summary>
    public QuantileQNetwork Head => _head;

    /// <inheritdoc/>
    public override Tensor forward(FeatureBatch input) => _head.call(_backbone.call(input));

    /// <summary>Width of the hidden layer and number of quantiles of a graph of <see cref="MentalRewardModel"/>; null where it is none.</summary>
    public static (int Width, int Quantiles)? SizesOf(OnnxGraph graph) =>
        graph.Weights.FirstOrDefault(weight => weight.Name == $"{HeadName}.last.weight").Shape is [var width, var outputs] ? ((int)width, (int)outputs / QuantileQNetwork.Actions) : null;

    /// <summary>Takes over the weights, and the normalisation of features, of a graph of <see cref="MentalRewardModel"/>.</summary>
    /// <returns>False where it has other sizes.</returns>
    public bool TryGoOn(OnnxGraph graph) => GraphWeights.TryRead(
        this,
        () =>
        {
            var own = new OnnxGraph(nameof(SoftQModel));
            var (user, item) = _backbone.Export(own, BackboneName);
            _head.Export(own, HeadName, user, item);
            return own;
        },
        graph);

    /// <summary>
    /// The reward that the log reveals: r(s, a) = Q(s, a) - gamma V(s') of the response that was given [examples]; NaN for a user's last
    /// impression, whose s' was never seen.
    /// </summary>
    /// <param name="examples">The examples.</param>
    /// <param name="view">What they know.</param>
    /// <param name="options">gamma and what counts as positive.</param>
    /// <param name="world">The ranks that share the work, all of which must call; this process alone where left out.</param>
    public float[] Recover(ImpressionExamples examples, ExampleView view, QrIqlOptions options, World? world = null)
    {
        using var quiet = no_grad();
        var q = new float[examples.Count * QuantileQNetwork.Actions];
        var values = new float[examples.Count];
        var views = Enumerable.Repeat(view, EvaluationBatch).ToArray();
        foreach (var rows in (world ?? World.Alone).Share(BatchOrder.InOrder(examples.Count, EvaluationBatch)))
        {
            using var scope = NewDisposeScope();
            var quantiles = call(examples.Batch(rows, views.AsSpan(0, rows.Length)));
            SoftQ.Q(quantiles).Floats().CopyTo(q, rows[0] * QuantileQNetwork.Actions);
            SoftQ.V(quantiles).Floats().CopyTo(values, rows[0]);
        }

        world?.Sum(q);
        world?.Sum(values);

        var rewards = new float[examples.Count];
        for (var row = 0; row < rewards.Length; row++)
        {
            var action = options.Positive.Holds(examples.Log, row) ? 1 : 0;
            rewards[row] = examples.Next(row) is >= 0 and var next
                ? q[(row * QuantileQNetwork.Actions) + action] - (float)(options.Discount * values[next])
                : float.NaN;
        }

        return rewards;
    }
}
