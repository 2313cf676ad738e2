using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>
/// Stage two: at serving time s' is not known, so a head on the frozen backbone learns the quantiles of the recovered r(s, positive), over
/// the log's positive responses, by the quantile loss (Koenker and Bassett 1978).
/// </summary>
/// <param name="options">Hyper-parameters.</param>
/// <param name="views">What training examples know.</param>
/// <param name="fitter">Fits.</param>
/// <param name="seed">Seed of the batches and of the views.</param>
public sealed class RewardRegression(QrIqlOptions options, ViewSampler views, Fitter fitter, int seed)
{
    private const int EvaluationBatch = 2048;

    /// <summary>Learns the head.</summary>
    /// <param name="stage">The stage's name in reports.</param>
    /// <param name="soft">Stage one's model, in evaluation mode; it is not changed.</param>
    /// <param name="train">Training examples.</param>
    /// <param name="validation">Examples whose loss decides when to stop.</param>
    /// <param name="begin">Given the new head, to set where it begins; may be null.</param>
    /// <exception cref="ArgumentException">The log has no positive response with an impression after it.</exception>
    public RewardHead Fit(string stage, SoftQModel soft, ImpressionExamples train, ImpressionExamples validation, Action<RewardHead>? begin = null)
    {
        var random = new Random(seed);
        var trainRows = Positives(train);
        var validationRows = Positives(validation);
        if (trainRows.Length == 0 || validationRows.Length == 0)
            throw new ArgumentException("There is no positive response with an impression after it, so no reward to learn.", nameof(train));

        var recovered = soft.Recover(train, ExampleView.Cold, options, fitter.World);
        var mean = trainRows.Average(row => (double)recovered[row]);
        var deviation = Math.Sqrt(trainRows.Average(row => Math.Pow(recovered[row] - mean, 2)));
        var head = new RewardHead(
            soft.Backbone.UserWidth, soft.Backbone.ItemWidth, options.Width, options.RewardQuantiles, (float)mean, (float)Math.Max(deviation, 1e-3));
        begin?.Invoke(head);

        var validationViews = views.Draw(validation.Count, new Random(seed));
        ExampleView[] drawn = [];
        fitter.Fit(
            stage,
            head,
            seed,
            () =>
            {
                drawn = views.Draw(train.Count, random);
                var lengths = Array.ConvertAll(trainRows, row => train.HistoryLength(row, drawn[row]));
                return [.. BatchOrder.Shuffle(lengths, fitter.Options.BatchSize, random).Select(batch => Array.ConvertAll(batch, i => trainRows[i]))];
            },
            rows => Loss(head, soft, train, rows, drawn),
            () => fitter.Mean(validationRows.Chunk(EvaluationBatch), rows => Loss(head, soft, validation, rows, validationViews)));
        return head;
    }

    /// <summary>Calibrates a fitted head on some users that it was not fitted to; without a positive response of theirs it stays as it is.</summary>
    /// <param name="head">The head.</param>
    /// <param name="model">The model that it is part of.</param>
    /// <param name="soft">Stage one's model.</param>
    /// <param name="examples">Examples of a later log.</param>
    /// <param name="calibrating">Whether a user, by id, is one to calibrate on.</param>
    public void Calibrate(RewardHead head, MentalRewardModel model, SoftQModel soft, ImpressionExamples examples, Func<string, bool> calibrating)
    {
        var rows = Positives(examples).Where(row => calibrating(examples.Log.Users[examples.Log.User[row]])).ToArray();
        if (rows.Length == 0)
            return;
        var predicted = new List<float>();
        var outcomes = new List<float>();
        foreach (var view in new[] { ExampleView.Cold, ExampleView.Warm })
        {
            var recovered = soft.Recover(examples, view, options, fitter.World);
            var (_, quantiles) = model.Predict(examples, view, fitter.World);
            outcomes.AddRange(rows.Select(row => recovered[row]));
            predicted.AddRange(rows.SelectMany(row => quantiles.AsSpan(row * options.RewardQuantiles, options.RewardQuantiles).ToArray()));
        }

        head.Calibrate(QuantileCalibration.Matrix([.. predicted], [.. outcomes]));
    }

    /// <summary>The rows whose r(s, positive) the log reveals.</summary>
    public int[] Positives(ImpressionExamples examples) =>
        [.. Enumerable.Range(0, examples.Count).Where(row => options.Positive.Holds(examples.Log, row) && examples.Next(row) >= 0)];

    private Tensor Loss(RewardHead head, SoftQModel soft, ImpressionExamples examples, int[] rows, ExampleView[] drawn)
    {
        var seen = Array.ConvertAll(rows, row => drawn[row]);
        BackboneHalves halves;
        Tensor rewards;
        using (no_grad())
        {
            halves = soft.Backbone.call(examples.Batch(rows, seen));
            var next = QrIql.NextValue(soft, examples, rows, seen, out _);
            rewards = SoftQ.Reward(soft.Head.call(halves), ones(rows.Length, ScalarType.Int64), next, options.Discount);
        }

        return SoftQ.Pinball(rewards.unsqueeze(-1) - head.call(halves)).mean();
    }
}
