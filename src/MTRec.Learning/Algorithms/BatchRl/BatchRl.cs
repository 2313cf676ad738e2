using MTRec.Learning.Distributed;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.BatchRl;

/// <summary>
/// BatchRL-MTF (arXiv 2208.04560): batch-constrained Q-learning of the fusion's action from a log. A generator, a conditional autoencoder,
/// proposes actions as the log has them; a bounded perturbation improves them; two critics choose. What the log never tried is never bootstrapped.
/// </summary>
public sealed class BatchRl : IFusionLearner
{
    private readonly BatchRlOptions _options;
    private readonly int _stateWidth;
    private readonly BatchParts _parts;
    private readonly IReadOnlyList<BatchSlice> _slices;
    private readonly TransitionSampler _sampler;
    private readonly BatchRlPolicy _target;
    private readonly Mlp _encoder;
    private readonly Tensor _rewardWeights;
    private readonly Descent _generatorStep;
    private readonly Descent _perturbationStep;
    private readonly Descent _criticStep;
    private int _updates;

    /// <summary>Prepares a training.</summary>
    /// <param name="log">The log, one action a request; it must outlive the learner.</param>
    /// <param name="actions">The formula.</param>
    /// <param name="options">Hyper-parameters.</param>
    /// <param name="world">The ranks that share every batch; this process alone where left out.</param>
    /// <exception cref="ArgumentException">The log holds actions of single items.</exception>
    public BatchRl(FusionLog log, FusionActions actions, BatchRlOptions options, World? world = null)
    {
        if (log.Action.shape[1] != 1)
            throw new ArgumentException("BatchRL-MTF learns one action a request.", nameof(log));
        _options = options;
        _parts = (world ?? World.Alone).Parts(options.Seed);
        _slices = _parts.Of(options.BatchSize);
        manual_seed(options.Seed);
        _stateWidth = (int)log.State.shape[1];
        Policy = new BatchRlPolicy(actions, _stateWidth, options);
        _target = new BatchRlPolicy(actions, _stateWidth, options);
        _encoder = new Mlp(_stateWidth + actions.Width, options.Hidden, 2 * Policy.LatentWidth);
        _sampler = new TransitionSampler(log, options.Seed);
        _rewardWeights = RewardScale.Weights(log, options.RewardWeights);
        using (var scope = NewDisposeScope())
            Policy.Critics.StartAt((log.Returns(options.Discount).mean([0L]) * _rewardWeights).sum().expand(2));
        _target.Follow(Policy, 1);
        _generatorStep = new Descent("generator", optim.Adam([.. _encoder.parameters(), .. Policy.Decoder.parameters()], options.GeneratorRate), _parts);
        _perturbationStep = new Descent("perturbation", optim.Adam(Policy.Perturbation.parameters(), options.PerturbationRate), _parts);
        _criticStep = new Descent("critics", optim.Adam(Policy.Critics.parameters(), options.CriticRate), _parts);
    }

    /// <summary>The policy, as far as it is; the learner owns it.</summary>
    public BatchRlPolicy Policy { get; }

    /// <summary>Learns a policy from a log.</summary>
    /// <returns>The policy; the caller disposes of it.</returns>
    public static IExportablePolicy Train(
        FusionLog log, FusionActions actions, BatchRlOptions options, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var learner = new BatchRl(log, actions, options);
        return FusionTraining.Run(learner, options.Updates, "BatchRL-MTF", progress, cancellation: cancellation);
    }

    /// <inheritdoc/>
    public IExportablePolicy Snapshot()
    {
        var policy = new BatchRlPolicy(Policy.Actions, _stateWidth, _options);
        policy.Follow(Policy, 1);
        return policy;
    }

    /// <inheritdoc/>
    public double Update()
    {
        using var scope = NewDisposeScope();
        var batches = _sampler.Draw(_slices);

        _generatorStep.Minimise(_slices, i => GeneratorLoss(batches[i].State, batches[i].Action.squeeze(1)));

        var value = 0.0;
        _criticStep.Minimise(_slices, i =>
        {
            var q = Policy.Critics.call(cat([batches[i].State, batches[i].Action.squeeze(1)], -1));
            value += _slices[i].Weight * q[0].mean().item<float>();
            return Bcq.CriticLoss(q, Target(batches[i]));
        });

        _perturbationStep.Minimise(_slices, i => PerturbationLoss(batches[i].State));

        if (++_updates % _options.TargetEvery == 0)
            _target.Follow(Policy, _options.TargetRate);
        return value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _parts.Dispose();
        _generatorStep.Dispose();
        _perturbationStep.Dispose();
        _criticStep.Dispose();
        _encoder.Dispose();
        _target.Dispose();
        Policy.Dispose();
        _rewardWeights.Dispose();
        _sampler.Dispose();
    }

    /// <summary>The networks that the targets are made with.</summary>
    internal BatchRlPolicy TargetNetworks => _target;

    /// <summary>y [b] of a batch, by the target networks.</summary>
    internal Tensor Target(TransitionBatch batch)
    {
        using var quiet = no_grad();
        var count = batch.NextState.shape[0];
        var latents = Latents(count * _options.Samples);
        var states = batch.NextState.repeat_interleave(_options.Samples, 0);
        var proposals = _target.Perturb(states, Policy.Decode(states, latents));
        var nextQ = _target.Critics.call(cat([states, proposals], -1)).reshape(2, count, _options.Samples);
        return Bcq.Target((batch.Rewards * _rewardWeights).sum(-1), batch.Continues.squeeze(1), nextQ, _options.Discount);
    }

    private Tensor GeneratorLoss(Tensor state, Tensor action)
    {
        var code = _encoder.call(cat([state, action], -1));
        var mean = code.narrow(-1, 0, Policy.LatentWidth);
        var logDeviation = code.narrow(-1, Policy.LatentWidth, Policy.LatentWidth).clamp(-4, 4);
        var latent = mean + (logDeviation.exp() * Latents(mean.shape[0]));
        return Bcq.GeneratorLoss(Policy.Decode(state, latent), action, mean, logDeviation, _options.KlWeight);
    }

    // The perturbation climbs Q_1 from where the generator is: E[-Q_1(s, a + xi(s, a))], a ~ D(. | s).
    private Tensor PerturbationLoss(Tensor state)
    {
        Tensor action;
        using (no_grad())
            action = Policy.Decode(state, Latents(state.shape[0])).detach();
        return -Policy.Critics.Frozen(state, Policy.Perturb(state, action), member: 0).mean();
    }

    // Standard normal [rows, Z].
    private Tensor Latents(long rows) => BatchRlPolicy.Latents([rows, Policy.LatentWidth], BatchSlice.CurrentChance);
}
