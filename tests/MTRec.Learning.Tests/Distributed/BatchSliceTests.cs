using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Distributed;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Distributed;

/// <summary>Slices of several ranks in one process: what each would take of a batch. That ranks add them up is for tests with real ones.</summary>
public sealed class BatchSliceTests
{
    public static TheoryData<string> Experts => [.. Models.Keys];

    private static Dictionary<string, TaskExpertsOptions> Models { get; } = new(StringComparer.Ordinal)
    {
        ["mmoe"] = new MmoeOptions { Dropout = 0.3 },
        ["ple"] = new PleOptions { Dropout = 0.3, Levels = 3 },
        ["mfh"] = new MfhOptions { Dropout = 0.3 },
    };

    [Theory]
    [InlineData(12, 1)]
    [InlineData(12, 2)]
    [InlineData(13, 3)]
    [InlineData(2, 5)]
    public void Slices_are_the_batch(int rows, int count)
    {
        var batch = Enumerable.Range(100, rows).ToArray();
        using var parts = Parts(count);
        var slices = parts.Of(rows);

        Assert.Equal(batch, slices.Where(slice => slice.Weight > 0).SelectMany(slice => slice.Of(batch)).Order());
        Assert.Equal(1, slices.Sum(slice => slice.Weight), 1e-12);
        Assert.All(slices, slice => Assert.Equal(slice.Count, slice.Of(batch).Length));
        Assert.Equal(batch.Average(), parts.Mean(slices, [.. slices.Select(slice => slice.Of(batch).Average())]), 1e-9);
    }

    [Fact]
    public void Slices_of_tensors_are_of_the_same_rows()
    {
        using var scope = NewDisposeScope();
        using var parts = Parts(2);
        var slice = parts.Of(5)[1];

        Assert.Equal([1f, 3], slice.Of(arange(5).to(ScalarType.Float32)).Floats());
        Assert.Equal([2f, 3, 6, 7], slice.Of(arange(10).to(ScalarType.Float32).reshape(5, 2)).Floats());
    }

    [Fact]
    public void A_part_draws_the_same_on_every_rank()
    {
        using var scope = NewDisposeScope();
        using var one = Parts(3);
        var expected = one.Of(7).Select(Drawn).ToArray();
        for (var rank = 0; rank < 3; rank++)
        {
            using var parts = new BatchParts(World.Alone, [rank], 3, seed: 1);
            Assert.Equal(expected[rank], Drawn(Assert.Single(parts.Of(7))));
        }

        Assert.Equal(3, expected.Select(numbers => numbers[0]).Distinct().Count());
        using var other = new BatchParts(World.Alone, [0], 3, seed: 2);
        Assert.NotEqual(expected[0], Drawn(other.Of(7)[0]));

        static float[] Drawn(BatchSlice slice) => randn([slice.Count, 2], generator: slice.Chance).Floats();
    }

    [Theory]
    [MemberData(nameof(Experts))]
    public void A_network_in_training_draws_by_the_slice_s_chance(string algorithm)
    {
        using var scope = NewDisposeScope();
        set_num_threads(1);
        var data = new SyntheticExamples(users: 20);
        using var backbone = new Backbone(data.Schema, data.Statistics, data.Items.Ids.Count, SyntheticExamples.SmallBackbone with { Dropout = 0.4 });
        using var model = new UpstreamModel(BehaviourTask.Default, [0.5f, 0.3f, 0.1f, 0.1f, 0.1f, 0.2f], backbone, Models[algorithm]);
        model.train();
        var rows = Enumerable.Range(30, 37).ToArray();

        using var one = Parts(2);
        var both = Outputs(one);
        for (var rank = 0; rank < 2; rank++)
        {
            // Whatever else draws in the process.
            manual_seed(rank);
            using var parts = new BatchParts(World.Alone, [rank], 2, seed: 1);
            Assert.Equal(both[rank], Assert.Single(Outputs(parts)));
        }

        // Else there was no chance to agree on.
        using var other = new BatchParts(World.Alone, [0], 2, seed: 2);
        Assert.NotEqual(both[0], Assert.Single(Outputs(other)));

        IReadOnlyList<float[]> Outputs(BatchParts parts)
        {
            var slices = parts.Of(rows.Length);
            return BatchParts.Each(slices, i =>
            {
                var own = slices[i].Of(rows);
                return model.call(data.Train.Batch(own, [.. own.Select(_ => ExampleView.Warm)])).Floats();
            });
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(9)]
    public void Parts_step_as_the_whole_batch_would(int count)
    {
        using var scope = NewDisposeScope();
        var inputs = arange(7).to(ScalarType.Float32).unsqueeze(1);
        var weight = nn.Parameter(tensor(new[] { 2f }));
        using var parts = Parts(count);
        using var descent = new Descent("weight", optim.SGD([weight], 0.01), parts);
        var slices = parts.Of(7);

        // L = mean (w x)^2, dL/dw = 2 w mean x^2; the squares of 0 to 6 are 13 on average.
        Assert.Equal(4 * 13, descent.Minimise(slices, i => (slices[i].Of(inputs) * weight).square().mean()), 1e-4);
        Assert.Equal(2 - (0.01 * 2 * 2 * 13), weight.item<float>(), 1e-5);
    }

    [Fact]
    public void Alone_a_step_is_the_optimiser_s()
    {
        using var scope = NewDisposeScope();
        var told = new List<StepLoss>();
        using var world = World.Join(told.Add);
        var weight = nn.Parameter(tensor(new[] { 3f, 4 }));
        using var parts = world.Parts(1);
        using var descent = new Descent("weight", optim.SGD([weight], 0.5), parts, gradientNorm: 1);
        descent.Minimise(parts.Of(8), _ => (weight * tensor(new[] { 30f, 40 })).sum());

        Assert.True(world.IsFirst && world.Size == 1);
        Assert.Equal(("weight", 1, 250.0), told.Select(loss => (loss.Name, loss.Step, loss.Value)).Single());
        Assert.Equal([2.7f, 3.6f], weight.Floats(), (a, b) => Math.Abs(a - b) < 1e-5);
    }

    private static BatchParts Parts(int count) => new(World.Alone, Enumerable.Range(0, count), count, seed: 1);
}
