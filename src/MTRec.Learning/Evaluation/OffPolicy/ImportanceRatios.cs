namespace MTRec.Learning.Evaluation.OffPolicy;

/// <summary>How much likelier the evaluated policy was to do what the log says than the policy that logged it.</summary>
public static class ImportanceRatios
{
    /// <summary>The name of what the log must keep, in refusals.</summary>
    public const string LoggedField = "propensity";

    /// <summary>The name of what the evaluated policy gives, in refusals.</summary>
    public const string EvaluatedField = "evaluated density";

    /// <summary>The logarithms of evaluated / logged [rows].</summary>
    /// <param name="logged">Probabilities or densities with which the logged actions were drawn [rows], above 0.</param>
    /// <param name="evaluated">Those of the evaluated policy for the same actions [rows], 0 or more.</param>
    /// <exception cref="UnusableLogException">A logged one is missing (NaN), not positive or infinite; an evaluated one is NaN, negative or infinite.</exception>
    public static double[] Log(ReadOnlySpan<double> logged, ReadOnlySpan<double> evaluated)
    {
        var ratios = new double[logged.Length];
        for (var row = 0; row < ratios.Length; row++)
        {
            if (!(logged[row] > 0 && double.IsFinite(logged[row])))
                throw new UnusableLogException(LoggedField, row, double.IsNaN(logged[row]) ? "is missing" : $"is {logged[row]}");
            if (!(evaluated[row] >= 0 && double.IsFinite(evaluated[row])))
                throw new UnusableLogException(EvaluatedField, row, $"is {evaluated[row]}");
            ratios[row] = Math.Log(evaluated[row]) - Math.Log(logged[row]);
        }

        return ratios;
    }

    /// <summary>The same from logarithms of the densities, which do not overflow in many dimensions.</summary>
    /// <param name="logged">Logarithms [rows], finite; NaN where the action was not drawn.</param>
    /// <param name="evaluated">Logarithms [rows]; minus infinity where the evaluated policy would never have done it.</param>
    /// <exception cref="UnusableLogException">A logged one is missing (NaN) or infinite; an evaluated one is NaN or plus infinity.</exception>
    public static double[] OfLogs(ReadOnlySpan<double> logged, ReadOnlySpan<double> evaluated)
    {
        var ratios = new double[logged.Length];
        for (var row = 0; row < ratios.Length; row++)
        {
            if (!double.IsFinite(logged[row]))
                throw new UnusableLogException(LoggedField, row, double.IsNaN(logged[row]) ? "is missing" : $"has the logarithm {logged[row]}");
            if (double.IsNaN(evaluated[row]) || double.IsPositiveInfinity(evaluated[row]))
                throw new UnusableLogException(EvaluatedField, row, $"has the logarithm {evaluated[row]}");
            ratios[row] = evaluated[row] - logged[row];
        }

        return ratios;
    }

    /// <summary>Refuses values that are not finite.</summary>
    internal static void CheckFinite(string field, ReadOnlySpan<double> values)
    {
        for (var row = 0; row < values.Length; row++)
        {
            if (!double.IsFinite(values[row]))
                throw new UnusableLogException(field, row, $"is {values[row]}");
        }
    }

    /// <summary>Kish's effective sample size, (sum w)^2 / sum w^2; 0 where all weights are 0.</summary>
    internal static double EffectiveSampleSize(ReadOnlySpan<double> weights)
    {
        double sum = 0, squares = 0;
        foreach (var weight in weights)
        {
            sum += weight;
            squares += weight * weight;
        }

        return squares == 0 ? 0 : sum * sum / squares;
    }
}
