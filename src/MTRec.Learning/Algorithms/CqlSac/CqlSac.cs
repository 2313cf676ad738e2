using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Distributed;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.CqlSac;

/// <summary>
/// Conservative Q-learning (Kumar et al., NeurIPS 2020, arXiv 2006.04779) on soft actor-critic (Haarnoja et al. 2018, arXiv 1812.05905), the
/// strongest baseline that BatchRL-MTF reports offline: Q is pushed down where the policy and chance would go and up where the log went.
/// </summary>
public sealed class CqlSac : IFusionLearner
{
    /// <summary>The algorithm's name in the manifest.</summary>
    public const string Algorithm = "cql-sac";

    private readonly CqlSacOptions _options;
    private readonly BatchParts _parts;
    private readonly IReadOnlyList<BatchSlice> _slices;
    private readonly RequestSampler _sampler;
    private readonly CriticEnsemble _critics;
    private readonly Parameter _logTemperature;
    private readonly Descent _actorStep;
    private readonly Descent _criticStep;
    private readonly Descent _temperatureStep;

    /// <summary>Prepares a training.</summary>
    /// <param name="log">The log, one action a request; it must outlive the learner.</param>
    /// <param name="actions">The formula.</param>
    /// <param name="options">Hyper-parameters.</param>
    /// <param name="world">The ranks that share every batch; this process alone where left out.</param>
    /// <exception cref="ArgumentException">The log holds actions of single items.</exception>
    public CqlSac(FusionLog log, FusionActions actions, CqlSacOptions options, World? world = null)
    {
        _options = options;
        _parts = (world ?? World.Alone).Parts(options.Seed);
        _slices = _parts.Of(options.BatchSize);
        _sampler = new RequestSampler(log, options.RewardWeights, options.Seed);
        manual_seed(options.Seed);
        var state = (int)log.State.shape[1];
        Policy = new ActorPolicy(Algorithm, actions, new Mlp(state, options.Hidden, 2 * actions.Width));
        _critics = new CriticEnsemble(2, state + actions.Width, options.Hidden);
        TargetCritics = new CriticEnsemble(2, state + actions.Width, options.Hidden);
        TargetCritics.Follow(_critics, 1);
        _logTemperature = nn.Parameter(zeros(1));
        _actorStep = new Descent("actor", optim.Adam(Policy.Network.parameters(), options.ActorRate), _parts);
        _criticStep = new Descent("critics", optim.Adam(_critics.parameters(), options.CriticRate), _parts);
        _temperatureStep = new Descent("temperature", optim.Adam([_logTemperature], options.ActorRate), _parts);
    }

    /// <summary>The mean of pi, as far as it is; the learner owns it.</summary>
    public ActorPolicy Policy { get; }

    /// <summary>Q'_1 and Q'_2.</summary>
    internal CriticEnsemble TargetCritics { get; }

    /// <summary>y = r + gamma (min_j Q'_j(s', a') - tau log pi(a' | s')); no bootstrap where the session ended.</summary>
    /// <param name="reward">[b].</param>
    /// <param name="continues">[b].</param>
    /// <param name="nextQ">Q'_j(s', a') [2, b].</param>
    /// <param name="nextLogDensity">log pi(a' | s') [b].</param>
    /// <param name="temperature">tau, [1]; 0 leaves the entropy out.</param>
    /// <param name="discount">gamma.</param>
    public static Tensor Target(Tensor reward, Tensor continues, Tensor nextQ, Tensor nextLogDensity, Tensor temperature, double discount) =>
        reward + (discount * continues * (nextQ.amin([0L]) - (temperature * nextLogDensity)));

    /// <summary>
    /// CQL(H), Eq 4: sum_j E[log integral exp Q_j(s, a) da - Q_j(s, a_log)], the integral estimated by importance sampling over M actions drawn
    /// with known densities (Appendix F): log (1/M) sum_m exp(Q_j(s, a_m)) / p(a_m).
    /// </summary>
    /// <param name="q">Q_j(s, a_m) [2, b, M].</param>
    /// <param name="logDensity">log p(a_m) [b, M].</param>
    /// <param name="logged">Q_j(s, a_log) [2, b].</param>
    public static Tensor ConservativeTerm(Tensor q, Tensor logDensity, Tensor logged) =>
        ((q - logDensity).logsumexp(-1) - Math.Log(q.shape[2]) - logged).mean([1L]).sum();

    /// <summary>1/2 sum_j E[(Q_j(s, a_log) - y)^2].</summary>
    /// <param name="logged">Q_j(s, a_log) [2, b].</param>
    /// <param name="target">y [b].</param>
    public static Tensor BellmanLoss(Tensor logged, Tensor target) => (logged - target).square().mean([1L]).sum() * 0.5;

    /// <summary>SAC, Eq 7: E[tau log pi(a | s) - min_j Q_j(s, a)].</summary>
    /// <param name="q">Q_j(s, a) of the policy's action [2, b].</param>
    /// <param name="logDensity">[b].</param>
    /// <param name="temperature">tau [1].</param>
    public static Tensor ActorLoss(Tensor q, Tensor logDensity, Tensor temperature) => ((temperature * logDensity) - q.amin([0L])).mean();

    /// <summary>SAC, Eq 18: -E[tau (log pi(a | s) + H)] with the entropy wanted H = -A; in log tau, as the authors' code has it.</summary>
    /// <param name="logTemperature">log tau [1].</param>
    /// <param name="logDensity">[b].</param>
    /// <param name="width">A.</param>
    public static Tensor TemperatureLoss(Tensor logTemperature, Tensor logDensity, int width) => -(logTemperature * (logDensity.detach() - width)).mean();

    /// <inheritdoc/>
    public double Update()
    {
        using var scope = NewDisposeScope();
        var batches = _sampler.Draw(_slices);
        var drawn = BatchParts.Each(_slices, i => Draw(batches[i].State));
        _temperatureStep.Minimise(_slices, i => TemperatureLoss(_logTemperature, drawn[i].LogDensity, Policy.Actions.Width));
        var temperature = _logTemperature.detach().exp();
        _actorStep.Minimise(_slices, i => ActorLoss(_critics.Frozen(batches[i].State, drawn[i].Action), drawn[i].LogDensity, temperature));

        var value = 0.0;
        _criticStep.Minimise(_slices, i =>
        {
            var logged = _critics.call(cat([batches[i].State, batches[i].Action], -1));
            value += _slices[i].Weight * logged[0].mean().item<float>();
            var loss = BellmanLoss(logged, Target(batches[i]));
            return _options.Conservatism > 0 ? loss + (ConservativeTerm(batches[i], logged) * _options.Conservatism) : loss;
        });
        TargetCritics.Follow(_critics, _options.TargetRate);
        return value;
    }

    /// <inheritdoc/>
    public IExportablePolicy Snapshot() => Policy.Copy();

    /// <inheritdoc/>
    public void Dispose()
    {
        _parts.Dispose();
        Policy.Dispose();
        _actorStep.Dispose();
        _criticStep.Dispose();
        _temperatureStep.Dispose();
        _logTemperature.Dispose();
        _critics.Dispose();
        TargetCritics.Dispose();
        _sampler.Dispose();
    }

    /// <summary>y [b] of a batch, by the target networks.</summary>
    internal Tensor Target(RequestSteps batch)
    {
        using var quiet = no_grad();
        var (action, logDensity) = Draw(batch.NextState);
        var temperature = _options.EntropyInTarget ? _logTemperature.exp() : zeros(1);
        return Target(batch.Reward, batch.Continues, TargetCritics.call(cat([batch.NextState, action], -1)), logDensity, temperature, _options.Discount);
    }

    // Thirds of the actions: evenly at random, from pi(. | s), from pi(. | s'); all judged at s.
    private Tensor ConservativeTerm(RequestSteps batch, Tensor logged)
    {
        var (count, width, samples) = (batch.State.shape[0], Policy.Actions.Width, _options.Samples);
        Tensor actions;
        Tensor logDensity;
        using (no_grad())
        {
            var even = (rand([count * samples, width], generator: BatchSlice.CurrentChance) * 2) - 1;
            var here = Draw(batch.State, samples);
            var there = Draw(batch.NextState, samples);
            actions = cat([even, here.Action, there.Action]);
            logDensity = cat([full([count * samples], -width * Math.Log(2), dtype: ScalarType.Float32), here.LogDensity, there.LogDensity]);
        }

        // [3 b N, ..] -> [b, 3 N, ..].
        Tensor BySample(Tensor x) => x.reshape([3, count, samples, .. x.shape[1..]]).transpose(0, 1).flatten(1, 2);
        var q = _critics.OfPairs(batch.State, BySample(actions)).reshape(-1, count, 3 * samples);
        return ConservativeTerm(q, BySample(logDensity), logged);
    }

    // Some actions a state, those of one state after the other: the network sees each state once.
    private (Tensor Action, Tensor LogDensity) Draw(Tensor state, int samples = 1) => SquashedGaussian.Draw(
        Policy.Network.call(state).repeat_interleave(samples, 0),
        randn([state.shape[0] * samples, Policy.Actions.Width], generator: BatchSlice.CurrentChance));
}
