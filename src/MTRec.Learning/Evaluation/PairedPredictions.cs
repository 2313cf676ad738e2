namespace MTRec.Learning.Evaluation;

/// <summary>Two models' probabilities of the same rows. Differences are resampled by user, both models on the same users: what both find hard falls out.</summary>
public sealed class PairedPredictions
{
    private readonly float[] _candidate;
    private readonly float[] _serving;
    private readonly bool[] _positive;
    private readonly int[] _places;
    private readonly int _users;
    private readonly UserBootstrap _bootstrap;

    /// <summary>Takes a sample.</summary>
    /// <param name="candidate">The candidate's probabilities [rows].</param>
    /// <param name="serving">Those of the model that serves [rows].</param>
    /// <param name="positive">Labels [rows].</param>
    /// <param name="users">Each row's user [rows], 0 or more.</param>
    /// <param name="bootstrap">The resampling.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a probability is NaN.</exception>
    public PairedPredictions(float[] candidate, float[] serving, bool[] positive, int[] users, UserBootstrap bootstrap)
    {
        Sample.Check(candidate, positive.Length);
        Sample.Check(serving, positive.Length);
        (_candidate, _serving, _positive, _bootstrap) = (candidate, serving, positive, bootstrap);
        _places = Sample.Places(users, out _users);
    }

    /// <summary>AUC of the candidate less that of the other.</summary>
    public Estimate Auc()
    {
        var (candidate, serving) = (new Auc(_candidate, _positive), new Auc(_serving, _positive));
        var weights = new double[_places.Length];
        return _bootstrap.Interval(_users, counts =>
        {
            for (var row = 0; row < weights.Length; row++)
                weights[row] = counts[_places[row]];
            return candidate.Value(weights) - serving.Value(weights);
        });
    }

    /// <summary>Mean log likelihood of the candidate less that of the other, in nats a row: above 0 where the candidate is better.</summary>
    public Estimate LogLikelihood() => LogLikelihood([this]);

    /// <summary>The same of several labels of the same rows, all together, in nats a row.</summary>
    /// <param name="labels">The labels' predictions, 1 or more, of the same rows and users.</param>
    public static Estimate LogLikelihood(IReadOnlyList<PairedPredictions> labels)
    {
        var first = labels[0];
        var sums = new UserSums(first._users, 2);
        for (var row = 0; row < first._places.Length; row++)
        {
            foreach (var label in labels)
                sums[first._places[row], 0] += Calibration.LogLoss(label._serving[row], label._positive[row]) - Calibration.LogLoss(label._candidate[row], label._positive[row]);
            sums[first._places[row], 1]++;
        }

        return first._bootstrap.Interval(sums, total => total[1] == 0 ? double.NaN : total[0] / total[1]);
    }

    /// <summary>Expected calibration error of the candidate less that of the other: below 0 where the candidate is better.</summary>
    public Estimate CalibrationError()
    {
        const int Bins = Calibration.DefaultBins;
        var sums = new UserSums(_users, (2 * Bins) + 1);
        Calibration.AddGaps(sums, 0, _candidate, _positive, _places, Bins);
        Calibration.AddGaps(sums, Bins, _serving, _positive, _places, Bins);
        foreach (var place in _places)
            sums[place, 2 * Bins]++;
        return _bootstrap.Interval(sums, total => Calibration.ErrorOf(total, 0, Bins, total[2 * Bins]) - Calibration.ErrorOf(total, Bins, Bins, total[2 * Bins]));
    }
}
