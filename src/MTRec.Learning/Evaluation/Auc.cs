namespace MTRec.Learning.Evaluation;

/// <summary>
/// Area under the ROC curve: the chance that a positive row scores above a negative one, a tie counting one half. Rows are sorted once;
/// then it is a linear pass for any weights.
/// </summary>
public sealed class Auc
{
    private readonly int[] _order;
    private readonly int[] _tieEnds;
    private readonly bool[] _positive;

    /// <summary>Sorts a sample.</summary>
    /// <param name="scores">Scores [rows], higher meaning more likely positive.</param>
    /// <param name="positive">Labels [rows].</param>
    /// <exception cref="ArgumentException">The lengths differ, or a score is NaN.</exception>
    public Auc(ReadOnlySpan<float> scores, ReadOnlySpan<bool> positive)
    {
        Sample.Check(scores, positive.Length);
        var keys = scores.ToArray();
        _positive = positive.ToArray();
        _order = [.. Enumerable.Range(0, keys.Length)];
        Array.Sort(keys, _order);
        var ends = new List<int>();
        for (var i = 1; i <= keys.Length; i++)
        {
            if (i == keys.Length || keys[i] != keys[i - 1])
                ends.Add(i);
        }

        _tieEnds = [.. ends];
    }

    /// <summary>The AUC of a sample; NaN where one class is absent.</summary>
    /// <inheritdoc cref="Auc(ReadOnlySpan{float}, ReadOnlySpan{bool})"/>
    public static double Of(ReadOnlySpan<float> scores, ReadOnlySpan<bool> positive) => new Auc(scores, positive).Value([]);

    /// <summary>The AUC and its interval by user.</summary>
    /// <param name="scores">Scores [rows].</param>
    /// <param name="positive">Labels [rows].</param>
    /// <param name="users">Each row's user [rows], 0 or more.</param>
    /// <param name="bootstrap">The resampling.</param>
    public static Estimate ByUser(ReadOnlySpan<float> scores, ReadOnlySpan<bool> positive, ReadOnlySpan<int> users, UserBootstrap bootstrap)
    {
        var auc = new Auc(scores, positive);
        var places = Sample.Places(users, out var count);
        var weights = new double[places.Length];
        return bootstrap.Interval(count, counts =>
        {
            for (var row = 0; row < weights.Length; row++)
                weights[row] = counts[places[row]];
            return auc.Value(weights);
        });
    }

    /// <summary>The AUC where rows have weights; NaN where one class has none.</summary>
    /// <param name="weights">Weights [rows], 0 or more; empty where all rows count alike.</param>
    public double Value(ReadOnlySpan<double> weights)
    {
        double pairs = 0, negatives = 0, positives = 0;
        var start = 0;
        foreach (var end in _tieEnds)
        {
            double tiedPositives = 0, tiedNegatives = 0;
            for (var i = start; i < end; i++)
            {
                var row = _order[i];
                var weight = weights.IsEmpty ? 1 : weights[row];
                if (_positive[row])
                    tiedPositives += weight;
                else
                    tiedNegatives += weight;
            }

            pairs += tiedPositives * (negatives + (tiedNegatives / 2));
            positives += tiedPositives;
            negatives += tiedNegatives;
            start = end;
        }

        return positives * negatives == 0 ? double.NaN : pairs / (positives * negatives);
    }
}
