using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Distributed;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Distributed;

/// <summary>Slices of several ranks in one process: what each would take of a batch. That the ranks add them up is for tests with real ones.</summary>
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
    public void Slices_are_the_batch(int rows, int ranks)
    {
        var batch = Enumerable.Range(100, rows).ToArray();
        var slices = Slices(rows, ranks);

        Assert.Equal(batch, slices.Where(slice => slice.Weight > 0).SelectMany(slice => slice.Of(batch)).Order());
        Assert.Equal(1, slices.Sum(slice => slice.Weight), 1e-12);
        Assert.All(slices, slice => Assert.Equal(slice.Count, slice.Of(batch).Length));
        Assert.Equal(batch.Average(), slices.Sum(slice => slice.Weight * slice.Of(batch).Average()), 1e-9);
    }

    [Fact]
    public void Slices_of_tensors_keep_what_belongs_to_a_row_together()
    {
        using var scope = NewDisposeScope();
        var slice = Slices(5, 2)[1];

        Assert.Equal([1f, 3], slice.Of(arange(5).to(ScalarType.Float32)).Floats());
        Assert.Equal([3f, 4, 5, 9, 10, 11], slice.Of(arange(15).to(ScalarType.Float32)).Floats());
        Assert.Equal([2, 2, 1], slice.Of(zeros(2, 5, 1), axis: 1).shape);
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(2, 1)]
    [InlineData(9, 0)]
    public void Ranks_draw_the_batch_s_chance_together(int ranks, int axis)
    {
        using var scope = NewDisposeScope();
        const int Rows = 7;
        long[] whole = axis == 0 ? [2 * Rows, 3] : [3, 2 * Rows];
        using var chance = new Generator(5);
        var expected = randn(whole, generator: chance);
        var after = randn(1, generator: chance).item<float>();

        foreach (var slice in Slices(Rows, ranks))
        {
            using var own = new Generator(5);
            long[] shape = [.. whole];
            shape[axis] = 2 * slice.Count;
            Assert.Equal(slice.Of(expected, axis).Floats(), slice.Draw(shape, size => randn(size, generator: own), axis).Floats());
            Assert.Equal(after, randn(1, generator: own).item<float>());
        }
    }

    [Theory]
    [MemberData(nameof(Experts))]
    public void A_network_in_training_sees_the_same_chance_slice_by_slice(string algorithm)
    {
        using var scope = NewDisposeScope();
        set_num_threads(1);
        manual_seed(1);
        var data = new SyntheticExamples(users: 20);
        var backbone = new Backbone(data.Schema, data.Statistics, data.Items.Ids.Count, SyntheticExamples.SmallBackbone with { Dropout = 0.4 });
        using var model = new UpstreamModel(BehaviourTask.Default, [0.5f, 0.3f, 0.1f, 0.1f, 0.1f, 0.2f], backbone, Models[algorithm]);
        model.train();
        var rows = Enumerable.Range(30, 37).ToArray();
        var batch = data.Train.Batch(rows, [.. rows.Select(_ => ExampleView.Warm)]);

        manual_seed(2);
        var whole = model.call(batch);
        foreach (var slice in Slices(rows.Length, 3))
        {
            manual_seed(2);
            using var entered = slice.Enter();
            var own = model.call(new FeatureBatch(slice.Of(batch.Context), slice.Of(batch.User), slice.Of(batch.History), slice.Of(batch.Candidates)));
            Assert.True(own.allclose(slice.Of(whole), 1e-5, 1e-6));
        }

        // Else there was no chance to agree on.
        manual_seed(3);
        Assert.False(model.call(batch).allclose(whole, 1e-2, 1e-2));
    }

    [Fact]
    public void Alone_a_step_is_the_optimiser_s()
    {
        using var scope = NewDisposeScope();
        var told = new List<StepLoss>();
        using var world = World.Join(told.Add);
        var weight = nn.Parameter(tensor(new[] { 3f, 4 }));
        using var descent = new Descent("weight", optim.SGD([weight], 0.5), gradientNorm: 1);
        descent.Minimise((weight * tensor(new[] { 30f, 40 })).sum(), world.Slice(8));

        Assert.True(world.IsFirst && world.Size == 1);
        Assert.Equal(("weight", 1, 250.0), told.Select(loss => (loss.Name, loss.Step, loss.Value)).Single());
        Assert.Equal([2.7f, 3.6f], weight.Floats(), (a, b) => Math.Abs(a - b) < 1e-5);
    }

    private static BatchSlice[] Slices(long rows, int ranks) => [.. Enumerable.Range(0, ranks).Select(rank => new BatchSlice(World.Alone, rows, rank, ranks))];
}
