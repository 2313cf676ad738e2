using MTRec.Data.Sequences;
using MTRec.Learning.Algorithms.Guidance;
using MTRec.Learning.Algorithms.Recommenders;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms.Recommenders;

public sealed class BackboneTests
{
    private static readonly RecommenderOptions Small = new() { Width = 8, Hidden = 16, History = 8 };

    public static TheoryData<string> Names => [.. Backbones.All.Select(backbone => backbone.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_gradient_reaches_every_parameter_and_is_that_of_the_loss(string name)
    {
        manual_seed(1);
        using var model = Make(name);
        using var scope = NewDisposeScope();
        model.train();
        var batch = SomeBatch();
        var labels = tensor(new[] { 1f, 0, 1, 0 });
        Loss().backward();
        var random = new Random(2);
        foreach (var (parameter, weights) in model.named_parameters())
        {
            var gradient = weights.grad;
            Assert.True(gradient is not null && gradient.isfinite().all().item<bool>(), parameter);
            Assert.True(gradient.abs().max().item<float>() > 0, $"{parameter} has no gradient");

            // The steepest element, by central differences; parts of ReLU that switch within the step are why the tolerance is wide.
            var place = gradient.abs().argmax().item<long>();
            var slope = gradient.reshape(-1)[place].item<float>();
            const float Step = 2e-3f;
            var difference = (Moved(weights, place, Step) - Moved(weights, place, -Step)) / (2 * Step);
            Assert.True(Math.Abs(difference - slope) <= (0.1 * Math.Abs(slope)) + 2e-4, $"{parameter}: {difference} against {slope}");
        }

        float Moved(Tensor weights, long place, float step)
        {
            using var quiet = no_grad();
            var element = weights.view(-1).narrow(0, place, 1);
            element.add_(step);
            var loss = Loss().item<float>();
            element.sub_(step);
            return loss;
        }

        Tensor Loss()
        {
            var scores = model.Score(batch);
            var loss = nn.functional.binary_cross_entropy_with_logits(scores.Logits, labels);
            return scores.AuxiliaryLoss is { } auxiliary ? loss + auxiliary : loss;
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_a_recommender_says_does_not_depend_on_padding_or_on_its_neighbours(string name)
    {
        manual_seed(3);
        using var model = Make(name);
        model.eval();
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var together = model.call(SomeBatch()).Floats();
        var alone = model.call(new SequenceBatch(tensor(new long[] { 5, 6 }, 1, 2), zeros(1, 2, ScalarType.Int64), tensor(new long[] { 7 }))).Floats();
        Assert.Equal(together[0], alone[0], 1e-5f);
        Assert.Equal(4, together.Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_planted_pattern_is_learned(string name)
    {
        // A user stays within one half of the items; of the 24 items left to skip, 15 are of the other half. A model that knows the history's
        // half tells those from taken items and no other: the best AUC is 15 / 24 + 9 / 24 / 2 = .81, chance .5.
        manual_seed(4);
        using var model = Make(name, attributes: false);
        var examples = PlantedChoices.TwoHalves(users: 400, seed: 5);
        var train = examples.Rows(SequencePart.Train);
        var fitter = new Fitter(new FitOptions { Epochs = 12, BatchSize = 128, LearningRate = 1e-2, WeightDecay = 0.01, Patience = 12 }, null, default);
        new GuidedFit(fitter, seed: 6).Fit(name, model, examples, train, examples.Rows(SequencePart.Validation), guidance: null);

        int[] rows = [.. examples.Rows(SequencePart.KeptBack).Where(row => examples.HistoryLength(row) > 1)];
        var auc = Auc.Of(GuidedFit.Logits(model, examples, rows), Array.ConvertAll(rows, row => examples.Taken[row]));
        Assert.True(auc > 0.72, $"{name}: {auc}");
    }

    [Fact]
    public void Dien_asks_its_interests_for_the_next_item()
    {
        manual_seed(7);
        using var model = Make("DIEN");
        using var scope = NewDisposeScope();
        Assert.NotNull(model.Score(SomeBatch()).AuxiliaryLoss);
        model.eval();
        Assert.Null(model.Score(SomeBatch()).AuxiliaryLoss);

        // Interests that point along the taken items and away from the skipped ones lower the loss below that of chance, 2 log 2 x 0.1.
        model.train();
        using var optimizer = optim.Adam(model.parameters(), 0.05);
        var loss = double.NaN;
        for (var step = 0; step < 60; step++)
        {
            optimizer.zero_grad();
            var auxiliary = model.Score(SomeBatch()).AuxiliaryLoss!;
            auxiliary.backward();
            optimizer.step();
            loss = auxiliary.item<float>();
        }

        Assert.InRange(loss, 0, 0.02);
    }

    private static SequenceRecommender Make(string name, bool attributes = true)
    {
        IReadOnlyList<int>[] ofItem = [[], .. Enumerable.Range(1, 30).Select(item => new[] { 1 + (item % 4), 5 + (item % 3) })];
        return Backbones.All.Single(backbone => backbone.Name == name).Make(
            attributes ? new ItemAttributes(7, ofItem) : ItemAttributes.None(30), Small);
    }

    private static SequenceBatch SomeBatch() => new(
        tensor(new long[] { 0, 0, 0, 0, 5, 6, 0, 0, 0, 0, 0, 2, 3, 4, 5, 6, 7, 8, 1, 9, 8, 7, 6, 5 }, 4, 6),
        tensor(new long[] { 0, 0, 0, 0, 15, 16, 0, 0, 0, 0, 0, 12, 13, 14, 15, 16, 17, 18, 11, 19, 18, 17, 16, 15 }, 4, 6),
        tensor(new long[] { 7, 8, 9, 10 }));
}
