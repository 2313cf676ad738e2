using MTRec.Data.Sequences;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>The architectures that MTRec guides (arXiv 2509.22807).</summary>
public static class Backbones
{
    /// <summary>Each by its name, with what makes one.</summary>
    public static IReadOnlyList<(string Name, Func<ItemAttributes, RecommenderOptions, SequenceRecommender> Make)> All { get; } =
    [
        ("Wide&Deep", (attributes, options) => new WideAndDeep(attributes, options)),
        ("PNN", (attributes, options) => new Pnn(attributes, options)),
        ("DeepFM", (attributes, options) => new DeepFm(attributes, options)),
        ("SASRec", (attributes, options) => new SasRec(attributes, options)),
        ("DIN", (attributes, options) => new DinRecommender(attributes, options)),
        ("DIEN", (attributes, options) => new Dien(attributes, options)),
        ("LinRec", (attributes, options) => new LinRec(attributes, options)),
        ("SIGMA", (attributes, options) => new Sigma(attributes, options)),
    ];
}
