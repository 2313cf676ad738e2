using MTRec.Core.Fusion;
using MTRec.Core.Tasks;
using MTRec.Learning.Algorithms.BayesianOptimisation;
using MTRec.Learning.Algorithms.CrossEntropy;
using MTRec.Learning.Algorithms.EvolutionStrategy;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using MTRec.Learning.Tests.Fusion;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms.Fusion;

public sealed class GlobalWeightsTests : IDisposable
{
    private const int Seed = 3;

    private readonly MoodyUsers _users = new();

    // Only the ratio of the two weights matters to the order.
    private double BestConstant => new float[] { -1, -0.5f, 0, 0.5f, 1 }.SelectMany(x => new[] { (1f, x), (x, 1f) }).Max(weights =>
    {
        using var policy = new ConstantPolicy("test", MoodyUsers.Actions, [weights.Item1, weights.Item2]);
        return Return(policy);
    });

    public void Dispose() => _users.Dispose();

    [Fact]
    public void Cross_entropy_finds_the_best_constant_action()
    {
        var search = new CrossEntropy(new() { Rounds = 6, Population = 16, Sessions = 200 });
        using var policy = search.Fit(_users, MoodyUsers.Actions, [1, -1], Seed);
        using var start = new ConstantPolicy("start", MoodyUsers.Actions, [1, -1]);
        Assert.True(Return(start) < 0.9 * BestConstant);
        Assert.True(Return(policy) > 0.97 * BestConstant, $"{Return(policy)} of {BestConstant}");
        Assert.Equal("cem", policy.Algorithm);
    }

    [Fact]
    public void Cross_entropy_repeats_itself()
    {
        var options = new CrossEntropyOptions { Rounds = 2, Population = 5, Sessions = 50 };
        using var one = new CrossEntropy(options).Fit(_users, MoodyUsers.Actions, null, Seed);
        using var two = new CrossEntropy(options).Fit(_users, MoodyUsers.Actions, null, Seed);
        using var other = new CrossEntropy(options).Fit(_users, MoodyUsers.Actions, null, Seed + 1);
        Assert.Equal(one.Action, two.Action);
        Assert.NotEqual(one.Action, other.Action);
    }

    [Fact]
    public void Bayesian_optimisation_finds_the_best_constant_action()
    {
        var search = new BayesianOptimisation(new() { Initial = 6, Rounds = 10, Proposals = 200, Sessions = 300 });
        using var policy = search.Fit(_users, MoodyUsers.Actions, [1, -1], Seed);
        Assert.True(Return(policy) > 0.97 * BestConstant, $"{Return(policy)} of {BestConstant}");
        Assert.Equal(16, search.Curve.Count);
        Assert.True(search.Curve.Skip(6).Average() > search.Curve.Take(6).Average());
    }

    [Fact]
    public void Evolution_strategy_learns_what_each_mood_wants()
    {
        var search = new EvolutionStrategy(new() { Generations = 20, Pairs = 8, Sessions = 100, LearningRate = 0.1 });
        using var policy = search.Fit(_users, MoodyUsers.Actions, null, Seed);
        var best = Return(MoodyUsers.ByMood);
        Assert.True(Return(policy) > (0.3 * BestConstant) + (0.7 * best), $"{Return(policy)} between {BestConstant} and {best}");
    }

    [Fact]
    public void Evolution_strategy_starts_where_it_is_told()
    {
        var search = new EvolutionStrategy(new() { Generations = 0 });
        using var policy = search.Fit(_users, MoodyUsers.Actions, [0.4f, -0.7f], Seed);
        using var scope = NewDisposeScope();
        var action = policy.Act(_users.Reset(50, Seed)).squeeze(1);

        // The last layer is made small, not nothing.
        Assert.True((action - tensor(new[] { 0.4f, -0.7f })).abs().max().item<float>() < 0.05f);
    }

    [Fact]
    public void Ranks_are_centred_and_the_ascent_points_to_the_higher_return()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([0.5f, -0.5f, 0f], EvolutionStrategy.CentredRanks(tensor(new[] { 9f, -4f, 1f })).data<float>().ToArray());
        var perturbations = tensor(new float[,] { { 1, 0 }, { -1, 0 }, { 0, 2 } });

        // Ranks 0.5, -0.5, 0 over 3 x 0.1.
        var ascent = EvolutionStrategy.Ascent(perturbations, tensor(new[] { 9f, -4f, 1f }), 0.1);
        Assert.Equal(1 / 0.3f, ascent[0].item<float>(), 1e-4f);
        Assert.Equal(0, ascent[1].item<float>());
    }

    [Fact]
    public void Random_orders_repeat_by_seed_and_are_worse_than_fixed_weights()
    {
        using var one = new RandomOrder(Seed);
        using var two = new RandomOrder(Seed);
        var evaluation = new PolicyEvaluation(_users, 500, 1);
        var returns = evaluation.Of(one).Returns;
        Assert.Equal(returns, evaluation.Of(two).Returns);
        Assert.NotEqual(returns, evaluation.Of(one).Returns);
        Assert.True(returns.Average() < 0.7 * BestConstant);
    }

    [Fact]
    public void Published_weights_score_by_unit_and_object_to_hate()
    {
        TaskDefinition[] tasks = [new("like", 0, 1, 0, "probability"), new("hate", 0, 1, 0, "probability"), new("watchTime", 0, 400, 0, "seconds"), new("other", 0, 1, 0, "probability")];
        using var scope = NewDisposeScope();
        using var policy = PublishedWeights.Of(tasks);
        var scores = tensor(new[] { 0.2f, 0.01f, 30f / 400, 1 }).reshape(1, 1, 4);
        var score = policy.Score(new Observation(zeros(1, 1), ones(1), scores)).item<float>();
        Assert.Equal((0.5f * 0.2f) - (43.2f * 0.01f) + (0.004f * 30), score, 1e-5f);
        Assert.Equal(FusionFormula.WeightedSum, policy.Actions.Fusion.Formula);
    }

    private double Return(IFusionPolicy policy) => new PolicyEvaluation(_users, 800, 99991).Of(policy).Returns.Average();
}
