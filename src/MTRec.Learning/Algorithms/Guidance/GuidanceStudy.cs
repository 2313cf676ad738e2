using MTRec.Data.Sequences;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.Recommenders;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Fitting;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Guidance;

/// <summary>Whether a recommender is guided, and by what.</summary>
public enum GuidanceVariant
{
    /// <summary>Not guided.</summary>
    Base,

    /// <summary>By the reward of plain IQ-Learn.</summary>
    Irl,

    /// <summary>By the reward of QR-IQL.</summary>
    MTRec,
}

/// <summary>How recommenders are compared.</summary>
public sealed record GuidanceStudyOptions
{
    /// <summary>Sizes of the recommenders and of the reward's network.</summary>
    public RecommenderOptions Recommender { get; init; } = new();

    /// <summary>How each recommender is fitted, guided or not.</summary>
    public FitOptions Fit { get; init; } = new() { Epochs = 6, BatchSize = 512, Patience = 1 };

    /// <summary>How the rewards are fitted.</summary>
    public FitOptions RewardFit { get; init; } = new() { Epochs = 6, BatchSize = 512, Patience = 1 };

    /// <summary>
    /// -MTRec's reward. The pinball losses are sums over N: 0.01 is a tenth of their mean over the ten quantiles. Weighed ten times that, their pull
    /// of every reward to 0, which does not fade near 0, outweighs the likelihood of these logs and leaves no reward.
    /// </summary>
    public QrIqlOptions MTRec { get; init; } = new() { QuantileWeight = 0.01 };

    /// <summary>-IRL's reward.</summary>
    public QrIqlOptions Irl { get; init; } = QrIqlOptions.IqLearn;

    /// <summary>Weights w to choose from, by the validation loss of the first seed, for each recommender and variant by itself.</summary>
    public IReadOnlyList<double> Weights { get; init; } = [0.1];
}

/// <summary>What one fitted recommender says of the rows that are reported.</summary>
/// <param name="ValidationLoss">Cross entropy of the validation rows.</param>
/// <param name="Weight">w; 0 without guidance.</param>
/// <param name="Test">Logits of the test rows.</param>
/// <param name="KeptBack">Logits of the rows of the users kept back.</param>
/// <param name="Untrained">The same before the first step.</param>
public sealed record GuidanceRun(double ValidationLoss, double Weight, float[] Test, float[] KeptBack, float[] Untrained);

/// <summary>
/// Compares recommenders with and without guidance on one log of choices. Runs of one seed start from the same weights and see the same
/// batches, whatever guides them: their differences are the guidance's.
/// </summary>
/// <param name="examples">The choices.</param>
/// <param name="attributes">Of the items.</param>
/// <param name="options">How.</param>
/// <param name="cancellation">Ends the study between two steps.</param>
public sealed class GuidanceStudy(ChoiceExamples examples, ItemAttributes attributes, GuidanceStudyOptions options, CancellationToken cancellation)
{
    // libtorch has one generator for all threads, and only the making of networks draws from it.
    private static readonly Lock Making = new();

    private readonly int[] _train = examples.Rows(SequencePart.Train);
    private readonly int[] _validation = examples.Rows(SequencePart.Validation);

    /// <summary>The rows that test: the last page of each user who is fitted to.</summary>
    public int[] Test { get; } = examples.Rows(SequencePart.Test);

    /// <summary>The rows of the users kept back: complete trajectories.</summary>
    public int[] KeptBack { get; } = examples.Rows(SequencePart.KeptBack);

    /// <summary>
    /// Recovers a variant's reward: r(s, skip) and r(s, positive) of every row, NaN where it is not of the training rows. Cross-fitted [ours]: of
    /// every second user from the others' choices, and the reverse. A reward recovered from the very responses that a recommender is fitted to
    /// says them once more, memorised, where it should say what they have in common.
    /// </summary>
    public float[] Rewards(GuidanceVariant variant, int seed)
    {
        var rewards = new float[2 * examples.Count];
        Array.Fill(rewards, float.NaN);
        foreach (var half in new[] { 0, 1 })
        {
            int[] others = [.. _train.Where(row => Half(row) != half)];
            var recovered = Rewards(variant, seed, half, others);
            for (var i = 0; i < others.Length; i++)
                recovered.AsSpan(2 * i, 2).CopyTo(rewards.AsSpan(2 * others[i], 2));
        }

        return rewards;
    }

    /// <summary>How well a reward of training rows agrees with what the users did there: the AUC of r(s, positive) - r(s, skip).</summary>
    public double Agreement(float[] rewards)
    {
        int[] known = [.. _train.Where(row => float.IsFinite(rewards[2 * row]))];
        return Auc.Of(
            Array.ConvertAll(known, row => rewards[(2 * row) + 1] - rewards[2 * row]), Array.ConvertAll(known, row => examples.Taken[row]));
    }

    /// <summary>Fits a recommender.</summary>
    /// <param name="make">Makes it.</param>
    /// <param name="seed">Seed of its weights and batches.</param>
    /// <param name="rewards">What guides it; null for nothing.</param>
    /// <param name="weight">w.</param>
    public GuidanceRun Run(Func<ItemAttributes, RecommenderOptions, SequenceRecommender> make, int seed, float[]? rewards, double weight)
    {
        using var model = Made(seed, () => make(attributes, options.Recommender));
        model.eval();
        var untrained = GuidedFit.Logits(model, examples, KeptBack);
        var guidance = rewards is null ? null : new GuidingRewards(rewards, weight);
        var loss = new GuidedFit(new Fitter(options.Fit, null, cancellation), seed).Fit("recommender", model, examples, _train, _validation, guidance);
        return new GuidanceRun(
            loss,
            rewards is null ? 0 : weight,
            GuidedFit.Logits(model, examples, Test),
            GuidedFit.Logits(model, examples, KeptBack),
            untrained);
    }

    // The rewards of rows, learned from a half of the users.
    private float[] Rewards(GuidanceVariant variant, int seed, int half, int[] rows)
    {
        var iql = variant == GuidanceVariant.Irl ? options.Irl : options.MTRec;
        var outputs = SequenceIql.Outputs(iql);
        using var model = Made(seed, () => new Din(attributes, options.Recommender, outputs));
        using var target = Made(seed, () => new Din(attributes, options.Recommender, outputs));
        var learner = new SequenceIql(iql, new Fitter(options.RewardFit, null, cancellation), seed);
        learner.Fit($"{variant} reward", model, target, examples, Of(_train), Of(_validation));
        return learner.Rewards(model, examples, rows);

        int[] Of(int[] all) => [.. all.Where(row => Half(row) == half)];
    }

    private int Half(int row) => examples.User[row] % 2;

    private static T Made<T>(int seed, Func<T> make)
    {
        lock (Making)
        {
            manual_seed(seed);
            return make();
        }
    }
}
