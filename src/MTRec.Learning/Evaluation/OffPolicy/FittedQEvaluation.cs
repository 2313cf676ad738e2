using System.Globalization;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Evaluation.OffPolicy;

/// <summary>
/// Fitted Q evaluation and BatchRL-MTF's Conservative-OPEstimator (arXiv 2208.04560): a network Q(s, a) of the evaluated policy pi_e,
/// fitted on a log of any policy,
/// <code>
/// Q_k = argmin alpha * mean[Q(s, pi_e(s)) - Q(s, a)] + mean[(Q(s, a) - r - gamma Q_{k-1}(s', pi_e(s')))^2]
/// V = mean over first states of Q(s0, pi_e(s0))
/// </code>
/// one Adam step a k; there is no s' where a session ended. The log must not be the one that the policy learned from.
/// </summary>
/// <remarks>
/// The interval is that of the first states: it does not hold what another fit or another log of the same size would give. No
/// densities are needed, so that nothing is weighed and the effective sample size is the number of first states.
/// <para>
/// alpha and the learning rate presuppose a scale, which the paper does not give. Ours: rewards are divided by their deviation over the log, and
/// Q_0 is about the log's own mean return everywhere, so that the published few and small steps need not climb there. The network reads actions in
/// deviations from their mean over the log: where a log varies them little around a point far from 0, the network would take the offset for a slope.
/// </para>
/// </remarks>
/// <param name="options">How it fits.</param>
public sealed class FittedQEvaluation(FittedQOptions options)
{
    private const int EvaluationBatch = 4096;

    /// <summary>The estimator's name: <c>FQE</c>, or <c>Conservative-OPE</c> where alpha is above 0.</summary>
    public string Name => options.Conservatism > 0 ? "Conservative-OPE" : "FQE";

    /// <summary>The policy's discounted return a session.</summary>
    /// <param name="log">The log.</param>
    /// <param name="policy">pi_e: actions [B, A] of states [B, S]; called without gradients.</param>
    /// <param name="bootstrap">The resampling of the sessions that first states belong to.</param>
    /// <param name="progress">Told how far it is; may be null.</param>
    /// <param name="cancellation">Ends the fitting between two steps.</param>
    /// <exception cref="ArithmeticException">The loss is not finite.</exception>
    public OffPolicyEstimate Evaluate(
        TransitionLog log,
        Func<Tensor, Tensor> policy,
        UserBootstrap bootstrap,
        IProgress<FitProgress>? progress = null,
        CancellationToken cancellation = default) => Evaluate(log, [policy], bootstrap, progress, cancellation)[0];

    /// <summary>
    /// The same of several policies at once, a network each, as batched products: they begin with the same weights and see the same batches, so
    /// that each is what it would be by itself.
    /// </summary>
    /// <inheritdoc cref="Evaluate(TransitionLog, Func{Tensor, Tensor}, UserBootstrap, IProgress{FitProgress}?, CancellationToken)"/>
    /// <returns>One estimate a policy.</returns>
    public OffPolicyEstimate[] Evaluate(
        TransitionLog log,
        IReadOnlyList<Func<Tensor, Tensor>> policies,
        UserBootstrap bootstrap,
        IProgress<FitProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        using var scope = NewDisposeScope();
        var values = FirstValues(log, stack(policies.Select(policy => Chosen(log.State, policy))), progress, cancellation);
        return [.. values.Select(ofPolicy => Estimate(ofPolicy, bootstrap))];
    }

    /// <summary>How much more the first of two policies is worth than the second, from the same first states.</summary>
    /// <param name="log">The log.</param>
    /// <param name="first">What the first would do in every row [N, A].</param>
    /// <param name="second">What the second would do [N, A].</param>
    /// <param name="bootstrap">The resampling of the sessions that first states belong to.</param>
    /// <param name="progress">Told how far it is; may be null.</param>
    /// <param name="cancellation">Ends the fitting between two steps.</param>
    /// <exception cref="ArithmeticException">The loss is not finite.</exception>
    public OffPolicyEstimate Difference(
        TransitionLog log,
        Tensor first,
        Tensor second,
        UserBootstrap bootstrap,
        IProgress<FitProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        using var scope = NewDisposeScope();
        var values = FirstValues(log, stack([first, second]), progress, cancellation);
        return Estimate([.. values[0].Zip(values[1], (own, other) => own - other)], bootstrap);
    }

    // Each policy's value of the first states, in units of the log's rewards; chosen is [M, N, A].
    private double[][] FirstValues(TransitionLog log, Tensor chosen, IProgress<FitProgress>? progress, CancellationToken cancellation)
    {
        var policies = (int)chosen.shape[0];
        var (centre, deviation) = Spread(log.Action);
        var scale = Math.Max(1e-6, log.Reward.std(unbiased: false).item<float>());
        var rows = new Rows(
            log.State,
            (log.Action - centre) / deviation,
            (chosen - centre) / deviation,
            log.Reward / scale,
            log.Next);
        manual_seed(options.Seed);
        var inputs = (int)(log.State.shape[1] + log.Action.shape[1]);
        using var one = new CriticEnsemble(1, inputs, options.Hidden);
        one.StartAt(full(1, log.MeanReturn(options.Discount) / scale));
        using var networks = new CriticEnsemble(policies, inputs, options.Hidden);
        networks.StartAs(one);
        Fit(networks, rows, progress, cancellation);

        using var quiet = no_grad();
        var first = FirstRows(log);
        var places = tensor(first);
        var values = networks.OfOwnActions(rows.State.index_select(0, places), rows.Chosen.index_select(1, places)).Floats();
        return [.. values.Chunk(Math.Max(1, first.Length)).Select(ofPolicy => Array.ConvertAll(ofPolicy, value => value * scale))];
    }

    /// <summary>r + gamma * goesOn * Q_{k-1}(s', pi_e(s')).</summary>
    /// <param name="reward">[B].</param>
    /// <param name="goesOn">[B]: 1 where there is an s'.</param>
    /// <param name="nextValue">[M, B].</param>
    /// <param name="discount">gamma.</param>
    internal static Tensor Target(Tensor reward, Tensor goesOn, Tensor nextValue, double discount) => reward + (goesOn * nextValue * discount);

    /// <summary>alpha * mean[Q(s, pi_e(s)) - Q(s, a)] + mean[(Q(s, a) - target)^2], summed over M networks that share nothing.</summary>
    /// <param name="logged">Q(s, a) [M, B].</param>
    /// <param name="evaluated">Q(s, pi_e(s)) [M, B]; null where alpha is 0.</param>
    /// <param name="target">[M, B].</param>
    /// <param name="conservatism">alpha.</param>
    internal static Tensor Loss(Tensor logged, Tensor? evaluated, Tensor target, double conservatism)
    {
        var error = (logged - target).square().mean([-1L]).sum();
        return evaluated is null ? error : error + ((evaluated - logged).mean([-1L]).sum() * conservatism);
    }

    private OffPolicyEstimate Estimate(double[] values, UserBootstrap bootstrap)
    {
        var sums = new UserSums(values.Length, 2);
        for (var i = 0; i < values.Length; i++)
            (sums[i, 0], sums[i, 1]) = (values[i], 1);
        return new OffPolicyEstimate(Name, bootstrap.Interval(sums, total => total[0] / total[1]), values.Length, values.Length);
    }

    private void Fit(CriticEnsemble networks, Rows log, IProgress<FitProgress>? progress, CancellationToken cancellation)
    {
        using var previous = new CriticEnsemble((int)log.Chosen.shape[0], (int)(log.State.shape[1] + log.Action.shape[1]), options.Hidden);
        using var optimizer = optim.Adam(networks.parameters(), options.LearningRate);
        var random = new Random(options.Seed);
        var rows = new long[options.BatchSize];
        for (var step = 0; step < options.Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            if (step % options.TargetEvery == 0)
                previous.Follow(networks, 1);
            for (var i = 0; i < rows.Length; i++)
                rows[i] = random.NextInt64(log.State.shape[0]);
            var loss = StepLoss(networks, previous, log, tensor(rows));
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            if ((step + 1) % 100 == 0)
            {
                var value = loss.item<float>();
                if (!float.IsFinite(value))
                    throw new ArithmeticException($"{Name}: the loss is not finite after {step + 1} steps.");
                progress?.Report(new FitProgress(Name, (step + 1.0) / options.Steps, string.Create(CultureInfo.InvariantCulture, $"loss {value:F4}")));
            }
        }
    }

    private Tensor StepLoss(CriticEnsemble networks, CriticEnsemble previous, Rows log, Tensor rows)
    {
        var state = log.State.index_select(0, rows);
        var next = log.Next.index_select(0, rows);
        var successor = next.clamp_min(0);
        Tensor target;
        using (no_grad())
        {
            var nextValue = previous.OfOwnActions(log.State.index_select(0, successor), log.Chosen.index_select(1, successor));
            target = Target(log.Reward.index_select(0, rows), next.ge(0).to(ScalarType.Float32), nextValue, options.Discount);
        }

        var logged = networks.call(cat([state, log.Action.index_select(0, rows)], 1));
        var evaluated = options.Conservatism > 0 ? networks.OfOwnActions(state, log.Chosen.index_select(1, rows)) : null;
        return Loss(logged, evaluated, target, options.Conservatism);
    }

    private long[] FirstRows(TransitionLog log)
    {
        var steps = log.Step.Longs();
        var rows = Enumerable.Range(0, steps.Length).Where(row => steps[row] == 0).Select(row => (long)row).ToArray();
        if (rows.Length > options.InitialStates)
            new Random(options.Seed).Shuffle(rows);
        return rows[..Math.Min(rows.Length, options.InitialStates)];
    }

    /// <summary>pi_e of every state, which never changes: [N, A].</summary>
    private static Tensor Chosen(Tensor state, Func<Tensor, Tensor> policy)
    {
        using var quiet = no_grad();
        var parts = new List<Tensor>();
        for (var start = 0L; start < state.shape[0]; start += EvaluationBatch)
        {
            using var scope = NewDisposeScope();
            parts.Add(policy(state.narrow(0, start, Math.Min(EvaluationBatch, state.shape[0] - start))).clone().MoveToOuterDisposeScope());
        }

        return cat(parts, dim: 0);
    }

    // Mean and deviation of every dimension [A]; a dimension that the log never varies stays in its own units.
    private static (Tensor Centre, Tensor Deviation) Spread(Tensor action)
    {
        var deviation = action.std(0L, unbiased: false);
        return (action.mean([0L]), where(deviation.gt(1e-6f), deviation, ones_like(deviation)));
    }

    /// <summary>What the networks are fitted on, in their units.</summary>
    /// <param name="State">[N, S].</param>
    /// <param name="Action">The logged actions [N, A].</param>
    /// <param name="Chosen">What each policy would do [M, N, A].</param>
    /// <param name="Reward">[N].</param>
    /// <param name="Next">[N] int64.</param>
    private sealed record Rows(Tensor State, Tensor Action, Tensor Chosen, Tensor Reward, Tensor Next);
}
