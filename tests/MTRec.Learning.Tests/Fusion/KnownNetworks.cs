using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Fusion;

/// <summary>Networks whose outputs are known.</summary>
internal static class KnownNetworks
{
    /// <summary>Makes every member of an ensemble a constant, whatever the input.</summary>
    public static void Answer(this CriticEnsemble critics, params float[] values)
    {
        using var quiet = no_grad();
        foreach (var parameter in critics.parameters())
            parameter.zero_();
        var last = critics.named_parameters().Where(parameter => parameter.name.StartsWith("bias", StringComparison.Ordinal)).MaxBy(parameter => parameter.name, StringComparer.Ordinal);
        last.parameter.copy_(tensor(values, values.Length, 1, 1));
    }

    /// <summary>Weights away from their start, so that nothing is 0 or equal by chance.</summary>
    public static void Stir(this nn.Module module, long seed)
    {
        manual_seed(seed);
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        foreach (var parameter in module.parameters())
            parameter.add_(randn_like(parameter) * 0.2);
    }
}
