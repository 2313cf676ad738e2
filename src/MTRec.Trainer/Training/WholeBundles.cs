using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Pipelines;

namespace MTRec.Trainer.Training;

/// <summary>The algorithms whose training is that of a whole bundle, one part of which they choose.</summary>
internal static class WholeBundles
{
    /// <summary>The published bundle: MMoE, QR-IQL, fixed weights.</summary>
    public const string Standard = "fixed";

    /// <summary>What each algorithm changes, by name.</summary>
    public static IReadOnlyDictionary<string, Func<DefaultBundleOptions, DefaultBundleOptions>> All { get; } =
        new Dictionary<string, Func<DefaultBundleOptions, DefaultBundleOptions>>(StringComparer.Ordinal)
        {
            [Standard] = options => options,
            ["qr-iql"] = options => options with { MentalReward = new QrIqlOptions() },
            ["iq-learn"] = options => options with { MentalReward = QrIqlOptions.IqLearn },
            ["mmoe"] = options => options with { Experts = new MmoeOptions() },
            ["ple"] = options => options with { Experts = new PleOptions() },
            ["mfh"] = options => options with { Experts = new MfhOptions() },
        };
}
