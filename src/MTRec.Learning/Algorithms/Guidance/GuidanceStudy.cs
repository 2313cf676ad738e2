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
}

/// <summary>What one fitted recommender says of the rows that are reported.</summary>
/// <param name="ValidationAuc">AUC of the validation rows.</param>
/// <param name="Test">Logits of the test rows.</param>
/// <param name="KeptBack">Logits of the rows of the users kept back.</param>
/// <param name="Untrained">The same before the first step.</param>
public sealed record GuidanceRun(double ValidationAuc, float[] Test, float[] KeptBack, float[] Untrained);

/// <summary>A variant's reward.</summary>
/// <param name="Train">r(s, skip) and r(s, positive) of every row [rows x 2]; NaN where it is not of the training rows, or a trajectory ends.</param>
/// <param name="KeptBackMargins">r(s, positive) - r(s, skip) of the rows of the users kept back; NaN where a trajectory ends.</param>
public sealed record RecoveredRewards(float[] Train, float[] KeptBackMargins);

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
    /// Recovers a variant's reward. Cross-fitted [ours]: of every second user from the others' choices, and the reverse. A reward recovered from
    /// the very responses that a recommender is fitted to says them once more, memorised, where it should say what they have in common.
    /// </summary>
    public RecoveredRewards Rewards(GuidanceVariant variant, int seed)
    {
        var train = new float[2 * examples.Count];
        Array.Fill(train, float.NaN);
        var margins = new float[KeptBack.Length];
        foreach (var half in new[] { 0, 1 })
        {
            int[] others = [.. _train.Where(row => Half(row) != half)];
            var recovered = Rewards(variant, seed, half, [.. others, .. KeptBack]);
            for (var i = 0; i < others.Length; i++)
                recovered.AsSpan(2 * i, 2).CopyTo(train.AsSpan(2 * others[i], 2));
            for (var i = 0; i < margins.Length; i++)
                margins[i] += (recovered[(2 * (others.Length + i)) + 1] - recovered[2 * (others.Length + i)]) / 2;
        }

        return new RecoveredRewards(train, margins);
    }

    /// <summary>How well a reward of training rows agrees with what the users did there: the AUC of r(s, positive) - r(s, skip).</summary>
    public double Agreement(RecoveredRewards rewards)
    {
        int[] known = [.. _train.Where(row => float.IsFinite(rewards.Train[2 * row]))];
        return Auc.Of(
            Array.ConvertAll(known, row => rewards.Train[(2 * row) + 1] - rewards.Train[2 * row]),
            Array.ConvertAll(known, row => examples.Taken[row]));
    }

    /// <summary>
    /// AUC of scores on the rows of the users kept back that have a reward, each score standardised and all added: what one says beyond
    /// another shows in their sum.
    /// </summary>
    /// <param name="rewards">Says which rows have a reward.</param>
    /// <param name="scores">Scores of the rows of the users kept back, one or more.</param>
    public double KeptBackAuc(RecoveredRewards rewards, params float[][] scores)
    {
        int[] known = [.. Enumerable.Range(0, KeptBack.Length).Where(row => float.IsFinite(rewards.KeptBackMargins[row]))];
        var sum = new float[known.Length];
        foreach (var score in scores)
        {
            var own = Array.ConvertAll(known, row => score[row]);
            var mean = own.Average();
            var deviation = MathF.Sqrt(own.Average(value => (value - mean) * (value - mean)));
            for (var i = 0; i < sum.Length; i++)
                sum[i] += (own[i] - mean) / deviation;
        }

        return Auc.Of(sum, Array.ConvertAll(known, row => examples.Taken[KeptBack[row]]));
    }

    /// <summary>Fits a recommender.</summary>
    /// <param name="make">Makes it.</param>
    /// <param name="seed">Seed of its weights and batches.</param>
    /// <param name="rewards">What guides it; null for nothing.</param>
    /// <param name="weight">w.</param>
    public GuidanceRun Run(Func<ItemAttributes, RecommenderOptions, SequenceRecommender> make, int seed, RecoveredRewards? rewards, double weight)
    {
        using var model = Made(seed, () => make(attributes, options.Recommender));
        model.eval();
        var untrained = GuidedFit.Logits(model, examples, KeptBack);
        var guidance = rewards is null ? null : new GuidingRewards(rewards.Train, weight);
        var auc = new GuidedFit(new Fitter(options.Fit, null, cancellation), seed).Fit("recommender", model, examples, _train, _validation, guidance);
        return new GuidanceRun(
            auc,
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
