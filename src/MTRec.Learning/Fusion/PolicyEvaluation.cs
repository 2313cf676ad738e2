using MTRec.Learning.Environments;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>Grades policies by letting them rank for an environment's users, each policy for the same users in the same mood.</summary>
/// <param name="environment">The users.</param>
/// <param name="sessions">Number of sessions, 1 or more.</param>
/// <param name="seed">Decides the users and their chance; policies are compared on one seed.</param>
/// <param name="batch">Sessions side by side; a part of the chance, so alike for all that are compared.</param>
public sealed class PolicyEvaluation(IEnvironment environment, int sessions, int seed, int batch = 512)
{
    /// <summary>The name of the response that counts seconds of watching.</summary>
    public const string WatchSeconds = "watchSeconds";

    /// <summary>Bins of an action's distribution over [-1, 1].</summary>
    public const int ActionBins = 40;

    /// <summary>Lets a policy rank, without exploration.</summary>
    public PolicyOutcomes Of(IFusionPolicy policy)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var shape = environment.Shape;
        var watch = shape.Responses.ToList().IndexOf(WatchSeconds);
        var sums = new List<float[]>();
        var bins = new double[(policy as IActionPolicy)?.Actions.Width ?? 0][];
        for (var i = 0; i < bins.Length; i++)
            bins[i] = new double[ActionBins];
        for (var first = 0; first < sessions; first += batch)
            sums.Add(Sessions(policy, Math.Min(batch, sessions - first), seed + (first / batch * 1_000_003), watch, bins));

        var rewards = shape.Rewards.Count;
        var rows = sums.SelectMany(batch => batch.Chunk(rewards + 2)).ToArray();
        foreach (var dimension in bins)
        {
            var total = dimension.Sum();
            for (var i = 0; i < ActionBins && total > 0; i++)
                dimension[i] /= total;
        }

        return new PolicyOutcomes(
            [.. rows.Select(row => row.Take(rewards).Select(x => (double)x).ToArray())],
            [.. rows.Select(row => (double)row[rewards])],
            [.. rows.Select(row => (double)row[rewards + 1])],
            bins);
    }

    // [count, rewards | watch seconds | steps], row by row.
    private float[] Sessions(IFusionPolicy policy, int count, int seed, int watch, double[][] bins)
    {
        using var scope = NewDisposeScope();
        var shape = environment.Shape;
        var sums = zeros(count, shape.Rewards.Count + 2);
        var observation = environment.Reset(count, seed);
        for (var step = 0; step < shape.MaximumSteps && observation.Active.sum().item<float>() > 0; step++)
        {
            using var inner = NewDisposeScope();
            var outcome = environment.Advance(Score(policy, observation, bins));
            var active = observation.Active.unsqueeze(1);
            var seconds = watch >= 0 ? outcome.Responses!.select(2, watch).sum(1, keepdim: true) : active.zeros_like();
            sums.add_(cat([outcome.Rewards, seconds * active, active], 1));
            foreach (var tensor in Tensors(observation))
                tensor.Dispose();
            observation = outcome.Next;
            foreach (var tensor in Tensors(observation))
                tensor.MoveToOuterDisposeScope();
        }

        return sums.Floats();
    }

    private static Tensor Score(IFusionPolicy policy, Observation observation, double[][] bins)
    {
        if (policy is not IActionPolicy fusing)
            return policy.Score(observation);
        var action = fusing.Act(observation);
        var going = action.index_select(0, observation.Active.nonzero().squeeze(1));
        for (var dimension = 0; dimension < bins.Length; dimension++)
        {
            var places = ((going.select(-1, dimension).flatten() + 1) * (ActionBins / 2.0)).floor().clamp(0, ActionBins - 1).to(ScalarType.Int64);
            var counts = places.bincount(null, ActionBins).Longs();
            for (var bin = 0; bin < ActionBins; bin++)
                bins[dimension][bin] += counts[bin];
        }

        return fusing.Actions.Fuse(action, observation.TaskScores!);
    }

    private static IEnumerable<Tensor> Tensors(Observation observation) =>
        new[] { observation.State, observation.Active, observation.TaskScores, observation.Candidates }.OfType<Tensor>();
}

/// <summary>What a policy brought about, by session.</summary>
/// <param name="Rewards">Sums over each session, by reward group [sessions][R].</param>
/// <param name="Seconds">Seconds of watching [sessions]; 0 where the environment does not count them.</param>
/// <param name="Steps">Requests [sessions].</param>
/// <param name="ActionShares">Shares of each dimension's action in equal bins of [-1, 1] [A][bins]; none where the policy has no action.</param>
public sealed record PolicyOutcomes(
    IReadOnlyList<double[]> Rewards, IReadOnlyList<double> Seconds, IReadOnlyList<double> Steps, IReadOnlyList<double[]> ActionShares)
{
    /// <summary>Each session's return, the sum of its reward groups [sessions].</summary>
    public IReadOnlyList<double> Returns => [.. Rewards.Select(groups => groups.Sum())];

    /// <summary>Mean return of a session with its interval.</summary>
    public Estimate Return(UserBootstrap bootstrap) => Mean(Returns, bootstrap);

    /// <summary>Mean over sessions with its interval.</summary>
    public static Estimate Mean(IReadOnlyList<double> bySession, UserBootstrap bootstrap) =>
        WeightedMean.ByUser([.. bySession.Select(value => (value, 1.0))], bootstrap);

    /// <summary>Mean of this policy's returns less another's, session by session: both had the same users in the same mood.</summary>
    /// <exception cref="ArgumentException">They had not: the numbers of sessions differ.</exception>
    public Estimate Above(PolicyOutcomes other, UserBootstrap bootstrap)
    {
        if (other.Rewards.Count != Rewards.Count)
            throw new ArgumentException($"{Rewards.Count} sessions cannot be paired with {other.Rewards.Count}.", nameof(other));
        return Mean([.. Returns.Zip(other.Returns, (own, others) => own - others)], bootstrap);
    }
}
