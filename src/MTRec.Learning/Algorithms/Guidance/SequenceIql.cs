using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.Recommenders;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Guidance;

/// <summary>
/// The user as the agent of a log of choices, with the formulas of <see cref="SoftQ"/>: -MTRec's reward with N quantiles and pinball losses
/// (QR-IQL), -IRL's with one and the mean objective alone (IQ-Learn). The network is a <see cref="Din"/> with a head of 2 x N, one for all
/// recommenders, so that they are told the same.
/// </summary>
/// <param name="options">Hyper-parameters; what counts as positive is the log's.</param>
/// <param name="fitter">Fits.</param>
/// <param name="seed">Seed of the batches.</param>
public sealed class SequenceIql(QrIqlOptions options, Fitter fitter, int seed)
{
    private const int Actions = 2;
    private const int EvaluationBatch = 2048;

    /// <summary>
    /// Learns Q. The likelihood of the validation rows' responses decides when to stop, whatever the objective: the rest of the loss only
    /// chooses among rewards that explain the responses alike, and is lowest where there are none [ours].
    /// </summary>
    /// <param name="stage">The stage's name in reports.</param>
    /// <param name="model">The network to learn, of <see cref="Outputs"/> outputs; ends in evaluation mode.</param>
    /// <param name="target">One of the same shape for V(s').</param>
    /// <param name="examples">The choices.</param>
    /// <param name="train">Rows to fit to.</param>
    /// <param name="validation">Rows whose likelihood decides when to stop.</param>
    public void Fit(string stage, Din model, Din target, ChoiceExamples examples, int[] train, int[] validation)
    {
        var random = new Random(seed);
        target.eval();
        target.Follow(model, 1);
        fitter.Fit(
            stage,
            model,
            seed,
            () => RowOrder.Shuffle(examples, train, fitter.Options.BatchSize, random),
            rows => Loss(model, target, examples, rows),
            () => RowOrder.Mean(validation, EvaluationBatch, rows => Surprise(model, examples, rows)),
            afterStep: () => target.Follow(model, options.TargetRate));
    }

    /// <summary>Outputs of a network for some options.</summary>
    public static int Outputs(QrIqlOptions options) => Actions * OutputsOfAction(options);

    /// <summary>
    /// r(s, skip) and r(s, positive) of rows [rows x 2], row by row: r(s, a) = Q(s, a) - gamma V(s'_a), s'_a the next shown item after the
    /// history that a makes. NaN where a trajectory ends.
    /// </summary>
    public float[] Rewards(Din model, ChoiceExamples examples, int[] rows)
    {
        using var quiet = no_grad();
        var rewards = new List<float>();
        foreach (var batch in rows.Chunk(EvaluationBatch))
        {
            using var scope = NewDisposeScope();
            var quantiles = Quantiles(model, examples.Batch(batch));
            var both = stack([Reward(false), Reward(true)], 1);
            rewards.AddRange(where(Continues(examples, batch).unsqueeze(1).gt(0), both, full(both.shape, float.NaN)).data<float>());

            Tensor Reward(bool taken) => SoftQ.Reward(
                quantiles,
                full([batch.Length], taken ? 1 : 0, ScalarType.Int64),
                SoftQ.V(Quantiles(model, examples.After(batch, [.. Enumerable.Repeat(taken, batch.Length)]))),
                options.Discount);
        }

        return [.. rewards];
    }

    /// <summary>The loss of a batch; V(s') from the target, without a gradient.</summary>
    internal Tensor Loss(Din model, Din target, ChoiceExamples examples, int[] rows)
    {
        Tensor nextValue;
        using (no_grad())
            nextValue = SoftQ.V(Quantiles(target, examples.After(rows, Array.ConvertAll(rows, row => examples.Taken[row]))));
        return SoftQ.Loss(options, Quantiles(model, examples.Batch(rows)), Responses(examples, rows), nextValue, Continues(examples, rows));
    }

    // -E[log pi(a|s)].
    private Tensor Surprise(Din model, ChoiceExamples examples, int[] rows) =>
        nn.functional.cross_entropy(SoftQ.Q(Quantiles(model, examples.Batch(rows))), Responses(examples, rows));

    private static Tensor Responses(ChoiceExamples examples, int[] rows) => tensor(Array.ConvertAll(rows, row => examples.Taken[row] ? 1L : 0));

    private static Tensor Continues(ChoiceExamples examples, int[] rows) => tensor(Array.ConvertAll(rows, row => examples.Next(row) >= 0 ? 1f : 0f));

    /// <summary>
    /// lambda(s, a) [B, 2, N] = Q(s, a) + delta_i(s, a) - mean_i delta_i(s, a), Q and delta outputs of their own [ours]: the mean of N outputs
    /// would draw the gradient of the likelihood thin, and a network that starts near 0 would not find what tells the actions apart.
    /// </summary>
    /// <remarks>
    /// Q counts from the value of a user to whom nothing matters: r = 0 and pi even give Q = gamma V, V = Q + log |A|. Left to climb there from
    /// 0, Q learns its common level before any difference between actions.
    /// </remarks>
    internal Tensor Quantiles(Din model, SequenceBatch batch)
    {
        var outputs = model.call(batch).reshape(-1, Actions, OutputsOfAction(options));
        var q = outputs.narrow(-1, 0, 1) + (options.Discount * Math.Log(Actions) / (1 - options.Discount));
        if (options.Quantiles == 1)
            return q;
        var deltas = outputs.narrow(-1, 1, options.Quantiles);
        return q + deltas - deltas.mean([-1], keepdim: true);
    }

    private static int OutputsOfAction(QrIqlOptions options) => options.Quantiles == 1 ? 1 : 1 + options.Quantiles;
}
