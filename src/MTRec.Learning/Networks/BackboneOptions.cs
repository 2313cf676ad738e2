namespace MTRec.Learning.Networks;

/// <summary>Sizes of a <see cref="Backbone"/>.</summary>
public sealed record BackboneOptions
{
    /// <summary>Numbers a category, 1 or more.</summary>
    public int EmbeddingSize { get; init; } = 4;

    /// <summary>Numbers an item's own embedding, 1 or more.</summary>
    public int ItemEmbeddingSize { get; init; } = 8;

    /// <summary>Width of an item's encoding, 1 or more.</summary>
    public int ItemWidth { get; init; } = 32;

    /// <summary>Width of an impression's encoding, 1 or more.</summary>
    public int EventWidth { get; init; } = 64;

    /// <summary>Share of items whose identity is hidden in training, in [0, 1], so that unknown items are served well.</summary>
    public double ItemDropout { get; init; } = 0.8;

    /// <summary>Dropout of the two halves, in [0, 1).</summary>
    public double Dropout { get; init; } = 0.2;
}
