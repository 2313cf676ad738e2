using System.Globalization;
using System.Text;
using MTRec.Core.Sessions;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>How well a predicted response agrees with rows that were neither fitted nor calibrated on.</summary>
/// <param name="Name">The response.</param>
/// <param name="Rate">Share of rows with it.</param>
/// <param name="Predicted">Mean probability.</param>
/// <param name="Auc">Area under the ROC curve.</param>
/// <param name="LogLoss">Mean negative log likelihood, in nats.</param>
/// <param name="BaseLogLoss">That of the training log's rate.</param>
/// <param name="CalibrationError">Expected calibration error.</param>
public sealed record ResponseFigures(
    string Name, double Rate, double Predicted, double Auc, double LogLoss, double BaseLogLoss, double CalibrationError);

/// <summary>The fit of one response model on the dev log's users that it was not calibrated on.</summary>
/// <param name="Name">Whose model.</param>
/// <param name="Rows">Rows evaluated.</param>
/// <param name="Responses">One a response.</param>
/// <param name="WatchSeconds">Mean seconds watched.</param>
/// <param name="PredictedSeconds">Mean expected seconds.</param>
/// <param name="WatchSpearman">Rank correlation of expected and actual seconds.</param>
/// <param name="Coverage">Share of rows at or below each predicted quantile, by the quantile.</param>
public sealed record ResponseModelReport(
    string Name,
    int Rows,
    IReadOnlyList<ResponseFigures> Responses,
    double WatchSeconds,
    double PredictedSeconds,
    double WatchSpearman,
    IReadOnlyDictionary<double, double> Coverage)
{
    private static readonly double[] Quantiles = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95];
    private static readonly UserActions[] Actions = [UserActions.Click | UserActions.LongView, UserActions.LongView, .. ResponseLayout.Reactions];

    /// <summary>Evaluates a model.</summary>
    internal static ResponseModelReport Of(string name, ResponseModel model, ImpressionExamples train, ImpressionExamples evaluated, ExampleView view)
    {
        var (expected, shares) = Predict(model, evaluated, view);
        var width = ResponseLayout.Names.Length;
        var responses = new List<ResponseFigures>();
        for (var r = 0; r < Actions.Length; r++)
        {
            var did = evaluated.Did(Actions[r]);
            float[] predicted = [.. Column(expected, r)];
            var rate = train.Did(Actions[r]).Average(done => done ? 1.0 : 0);
            responses.Add(new ResponseFigures(
                ResponseLayout.Names[r],
                did.Average(done => done ? 1.0 : 0),
                predicted.Average(p => (double)p),
                Auc.Of(predicted, did),
                Calibration.LogLoss(predicted, did),
                Calibration.LogLoss([.. did.Select(_ => (float)rate)], did),
                Calibration.ExpectedError(predicted, did)));
        }

        var log = evaluated.Log;
        var known = Enumerable.Range(0, evaluated.Count).Where(row => !float.IsNaN(log.WatchSeconds[row])).ToArray();
        var seconds = Column(expected, width - 1).ToArray();
        double[] watched = [.. known.Select(row => Math.Exp(ResponseLayout.LogSeconds(log.WatchSeconds[row])) - 1)];
        return new ResponseModelReport(
            name,
            evaluated.Count,
            responses,
            watched.Average(),
            known.Average(row => (double)seconds[row]),
            Spearman.Of([.. known.Select(row => (double)seconds[row])], watched),
            Quantiles.ToDictionary(quantile => quantile, quantile => known.Average(row => shares[row] <= quantile ? 1.0 : 0)));

        IEnumerable<float> Column(float[] values, int column) => values.Where((_, place) => place % width == column);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Name}: {Rows} rows of dev");
        text.AppendLine("response          rate  predicted     AUC  log loss  of the rate  calibration error");
        foreach (var r in Responses)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{r.Name,-15} {r.Rate,6:F4} {r.Predicted,10:F4} {r.Auc,7:F3} {r.LogLoss,9:F5} {r.BaseLogLoss,12:F5} {r.CalibrationError,18:F4}");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"watch time: mean {WatchSeconds:F2} s, predicted {PredictedSeconds:F2} s, Spearman {WatchSpearman:F3}");
        text.Append("coverage of its quantiles: ").AppendJoin(", ", Coverage.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key:F2} {pair.Value:F3}")));
        return text.ToString();
    }

    private static (float[] Expected, float[] Shares) Predict(ResponseModel model, ImpressionExamples examples, ExampleView view)
    {
        using var quiet = no_grad();
        var expected = new List<float>();
        var shares = new List<float>();
        var random = new Random(0);
        foreach (var rows in Enumerable.Range(0, examples.Count).Chunk(2048))
        {
            using var scope = NewDisposeScope();
            var distribution = model.Predict(examples.Batch(rows, Enumerable.Repeat(view, rows.Length).ToArray()));
            expected.AddRange(distribution.Expected().Floats());

            // One row in ten is left at once, with 0 seconds: spread over the bin of that atom, the share of its distribution is uniform.
            var seconds = tensor(Array.ConvertAll(rows, row => Seconds(examples.Log.WatchSeconds[row]) + (ResponseLayout.Narrowest * random.NextSingle())), rows.Length, 1);
            shares.AddRange(distribution.WatchShare(seconds).Floats());
        }

        return ([.. expected], [.. shares]);

        static float Seconds(float seconds) => float.IsNaN(seconds) ? 0 : MathF.Exp(ResponseLayout.LogSeconds(seconds)) - 1;
    }
}
