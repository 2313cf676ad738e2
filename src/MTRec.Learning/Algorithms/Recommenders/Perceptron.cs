using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>The deep part of many a recommender.</summary>
internal static class Perceptron
{
    /// <summary>Linear, ReLU, linear, ReLU, linear; the second hidden layer is half as wide.</summary>
    /// <param name="inputs">Columns of the input.</param>
    /// <param name="hidden">Width of the first hidden layer, 2 or more.</param>
    /// <param name="outputs">Columns of the result.</param>
    public static Sequential Of(int inputs, int hidden, int outputs) => nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.ReLU(),
        nn.Linear(hidden, hidden / 2),
        nn.ReLU(),
        nn.Linear(hidden / 2, outputs));
}
