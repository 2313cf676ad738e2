using static TorchSharp.torch;

namespace MTRec.Learning.Evaluation.OffPolicy;

/// <summary>Logarithms of densities of continuous actions.</summary>
public static class ActionDensity
{
    /// <summary>Independent normal distributions around a mean, as Gaussian exploration draws before it clips.</summary>
    /// <param name="action">[N, A].</param>
    /// <param name="mean">[N, A].</param>
    /// <param name="deviation">Standard deviation of every dimension, above 0.</param>
    /// <returns>[N].</returns>
    /// <exception cref="UnusableLogException">An action or a mean is not finite.</exception>
    public static double[] Gaussian(Tensor action, Tensor mean, double deviation)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(deviation);
        return PerRow(action, mean, deviation, LogNormal);
    }

    /// <summary>Sums over the dimensions of log of density((action - centre) / scale) / scale.</summary>
    internal static double[] PerRow(Tensor action, Tensor centre, double scale, Func<double, double> logDensity)
    {
        var rows = action.shape[0];
        if (action.shape.Length != 2 || !action.shape.SequenceEqual(centre.shape))
            throw new ArgumentException($"Actions [{string.Join(", ", action.shape)}] around [{string.Join(", ", centre.shape)}].", nameof(centre));
        var width = (int)action.shape[1];
        var (actions, centres) = (Doubles("action", action, width), Doubles("action of the evaluated policy", centre, width));
        var logarithms = new double[rows];
        for (var i = 0; i < actions.Length; i++)
            logarithms[i / width] += logDensity((actions[i] - centres[i]) / scale) - Math.Log(scale);
        return logarithms;
    }

    /// <summary>log of the standard normal density.</summary>
    internal static double LogNormal(double u) => -0.5 * ((u * u) + Math.Log(2 * Math.PI));

    private static double[] Doubles(string field, Tensor tensor, int width)
    {
        using var scope = NewDisposeScope();
        var values = tensor.to(ScalarType.Float64).contiguous().data<double>().ToArray();
        var bad = Array.FindIndex(values, value => !double.IsFinite(value));
        return bad < 0 ? values : throw new UnusableLogException(field, bad / width, $"is {values[bad]}");
    }
}
