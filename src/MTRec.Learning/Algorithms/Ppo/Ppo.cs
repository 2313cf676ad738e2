using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Environments;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Ppo;

/// <summary>
/// Proximal policy optimisation (Schulman et al. 2017, arXiv 1707.06347, algorithm 1) with generalised advantage estimation (Schulman et al.
/// 2016, arXiv 1506.02438). Every iteration plays sessions to their end, then climbs the clipped objective on them.
/// </summary>
public sealed class Ppo : IDisposable
{
    private readonly PpoOptions _options;
    private readonly IEnvironment _environment;
    private readonly StepReward _reward;
    private readonly Sequential _value;
    private readonly Parameter[] _parameters;
    private readonly optim.Optimizer _optimizer;
    private int _seed;

    /// <summary>Makes a learner; seeds libtorch's generator.</summary>
    /// <param name="options">Hyper-parameters.</param>
    /// <param name="environment">Users to learn with; stays the caller's.</param>
    /// <param name="reward">The reward.</param>
    /// <param name="seed">Seed of the weights, the actions and the sessions.</param>
    public Ppo(PpoOptions options, IEnvironment environment, StepReward reward, int seed)
    {
        manual_seed(seed);
        _options = options;
        _environment = environment;
        _reward = reward;
        _seed = seed * 1_000_003;
        var shape = environment.Shape;
        Policy = new PpoPolicy(shape.StateWidth, shape.ActionWidth, options.Width, options.InitialDeviation);
        _value = Perceptron.Of(() => nn.Tanh(), shape.StateWidth, options.Width, options.Width, 1);
        _parameters = [.. Policy.parameters(), .. _value.parameters()];
        _optimizer = optim.Adam(_parameters, options.LearningRate);
    }

    /// <summary>The policy learned so far; dies with the learner.</summary>
    public PpoPolicy Policy { get; }

    /// <summary>
    /// Generalised advantages [T, B]: A_t = delta_t + gamma lambda A_{t+1} with delta_t = r_t + gamma V(s_{t+1}) - V(s_t) (equations 11 and 12);
    /// neither V nor A reaches over a session's end.
    /// </summary>
    /// <param name="rewards">r_t [T, B].</param>
    /// <param name="values">V(s_t) [T + 1, B].</param>
    /// <param name="ended">1 where step t was the session's last [T, B].</param>
    /// <param name="discount">gamma.</param>
    /// <param name="lambda">lambda.</param>
    public static Tensor Advantages(Tensor rewards, Tensor values, Tensor ended, double discount, double lambda)
    {
        var steps = (int)rewards.shape[0];
        var advantages = new Tensor[steps];
        var later = zeros_like(rewards[0]);
        for (var t = steps - 1; t >= 0; t--)
        {
            var goesOn = 1 - ended[t];
            var delta = rewards[t] + (discount * goesOn * values[t + 1]) - values[t];
            advantages[t] = later = delta + (discount * lambda * goesOn * later);
        }

        return stack(advantages);
    }

    /// <summary>L^CLIP = E[min(rho A, clip(rho, 1 - epsilon, 1 + epsilon) A)], to be maximised (equation 7).</summary>
    /// <param name="logRatio">log rho = log pi(a|s) - log pi_old(a|s) [B].</param>
    /// <param name="advantages">A [B].</param>
    /// <param name="clip">epsilon.</param>
    public static Tensor ClippedObjective(Tensor logRatio, Tensor advantages, double clip)
    {
        var ratio = logRatio.exp();
        return (ratio * advantages).minimum(ratio.clamp(1 - clip, 1 + clip) * advantages).mean();
    }

    /// <summary>log N(action; mean, deviation) summed over the dimensions [B].</summary>
    public static Tensor LogDensity(Tensor action, Tensor mean, Tensor logDeviation)
    {
        var distance = (action - mean) * (-logDeviation).exp();
        return -((distance.square() / 2) + logDeviation + (Math.Log(2 * Math.PI) / 2)).sum(-1);
    }

    /// <summary>Plays sessions and learns from them.</summary>
    /// <returns>The number of steps of all sessions.</returns>
    public long Iterate()
    {
        using var scope = NewDisposeScope();
        var steps = Play();
        for (var epoch = 0; epoch < _options.Epochs; epoch++)
        {
            using var order = randperm(steps.Count);
            for (var begin = 0L; begin < steps.Count; begin += _options.BatchSize)
            {
                using var step = NewDisposeScope();
                Improve(steps.At(order.narrow(0, begin, Math.Min(_options.BatchSize, steps.Count - begin))));
            }
        }

        return steps.Count;
    }

    /// <summary>V(s) [B].</summary>
    internal Tensor Value(Tensor state) => _value.call(state).squeeze(-1);

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        _value.Dispose();
        Policy.Dispose();
    }

    private Steps Play()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        List<Tensor> states = [], actions = [], rewards = [], ended = [], active = [];
        var now = _environment.Reset(_options.Sessions, _seed++);
        do
        {
            var action = Policy.Draw(now.State);
            var outcome = _environment.Advance(action);
            states.Add(now.State);
            actions.Add(action);
            active.Add(now.Active);
            rewards.Add(_reward(now.State, action, outcome));
            ended.Add(outcome.Ended);
            now = outcome.Next;
        }
        while (now.Active.sum().item<float>() > 0);

        var state = stack(states);
        var values = Value(cat([state, now.State.unsqueeze(0)]));
        var advantages = Advantages(stack(rewards), values, stack(ended), _options.Discount, _options.Lambda);
        var played = stack(active).reshape(-1).nonzero().squeeze(-1);
        var drawn = stack(actions).flatten(0, 1).index_select(0, played);
        state = state.flatten(0, 1).index_select(0, played);
        var steps = new Steps(
            state,
            drawn,
            LogDensity(drawn, Policy.call(state), Policy.LogDeviation),
            advantages.reshape(-1).index_select(0, played),
            (advantages + values.narrow(0, 0, rewards.Count)).reshape(-1).index_select(0, played));
        scope.MoveToOuter(steps.State, steps.Action, steps.LogDensity);
        scope.MoveToOuter(steps.Advantage, steps.Return);
        return steps;
    }

    // Equation 9: L = L^CLIP - c1 (V - V^target)^2 + c2 S, here to be minimised; advantages are standardised over the minibatch (ours: as common).
    private void Improve(Steps batch)
    {
        var advantage = batch.Advantage - batch.Advantage.mean();
        advantage /= advantage.square().mean().sqrt() + 1e-8;
        var density = LogDensity(batch.Action, Policy.call(batch.State), Policy.LogDeviation);
        var error = (Value(batch.State) - batch.Return).square().mean();
        // A Gaussian's entropy but for a constant.
        var entropy = Policy.LogDeviation.sum();
        var loss = (_options.ValueWeight * error) - ClippedObjective(density - batch.LogDensity, advantage, _options.Clip) - (_options.EntropyWeight * entropy);
        _optimizer.zero_grad();
        loss.backward();
        nn.utils.clip_grad_norm_(_parameters, _options.GradientNorm);
        _optimizer.step();
    }

    /// <summary>The steps of all sessions, one a row.</summary>
    private sealed record Steps(Tensor State, Tensor Action, Tensor LogDensity, Tensor Advantage, Tensor Return)
    {
        public long Count => State.shape[0];

        public Steps At(Tensor rows) => new(
            State.index_select(0, rows), Action.index_select(0, rows), LogDensity.index_select(0, rows), Advantage.index_select(0, rows), Return.index_select(0, rows));
    }
}
