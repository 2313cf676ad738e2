using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>Networks that follow others.</summary>
internal static class SoftUpdate
{
    /// <summary>Moves every parameter a share of the way to that of <paramref name="source"/>; 1 copies it.</summary>
    public static void Follow(this nn.Module target, nn.Module source, double rate)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        foreach (var (own, others) in target.parameters().Zip(source.parameters()))
            own.mul_(1 - rate).add_(others, alpha: rate);
    }
}
