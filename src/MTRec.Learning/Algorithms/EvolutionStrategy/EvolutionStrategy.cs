using System.Globalization;
using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Environments;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.EvolutionStrategy;

/// <summary>
/// A small actor by evolution strategy (Salimans et al. 2017), a baseline of BatchRL-MTF (arXiv 2208.04560): antithetic perturbations of all
/// weights, returns shaped to centred ranks, Adam. All perturbations of a generation meet the same users in the same mood.
/// </summary>
/// <param name="options">How.</param>
/// <param name="progress">Told of every generation; may be null.</param>
public sealed class EvolutionStrategy(EvolutionStrategyOptions options, IProgress<FitProgress>? progress = null)
{
    /// <summary>The algorithm's name in the manifest.</summary>
    public const string Algorithm = "es";

    /// <summary>Mean return of every generation's perturbations, from the last <see cref="Fit"/>.</summary>
    public IReadOnlyList<double> Curve { get; private set; } = [];

    /// <summary>Learns.</summary>
    /// <param name="environment">Where perturbations are played.</param>
    /// <param name="actions">The formula.</param>
    /// <param name="start">The action [A] that the first policy takes everywhere; Torch's initial weights decide where null.</param>
    /// <param name="seed">Seed of the first weights, the perturbations and the users.</param>
    /// <param name="cancellation">Ends the learning between two plays.</param>
    public ActorPolicy Fit(IEnvironment environment, FusionActions actions, IReadOnlyList<float>? start, int seed, CancellationToken cancellation = default)
    {
        manual_seed(seed);
        var random = new Random(seed);
        var policy = new ActorPolicy(Algorithm, actions, new Mlp(environment.Shape.StateWidth, options.Hidden, actions.Width));
        using var quiet = no_grad();
        using var whole = NewDisposeScope();
        if (start is not null)
            ActorStart.At(policy.Network.Last.weight!, policy.Network.Last.bias!, tensor(start.ToArray()));
        using var weights = new Parameter(Flatten(policy.Network));
        using var optimizer = optim.Adam([weights], options.LearningRate);
        var curve = new List<double>();
        for (var generation = 0; generation < options.Generations; generation++)
        {
            using var scope = NewDisposeScope();
            var evaluation = new PolicyEvaluation(environment, options.Sessions, random.Next());
            var perturbations = randn(options.Pairs, weights.shape[0]);
            perturbations = cat([perturbations, -perturbations]);
            var population = weights + (perturbations * options.Deviation);
            var played = new float[2 * options.Pairs];
            for (var i = 0; i < played.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                Assign(policy.Network, population[i]);
                played[i] = (float)evaluation.Of(policy).Returns.Average();
            }

            weights.grad = (weights * options.WeightDecay) - Ascent(perturbations, tensor(played), options.Deviation);
            optimizer.step();
            curve.Add(played.Average());
            progress?.Report(new FitProgress(
                "evolution strategy", (generation + 1.0) / options.Generations, string.Create(CultureInfo.InvariantCulture, $"mean return {curve[^1]:F3}")));
        }

        Assign(policy.Network, weights);
        Curve = curve;
        return policy;
    }

    /// <summary>The estimated ascent direction sum_i rank_i e_i / (n sigma) [D].</summary>
    /// <param name="perturbations">e [n, D].</param>
    /// <param name="returns">[n].</param>
    /// <param name="deviation">sigma.</param>
    public static Tensor Ascent(Tensor perturbations, Tensor returns, double deviation) =>
        CentredRanks(returns).matmul(perturbations) / (perturbations.shape[0] * deviation);

    /// <summary>Ranks spread over [-0.5, 0.5], the highest return at 0.5 [n].</summary>
    public static Tensor CentredRanks(Tensor returns)
    {
        var count = returns.shape[0];
        return (returns.argsort().argsort().to_type(ScalarType.Float32) / Math.Max(1, count - 1)) - 0.5;
    }

    private static Tensor Flatten(nn.Module network) => cat([.. network.parameters().Select(parameter => parameter.detach().reshape(-1))]);

    private static void Assign(nn.Module network, Tensor weights)
    {
        long start = 0;
        foreach (var parameter in network.parameters())
        {
            parameter.copy_(weights.narrow(0, start, parameter.numel()).reshape(parameter.shape));
            start += parameter.numel();
        }
    }
}
