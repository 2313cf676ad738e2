namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>Sizes that all recommenders share, so that a comparison is one of architectures.</summary>
public sealed record RecommenderOptions
{
    /// <summary>Width d of an item's embedding, 1 or more.</summary>
    public int Width { get; init; } = 32;

    /// <summary>Width of hidden layers, 1 or more.</summary>
    public int Hidden { get; init; } = 64;

    /// <summary>Latest items of a history that are looked at, 1 or more.</summary>
    public int History { get; init; } = 20;

    /// <summary>Attributes of an item that are looked at, the first in the file; 0 or more.</summary>
    public int Attributes { get; init; } = 8;
}
