using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.ActorCritic;

/// <summary>Linear layers with an activation between them.</summary>
internal static class Perceptron
{
    /// <summary>A network.</summary>
    /// <param name="activation">Makes what stands between two layers.</param>
    /// <param name="widths">Columns of the input and of every layer's output.</param>
    public static Sequential Of(Func<nn.Module<Tensor, Tensor>> activation, params int[] widths)
    {
        var network = nn.Sequential();
        for (var i = 0; i + 1 < widths.Length; i++)
        {
            if (i > 0)
                network.append($"activation{i}", activation());
            network.append($"layer{i}", nn.Linear(widths[i], widths[i + 1]));
        }

        return network;
    }
}
