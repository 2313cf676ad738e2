using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class AutogradFiniteDifferenceTests
{
    private const double Step = 1e-6;
    private const double Tolerance = 1e-6;

    public static TheoryData<string> Operations => [.. AutogradOperations.All.Keys];

    [Theory]
    [MemberData(nameof(Operations))]
    public void Gradient_equals_the_central_difference(string name)
    {
        using var scope = NewDisposeScope();
        var operation = AutogradOperations.All[name];
        var inputs = operation.Inputs();
        var weights = Weights(operation.Apply(inputs));

        foreach (var input in inputs)
            input.requires_grad_();
        Weighted(operation, inputs, weights).backward();

        Assert.All(inputs, input => Assert.Equal(input.shape, input.grad!.shape));
        foreach (var input in inputs)
        {
            var expected = Differences(operation, inputs, input, weights);
            var actual = input.grad!.data<double>().ToArray();
            for (var i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(expected[i] - actual[i]) <= Tolerance * (1 + Math.Abs(expected[i])), $"{name}[{i}]: {actual[i]}, expected {expected[i]}");
        }
    }

    private static double[] Differences(DifferentiableOperation operation, Tensor[] inputs, Tensor input, Tensor weights)
    {
        using var noGradients = no_grad();
        var elements = input.data<double>();
        var differences = new double[elements.Count];
        for (var i = 0; i < differences.Length; i++)
        {
            var kept = elements[i];
            elements[i] = kept + Step;
            var above = Weighted(operation, inputs, weights).item<double>();
            elements[i] = kept - Step;
            var below = Weighted(operation, inputs, weights).item<double>();
            elements[i] = kept;
            differences[i] = (above - below) / (2 * Step);
        }

        return differences;
    }

    /// <summary>A random direction in the output's space: one backward pass then checks every row of the Jacobian.</summary>
    private static Tensor Weights(Tensor output) => randn(output.shape, ScalarType.Float64);

    private static Tensor Weighted(DifferentiableOperation operation, Tensor[] inputs, Tensor weights) =>
        (operation.Apply(inputs) * weights).sum();
}
