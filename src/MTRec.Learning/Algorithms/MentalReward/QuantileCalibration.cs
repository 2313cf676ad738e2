using MTRec.Learning.Evaluation;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>
/// Recalibrates predicted quantiles on rows that the model was not fitted to (after Kuleshov et al., ICML 2018): each output takes that level
/// of the predicted distribution which covered tau_i of them. Rewards recovered on the training log are over-fitted, so that quantiles
/// learned from them alone are off on other users.
/// </summary>
public static class QuantileCalibration
{
    // The predicted distribution is continued beyond its ends by this many steps of the outermost two quantiles.
    private const double Beyond = 1;
    private const int Halvings = 40;

    /// <summary>Row-major [N, N]: predicted quantiles times this are calibrated, and do not fall either.</summary>
    /// <param name="quantiles">Predicted quantiles [rows, N], row by row, not falling.</param>
    /// <param name="outcomes">Outcomes [rows], 1 or more.</param>
    public static float[] Matrix(ReadOnlySpan<float> quantiles, ReadOnlySpan<float> outcomes)
    {
        var count = Calibration.Coverage(quantiles, outcomes).Length;
        var matrix = new float[count * count];
        if (count == 1)
            return [1];
        for (var i = 0; i < count; i++)
        {
            var place = Place(quantiles, outcomes, count, (i + 0.5) / count);
            var (below, share) = Between(place, count);
            matrix[(below * count) + i] = (float)(1 - share);
            matrix[((below + 1) * count) + i] = (float)share;
        }

        return matrix;
    }

    /// <summary>The place between the quantiles, in steps from the first, that covers a share of the outcomes; found by bisection.</summary>
    private static double Place(ReadOnlySpan<float> quantiles, ReadOnlySpan<float> outcomes, int count, double share)
    {
        var low = -Beyond;
        var high = count - 1 + Beyond;
        for (var halving = 0; halving < Halvings; halving++)
        {
            var middle = (low + high) / 2;
            var (below, part) = Between(middle, count);
            var covered = 0;
            for (var row = 0; row < outcomes.Length; row++)
            {
                var own = quantiles.Slice(row * count, count);
                if (outcomes[row] <= own[below] + (part * (own[below + 1] - own[below])))
                    covered++;
            }

            if (covered >= share * outcomes.Length)
                high = middle;
            else
                low = middle;
        }

        return high;
    }

    private static (int Below, double Share) Between(double place, int count)
    {
        var below = Math.Clamp((int)Math.Floor(place), 0, count - 2);
        return (below, place - below);
    }
}
