namespace MTRec.Learning.Evaluation.OffPolicy;

/// <summary>Logged sessions, each a sequence of decisions that influence what comes after: one decision a row.</summary>
public sealed class SessionLog
{
    /// <summary>Takes a log.</summary>
    /// <param name="users">Each row's user [rows], one a session.</param>
    /// <param name="sessions">Each row's session [rows]; rows of a session follow each other in its order.</param>
    /// <param name="rewards">Rewards [rows].</param>
    /// <param name="logRatios">Logarithms of the importance ratios [rows], from <see cref="ImportanceRatios"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a session's rows do not follow each other.</exception>
    /// <exception cref="UnusableLogException">A reward is not finite, or a ratio is NaN or infinite.</exception>
    public SessionLog(ReadOnlySpan<int> users, ReadOnlySpan<long> sessions, ReadOnlySpan<double> rewards, ReadOnlySpan<double> logRatios)
    {
        if (users.Length != sessions.Length || users.Length != rewards.Length || users.Length != logRatios.Length)
        {
            throw new ArgumentException(
                $"{users.Length} users, {sessions.Length} sessions, {rewards.Length} rewards and {logRatios.Length} ratios.", nameof(users));
        }

        ImportanceRatios.CheckFinite("reward", rewards);
        var starts = new List<int>();
        var seen = new HashSet<long>();
        for (var row = 0; row < sessions.Length; row++)
        {
            if (double.IsNaN(logRatios[row]) || double.IsPositiveInfinity(logRatios[row]))
                throw new UnusableLogException("importance ratio", row, $"has the logarithm {logRatios[row]}");
            if (row > 0 && sessions[row] == sessions[row - 1])
                continue;
            if (!seen.Add(sessions[row]))
                throw new ArgumentException($"The rows of session {sessions[row]} do not follow each other.", nameof(sessions));
            starts.Add(row);
        }

        var first = new int[starts.Count];
        for (var session = 0; session < first.Length; session++)
            first[session] = users[starts[session]];
        User = Sample.Places(first, out var count);
        Users = count;
        Starts = [.. starts, sessions.Length];
        Rewards = rewards.ToArray();
        LogRatios = logRatios.ToArray();
    }

    /// <summary>Number of sessions.</summary>
    public int Sessions => User.Length;

    /// <summary>Number of users.</summary>
    internal int Users { get; }

    /// <summary>Each session's user, numbered from 0 [sessions].</summary>
    internal int[] User { get; }

    /// <summary>Each session's first row, then the number of rows [sessions + 1].</summary>
    internal int[] Starts { get; }

    /// <summary>Rewards [rows].</summary>
    internal double[] Rewards { get; }

    /// <summary>Logarithms of the importance ratios [rows].</summary>
    internal double[] LogRatios { get; }

    /// <summary>The same rows as decisions that do not influence each other: what a step earns, whatever comes after it.</summary>
    /// <exception cref="UnusableLogException">A ratio is too large for a double.</exception>
    public DecisionLog Decisions()
    {
        var user = new int[Rewards.Length];
        for (var session = 0; session < Sessions; session++)
            user.AsSpan(Starts[session]..Starts[session + 1]).Fill(User[session]);
        return new DecisionLog(user, Rewards, LogRatios);
    }

    /// <summary>Steps of the longest session.</summary>
    internal int Steps
    {
        get
        {
            var most = 0;
            for (var session = 0; session < Sessions; session++)
                most = Math.Max(most, Starts[session + 1] - Starts[session]);
            return most;
        }
    }
}
