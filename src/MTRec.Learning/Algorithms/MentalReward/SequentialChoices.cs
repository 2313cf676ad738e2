using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>
/// A graded response as a sequence of choices, each between going on and declining, each with a soft Q of its own: open, stay, react [ours].
/// A state is (history, shown item, choice). Going on leads to the next choice of the same impression, at once and undiscounted; declining, and the last
/// choice, lead to the first choice of the user's next impression. The objectives are those of <see cref="QrIql"/>, which this is with one choice.
/// </summary>
/// <remarks>
/// One choice among labels of very different frequency would give a rare label, whatever it means, a reward of about the logarithm of its frequency.
/// Here each reaction is judged against declining that very reaction, by users who had got that far.
/// </remarks>
/// <param name="options">Hyper-parameters.</param>
/// <param name="views">What training examples know.</param>
/// <param name="fitter">Fits.</param>
/// <param name="seed">Seed of the batches and of the views.</param>
public sealed class SequentialChoices(SequentialChoicesOptions options, ViewSampler views, Fitter fitter, int seed)
{
    private const int EvaluationBatch = 2048;

    private readonly int _stages = options.Stages.Count;

    /// <summary>Learns Q of every choice.</summary>
    /// <inheritdoc cref="QrIql.Fit"/>
    public SoftQModel Fit(string stage, Func<Backbone> backbone, ImpressionExamples train, ImpressionExamples validation) =>
        new SoftQLearner(views, fitter, options.Q.TargetRate, seed).Fit(stage, () => Model(backbone()), Loss, train, validation);

    /// <summary>How many choices the user went on at, 0 to the number of stages.</summary>
    public int Depth(ImpressionExamples examples, int row)
    {
        var depth = _stages;
        while (depth > 0 && !options.Stages[depth - 1].Taken.Holds(examples.Log, row))
            depth--;
        return depth;
    }

    /// <summary>What the model says of every impression, by its response.</summary>
    /// <param name="model">What <see cref="Fit"/> learned.</param>
    /// <param name="examples">The examples.</param>
    /// <param name="view">What they know.</param>
    public ImpressionReward[] Recover(SoftQModel model, ImpressionExamples examples, ExampleView view)
    {
        using var quiet = no_grad();
        var q = new float[examples.Count * _stages * QuantileQNetwork.Actions];
        var views = Enumerable.Repeat(view, EvaluationBatch).ToArray();
        foreach (var rows in BatchOrder.InOrder(examples.Count, EvaluationBatch))
        {
            using var scope = NewDisposeScope();
            SoftQ.Q(model.call(examples.Batch(rows, views.AsSpan(0, rows.Length)))).Floats()
                .CopyTo(q, rows[0] * _stages * QuantileQNetwork.Actions);
        }

        var rewards = new ImpressionReward[examples.Count];
        for (var row = 0; row < rewards.Length; row++)
        {
            double? next = examples.Next(row) is >= 0 and var following ? options.Q.Discount * ImpressionReward.Value(Of(following)) : null;
            rewards[row] = ImpressionReward.Of(Of(row), Depth(examples, row), next);
        }

        return rewards;

        ReadOnlySpan<float> Of(int row) => q.AsSpan(row * _stages * QuantileQNetwork.Actions, _stages * QuantileQNetwork.Actions);
    }

    internal SoftQModel Model(Backbone backbone) =>
        new(backbone, new QuantileQNetwork(backbone.UserWidth, backbone.ItemWidth, options.Q.Width, options.Q.Quantiles, _stages));

    internal Tensor Loss(SoftQModel model, SoftQModel target, ImpressionExamples examples, int[] rows, ExampleView[] seen)
    {
        var batch = examples.Batch(rows, seen);
        Tensor within, after;
        using (no_grad())
        {
            within = SoftQ.V(ByChoice(target.call(batch)));
            after = SoftQ.V(ByChoice(target.call(examples.Batch(Array.ConvertAll(rows, row => Math.Max(row, examples.Next(row))), seen))));
        }

        // Every choice that was faced: places in the [B * stages] of the model and of what follows.
        var faced = new List<long>();
        var actions = new List<long>();
        var following = new List<long>();
        var factors = new List<float>();
        var continues = new List<float>();
        for (var i = 0; i < rows.Length; i++)
        {
            var depth = Depth(examples, rows[i]);
            for (var choice = 0; choice < Math.Min(depth + 1, _stages); choice++)
            {
                var stays = choice < depth && choice + 1 < _stages;
                faced.Add((i * _stages) + choice);
                actions.Add(choice < depth ? 1 : 0);
                following.Add(stays ? (i * _stages) + choice + 1 : (rows.Length + i) * _stages);
                continues.Add(stays || examples.Next(rows[i]) >= 0 ? 1 : 0);

                // The objective discounts every V(s'); what is of the same moment must come out whole.
                factors.Add(stays ? (float)(1 / options.Q.Discount) : 1);
            }
        }

        var nextValue = cat([within, after], 0).index_select(0, tensor(following.ToArray())) * tensor(factors.ToArray());
        var quantiles = ByChoice(model.call(batch)).index_select(0, tensor(faced.ToArray()));
        return SoftQ.Loss(options.Q, quantiles, tensor(actions.ToArray()), nextValue, tensor(continues.ToArray()));
    }

    private Tensor ByChoice(Tensor quantiles) => quantiles.reshape(-1, QuantileQNetwork.Actions, options.Q.Quantiles);
}
