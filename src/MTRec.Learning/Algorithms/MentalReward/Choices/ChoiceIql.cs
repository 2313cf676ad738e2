using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MentalReward.Choices;

/// <summary>
/// <see cref="QrIql"/>, and with <see cref="QrIqlOptions.IqLearn"/> plain IQ-Learn, on states that are plain tensors: the same objectives
/// (<see cref="SoftQ"/>) and target network, without a log's features. For environments.
/// </summary>
/// <param name="options">Hyper-parameters of the objective.</param>
/// <param name="fit">How networks are fitted.</param>
/// <param name="seed">Seed of weights and batches.</param>
public sealed class ChoiceIql(QrIqlOptions options, ChoiceFit fit, int seed)
{
    /// <summary>Learns lambda(s, a): [B, S] to [B, 2, N].</summary>
    public nn.Module<Tensor, Tensor> Fit(ChoiceLog log)
    {
        manual_seed(seed);
        var width = log.State.shape[1];
        var model = Network(width, QuantileQNetwork.Actions * options.Quantiles);
        using var target = Network(width, QuantileQNetwork.Actions * options.Quantiles);
        target.Follow(model, 1);
        Descend(
            model,
            log.Count,
            rows =>
            {
                var next = log.Next.index_select(0, rows);
                Tensor nextValue;
                using (no_grad())
                    nextValue = SoftQ.V(Quantiles(target, log.State.index_select(0, next.clamp_min(0))));
                return SoftQ.Loss(
                    options, Quantiles(model, log.State.index_select(0, rows)), log.Action.index_select(0, rows), nextValue, next.ge(0).to(ScalarType.Float32));
            },
            () => target.Follow(model, options.TargetRate));
        return model;
    }

    /// <summary>r(s, a) = Q(s, a) - gamma V(s') of every choice [N]; NaN at a session's end.</summary>
    public float[] Recover(nn.Module<Tensor, Tensor> model, ChoiceLog log)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var quantiles = Quantiles(model, log.State);
        var nextValue = SoftQ.V(quantiles).index_select(0, log.Next.clamp_min(0));
        var rewards = SoftQ.Reward(quantiles, log.Action, nextValue, options.Discount);
        return rewards.masked_fill(log.Next.lt(0), float.NaN).Floats();
    }

    /// <summary>
    /// r(s, a), the mean over s', at any state: a network [B, S] to [B, 1], regressed on the recovered rewards of the choices of a response, by
    /// squares.
    /// </summary>
    /// <param name="model">What <see cref="Fit"/> learned.</param>
    /// <param name="log">The choices.</param>
    /// <param name="response">a: 0 or 1.</param>
    public nn.Module<Tensor, Tensor> Regress(nn.Module<Tensor, Tensor> model, ChoiceLog log, int response)
    {
        var recovered = Recover(model, log);
        var network = Network(log.State.shape[1], 1);
        using var scope = NewDisposeScope();
        var actions = log.Action.Longs();
        var chosen = Enumerable.Range(0, recovered.Length).Where(row => actions[row] == response && !float.IsNaN(recovered[row])).ToArray();
        var state = log.State.index_select(0, tensor(Array.ConvertAll(chosen, row => (long)row)));
        var reward = tensor(Array.ConvertAll(chosen, row => recovered[row]));
        Descend(network, chosen.Length, rows => (network.call(state.index_select(0, rows)).squeeze(-1) - reward.index_select(0, rows)).square().mean());
        return network;
    }

    /// <summary>What <see cref="Regress"/> says of states [B, S].</summary>
    /// <inheritdoc cref="Regress"/>
    public float[] Expect(nn.Module<Tensor, Tensor> model, ChoiceLog log, int response, Tensor states)
    {
        using var network = Regress(model, log, response);
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        return network.call(states).squeeze(-1).Floats();
    }

    /// <summary>
    /// Quantiles [B, N] of r(s, positive) at any state, by the quantile loss over the rewards of positive choices: what
    /// <see cref="RewardHead"/> is in the service.
    /// </summary>
    /// <param name="rewards">Of every choice, such as <see cref="Recover"/> finds them [N]; NaN where there is none.</param>
    /// <param name="log">The choices.</param>
    /// <param name="states">[B, S].</param>
    public float[] ExpectQuantiles(float[] rewards, ChoiceLog log, Tensor states)
    {
        using var scope = NewDisposeScope();
        var actions = log.Action.Longs();
        var chosen = Enumerable.Range(0, rewards.Length).Where(row => actions[row] == 1 && !float.IsNaN(rewards[row])).ToArray();
        var state = log.State.index_select(0, tensor(Array.ConvertAll(chosen, row => (long)row)));
        var reward = tensor(Array.ConvertAll(chosen, row => rewards[row])).unsqueeze(-1);
        using var network = Network(log.State.shape[1], options.RewardQuantiles);
        Descend(network, chosen.Length, rows => SoftQ.Pinball(reward.index_select(0, rows) - network.call(state.index_select(0, rows))).mean());
        using var quiet = no_grad();
        return network.call(states).sort(-1).Values.Floats();
    }

    /// <summary>
    /// The critic's own quantiles of r(s, positive) [B, N] at any state: lambda_i(s, positive) moved so that their mean is that of <see cref="Expect"/>.
    /// </summary>
    /// <inheritdoc cref="Expect"/>
    public float[] CriticQuantiles(nn.Module<Tensor, Tensor> model, ChoiceLog log, Tensor states)
    {
        var means = Expect(model, log, 1, states);
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var quantiles = Quantiles(model, states).select(1, 1);
        return (quantiles - quantiles.mean([-1], keepdim: true) + tensor(means).unsqueeze(1)).sort(-1).Values.Floats();
    }

    /// <summary>
    /// What the frequency of positive responses says with the same network and the same data: log odds of a positive response at any state,
    /// by maximum likelihood. The baseline that a recovered reward must beat.
    /// </summary>
    /// <param name="log">The choices.</param>
    /// <param name="states">[B, S].</param>
    public float[] Frequency(ChoiceLog log, Tensor states)
    {
        using var scope = NewDisposeScope();
        using var network = Network(log.State.shape[1], 1);
        Descend(network, log.Count, rows => nn.functional.binary_cross_entropy_with_logits(
            network.call(log.State.index_select(0, rows)).squeeze(-1), log.Action.index_select(0, rows).to(ScalarType.Float32)));
        using var quiet = no_grad();
        return network.call(states).squeeze(-1).Floats();
    }

    private Tensor Quantiles(nn.Module<Tensor, Tensor> model, Tensor states) =>
        model.call(states).reshape(-1, QuantileQNetwork.Actions, options.Quantiles);

    private nn.Module<Tensor, Tensor> Network(long width, int outputs)
    {
        var layers = new List<nn.Module<Tensor, Tensor>>();
        for (var layer = 0; layer < fit.Layers; layer++)
        {
            layers.Add(nn.Linear(width, options.Width));
            layers.Add(nn.ReLU());
            width = options.Width;
        }

        return nn.Sequential([.. layers, nn.Linear(width, outputs)]);
    }

    private void Descend(nn.Module network, long count, Func<Tensor, Tensor> loss, Action? afterStep = null)
    {
        using var optimizer = optim.Adam(network.parameters(), fit.LearningRate);
        for (var step = 0; step < fit.Steps; step++)
        {
            using var scope = NewDisposeScope();
            foreach (var group in optimizer.ParamGroups)
                group.LearningRate = fit.LearningRate * (1 - (step / (double)fit.Steps));
            optimizer.zero_grad();
            loss(randint(0, count, [fit.Batch], dtype: ScalarType.Int64)).backward();
            optimizer.step();
            afterStep?.Invoke();
        }
    }
}
