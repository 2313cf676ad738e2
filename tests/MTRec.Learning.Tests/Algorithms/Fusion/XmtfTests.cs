using MTRec.Core.Fusion;
using MTRec.Export;
using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Algorithms.Td3;
using MTRec.Learning.Algorithms.Xmtf;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Learning.Tests.Fusion;
using MTRec.Learning.Tests.Networks;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms.Fusion;

public sealed class XmtfTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly MoodyUsers _users = new();

    public void Dispose()
    {
        _users.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void The_outer_functions_bend_what_the_cells_give()
    {
        var actions = XmtfPolicy.OuterFunctions(["click", "like"], 0.5f);
        var fused = actions.Fuse(tensor(new[] { 1f, -1f }).reshape(1, 1, 2), tensor(new[] { 0.4f, 0.8f }).reshape(1, 1, 2)).item<float>();
        Assert.Equal((0.4f * (1 + (0.5f * 0.4f))) + (0.8f * (1 - (0.5f * 0.8f))), fused, 1e-6f);
        Assert.Equal(FusionFormula.Cells, actions.Fusion.Formula);
        Assert.Equal("like.curvature", actions.Fusion.Action[1].Name);
    }

    [Fact]
    public void The_transfer_s_loss_is_that_of_ranked_pairs()
    {
        // The outer policy has the first before the second by 1, then the other way round by 5, which deviate by 3; the cells disagree by 1 and by 3.
        var outer = tensor(new float[,] { { 2, 1 }, { 0, 5 } });
        var inner = tensor(new float[,] { { 0, 1 }, { 3, 0 } });
        Assert.Equal((Math.Log(1 + Math.E) + Math.Log(1 + Math.Exp(3))) / 2, Xmtf.TransferLoss(outer, inner, 3).item<float>(), 1e-5);
        Assert.True(Xmtf.TransferLoss(outer, -inner, 3).item<float>() < Xmtf.TransferLoss(outer, inner, 3).item<float>());
    }

    [Fact]
    public void The_hinge_counts_what_goes_against_its_task_s_direction()
    {
        var scores = tensor(new float[,,] { { { 0.9f, 0.9f }, { 0.1f, 0.1f } } });
        var outputs = tensor(new float[,,] { { { 0.2f, 0.3f }, { 0.6f, 0.1f } } });

        // Liking rose while its output fell by 0.4; the objection rose and its output with it, by 0.2.
        Assert.Equal((0.4f + 0.2f) / 2, Xmtf.MonotonicityLoss(scores, outputs, tensor(new[] { 1f, -1f })).item<float>(), 1e-6f);
        Assert.Equal(0, Xmtf.MonotonicityLoss(scores, outputs, tensor(new[] { -1f, 1f })).item<float>());
    }

    [Fact]
    public void Cells_begin_monotone_in_their_task_s_direction()
    {
        using var cells = new FusionCells(1, [false, true], 4, rand(200, 2));
        var scores = linspace(0, 1, 11).reshape(1, 11, 1).expand(1, 11, 2);
        var q = cells.call(ones(1, 1), scores);
        var rises = (q.narrow(1, 1, 10) - q.narrow(1, 0, 10)).squeeze(0);
        Assert.True(rises.select(1, 0).min().item<float>() > 0 && rises.select(1, 1).max().item<float>() < 0);
        Assert.True(q.min().item<float>() > 0 && q.max().item<float>() < 1);
    }

    [Fact]
    public void The_transfer_takes_the_outer_order_into_the_cells_and_keeps_them_monotone()
    {
        var xmtf = new Xmtf(new XmtfOptions { TransferUpdates = 500, TransferRate = 1e-2, TransferBatch = 256 });
        using var seen = Xmtf.Watch(_users, null, 3);
        using var scores = seen.Scores.flatten(0, 1);
        var actions = XmtfPolicy.OuterFunctions(["first", "second"], 0.5f);

        // An outer policy that follows the mood: one task convex, the other concave.
        var actor = new ActorPolicy("xmtf", actions, new Mlp(3, [], 2));
        using (no_grad())
        {
            var parameters = actor.Network.parameters().ToArray();
            parameters[0].copy_(tensor(new float[,] { { 3, 0, 0 }, { -3, 0, 0 } }));
            parameters[1].zero_();
        }

        manual_seed(4);
        using var outer = new XmtfPolicy(new FusionCells(3, [false, false], 8, scores), actor);
        using var cells = new FusionCells(3, [false, false], 8, scores);
        cells.load_state_dict(outer.Cells.state_dict());
        var before = Agreement();

        xmtf.Transfer(outer, cells, seen, 5, default);

        var after = Agreement();
        Assert.True(after.Order > 0.97 && after.Order > before.Order + 0.01, $"{before.Order} -> {after.Order}");
        Assert.True(after.Hinge < 1e-3, $"{after.Hinge}");

        (double Order, double Hinge) Agreement()
        {
            using var chance = new Generator(6);
            var (state, pairs) = seen.Pairs(4000, chance);
            var q = cells.call(state, pairs);
            var z = q.sum(-1);
            var wanted = outer.Score(state, pairs);
            var agrees = (z.select(1, 0) - z.select(1, 1)).sign().eq((wanted.select(1, 0) - wanted.select(1, 1)).sign());
            return (agrees.to(ScalarType.Float32).mean().item<float>(), Xmtf.MonotonicityLoss(pairs, q, cells.Directions).item<float>());
        }
    }

    [Fact]
    public void Learns_more_than_the_sum_of_its_first_cells()
    {
        var options = new XmtfOptions
        {
            Rounds = 3,
            Sessions = 600,
            TransferUpdates = 300,
            TransferBatch = 256,
            TransferRate = 1e-2,
            Outer = new Td3Options { Discount = 0.9, Updates = 700, Hidden = [32], LearningRate = 2e-3, BatchSize = 128, TargetRate = 0.02 },
        };
        using var policy = new Xmtf(options).Fit(_users, [false, false]);
        using var start = new Xmtf(options with { Rounds = 1, Outer = options.Outer with { Updates = 1 } }).Fit(_users, [false, false]);
        var evaluation = new PolicyEvaluation(_users, 1500, 99991);
        var (learned, first) = (evaluation.Of(policy).Returns.Average(), evaluation.Of(start).Returns.Average());
        Assert.True(learned > first * 1.03, $"{learned} of {first}");
    }

    [Fact]
    public void The_graph_of_the_cells_is_the_module()
    {
        using var cells = new FusionCells(2, [false, true, false], 4, rand(50, 3));
        cells.Stir(3);
        var graph = new OnnxGraph("cells");
        var state = graph.Input("context", 1, 2);
        graph.Output("q", cells.Export(graph, "cells", state, graph.Input("candidates", -1, 3)), -1, 3);
        float[] scores = [0, 0, 0, 1, 1, 1, 0.2f, 0.5f, 0.9f];
        var q = new GraphRun([0.3f, -4], [], [], scores).Run(graph)["q"];
        var expected = cells.call(tensor(new float[,] { { 0.3f, -4 } }), tensor(scores).reshape(1, 3, 3)).Floats();
        Assert.Equal(expected, q, (a, b) => Math.Abs(a - b) < 1e-5);
    }
}
