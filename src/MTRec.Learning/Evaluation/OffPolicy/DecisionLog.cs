namespace MTRec.Learning.Evaluation.OffPolicy;

/// <summary>Logged decisions that do not influence each other, a contextual bandit's: one a row.</summary>
public sealed class DecisionLog
{
    /// <summary>Takes a log.</summary>
    /// <param name="users">Each row's user [rows].</param>
    /// <param name="rewards">Rewards [rows].</param>
    /// <param name="logRatios">Logarithms of the importance ratios [rows], from <see cref="ImportanceRatios"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="UnusableLogException">A reward is not finite, or a ratio is NaN or too large for a double.</exception>
    public DecisionLog(ReadOnlySpan<int> users, ReadOnlySpan<double> rewards, ReadOnlySpan<double> logRatios)
    {
        if (users.Length != rewards.Length || users.Length != logRatios.Length)
            throw new ArgumentException($"{users.Length} users, {rewards.Length} rewards and {logRatios.Length} ratios.", nameof(users));
        ImportanceRatios.CheckFinite("reward", rewards);
        User = Sample.Places(users, out var count);
        Users = count;
        Rewards = rewards.ToArray();
        Weights = new double[logRatios.Length];
        for (var row = 0; row < Weights.Length; row++)
            Weights[row] = Math.Exp(logRatios[row]);
        ImportanceRatios.CheckFinite("importance ratio", Weights);
    }

    /// <summary>Number of rows.</summary>
    public int Count => Weights.Length;

    /// <summary>Number of users.</summary>
    internal int Users { get; }

    /// <summary>Each row's user, numbered from 0 [rows].</summary>
    internal int[] User { get; }

    /// <summary>Rewards [rows].</summary>
    internal double[] Rewards { get; }

    /// <summary>Importance ratios [rows].</summary>
    internal double[] Weights { get; }
}
