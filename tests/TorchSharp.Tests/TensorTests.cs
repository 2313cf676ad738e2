using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class TensorTests
{
    [Fact]
    public void Arrays_of_any_rank_keep_their_order()
    {
        using var scope = NewDisposeScope();

        Assert.Equal([1f, 2f, 3f], tensor(new[] { 1f, 2f, 3f }).data<float>().ToArray());
        var matrix = tensor(new[,] { { 1L, 2L, 3L }, { 4L, 5L, 6L } });
        Assert.Equal([2L, 3L], matrix.shape);
        Assert.Equal([1L, 2L, 3L, 4L, 5L, 6L], matrix.data<long>().ToArray());
        Assert.Equal(4L, matrix[1, 0].item<long>());
        var cube = tensor(new double[,,] { { { 1 }, { 2 } } });
        Assert.Equal([1L, 2L, 1L], cube.shape);
        Assert.Equal([2L, 2L], tensor(new List<int> { 1, 2, 3, 4 }, 2, 2).shape);
        Assert.Equal([true, false], tensor(new[] { true, false }).data<bool>().ToArray());
        Assert.Equal([1.0, 2.0], from_array(new[] { 1, 2 }, ScalarType.Float64).data<double>().ToArray());
    }

    [Fact]
    public void A_tensor_is_a_copy_of_its_array()
    {
        using var scope = NewDisposeScope();
        var array = new[] { 1f, 2f };
        var copy = tensor(array);
        array[0] = 9;
        Assert.Equal(1f, copy[0].item<float>());
    }

    [Fact]
    public void A_tensor_from_an_array_shares_its_memory()
    {
        using var scope = NewDisposeScope();
        var array = new[,] { { 1.0, 2.0 }, { 3.0, 4.0 } };
        var shared = from_array(array);
        array[1, 0] = 30;
        shared[0, 1] = 20.0;
        GC.Collect();
        Assert.Equal([1.0, 20.0, 30.0, 4.0], shared.data<double>().ToArray());
        Assert.Equal(20.0, array[0, 1]);

        var converted = from_array(array, ScalarType.Float32);
        array[0, 0] = 9;
        Assert.Equal(1f, converted[0, 0].item<float>());
        Assert.Equal(ScalarType.Int64, as_tensor(new[] { 1, 2 }, ScalarType.Int64).dtype);
    }

    [Fact]
    public void Numbers_take_libtorchs_types()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(ScalarType.Float32, tensor(1f).dtype);
        Assert.Equal(ScalarType.Float64, tensor(1.0).dtype);
        Assert.Equal(ScalarType.Int32, tensor(1).dtype);
        Assert.Equal(ScalarType.Int64, tensor(1L).dtype);
        Assert.Equal(ScalarType.Bool, tensor(true).dtype);
        Assert.Equal(ScalarType.Float32, zeros(1).dtype);
        Assert.Equal(ScalarType.Int64, full(2, 3).dtype);
        Assert.Equal(ScalarType.Float32, full(2, 3.5).dtype);
        Assert.Equal(ScalarType.Int64, arange(3).dtype);
        Assert.Equal(ScalarType.Float32, arange(0, 1, 0.5).dtype);
        Assert.Equal(ScalarType.Int64, randint(10, [3]).dtype);
        Assert.Equal(ScalarType.Float64, (tensor(1f) + tensor(new[] { 1.0 })).dtype);
        Assert.Equal(ScalarType.Float32, (tensor(new[] { 1f }) * 2.5).dtype);
        Assert.Equal(ScalarType.Float32, (tensor(new[] { 1L }) / 2).dtype);
    }

    [Fact]
    public void Factories_fill_as_they_say()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([0f, 0f], zeros(2).data<float>().ToArray());
        Assert.Equal([1L, 1L], ones([2L], ScalarType.Int64).data<long>().ToArray());
        Assert.Equal([2.5, 2.5], full([2L], 2.5, ScalarType.Float64).data<double>().ToArray());
        Assert.Equal([1L, 3L], arange(1, 5, 2).data<long>().ToArray());
        Assert.Equal([0f, 0.5f, 1f], linspace(0, 1, 3).data<float>().ToArray());
        Assert.Equal([1f, 0f, 0f, 1f], eye(2).data<float>().ToArray());
        Assert.Equal([3L, 2L], empty(3, 2).shape);

        var like = tensor(new[,] { { 1L, 2L } });
        Assert.Equal([0L, 0L], zeros_like(like).data<long>().ToArray());
        Assert.Equal([1f, 1f], ones_like(like, ScalarType.Float32).data<float>().ToArray());
        Assert.Equal([7L, 7L], like.full_like(7).data<long>().ToArray());
        Assert.Equal(ScalarType.Int64, like.new_zeros(3).dtype);
        Assert.Equal([1L, 2L], rand_like(like, ScalarType.Float32).shape);
    }

    [Fact]
    public void Conversions_keep_the_value()
    {
        using var scope = NewDisposeScope();
        var x = tensor(2.75);
        Assert.Equal(2.75f, (float)x);
        Assert.Equal(2.75, x.ToDouble());
        Assert.Equal(2, (int)x);
        Assert.Equal(2L, x.to_type(ScalarType.Int64).item<long>());
        Assert.True((bool)x);
        Assert.Equal(2.75f, x.@float().item<float>());
        Assert.Equal(long.MaxValue, tensor(long.MaxValue).ToInt64());
        Assert.True(tensor(3).is_nonzero());
        Assert.Equal(ScalarType.Float64, x.ToScalar().Type);
    }

    [Fact]
    public void Properties_describe_the_tensor()
    {
        using var scope = NewDisposeScope();
        var x = zeros(2, 3, ScalarType.Float64);
        Assert.Equal((2L, 6L, 8L), (x.dim(), x.numel(), x.element_size()));
        Assert.Equal([3L, 1L], x.stride());
        Assert.Equal(3L, x.size(-1));
        Assert.True(x.is_contiguous());
        Assert.False(x.t().is_contiguous());
        Assert.Equal(DeviceType.CPU, x.device_type);
        Assert.Equal("cpu", x.device.ToString());
        Assert.Equal("[2x3], type = Float64, device = cpu", x.ToString());
        Assert.Empty(tensor(1f).shape);
    }

    [Fact]
    public void Views_share_memory_and_clones_do_not()
    {
        using var scope = NewDisposeScope();
        var x = zeros(4);
        x.view(2, 2)[0, 1] = 5f;
        x[2] = 7;
        x.clone().fill_(9);
        x.to_type(ScalarType.Float32, copy: true).fill_(9);
        Assert.Equal([0f, 5f, 7f, 0f], x.data<float>().ToArray());
    }

    [Fact]
    public void Indexers_assign_slices_masks_and_rows()
    {
        using var scope = NewDisposeScope();
        var x = zeros(3, 3, ScalarType.Int64);
        x[TensorIndex.Colon, TensorIndex.Single(1)] = tensor(new[] { 1L, 2L, 3L });
        x[x > 2] = 30L;
        x[0] = arange(3);
        x[^1, ..2] = tensor(-1L);
        Assert.Equal([0L, 1, 2, 0, 2, 0, -1, -1, 0], x.data<long>().ToArray());

        x.index_put_(tensor(new[] { 1L, 1L, 1L }), [tensor(new[] { 0L, 0L, 2L }), tensor(new[] { 0L, 0L, 2L })], accumulate: true);
        Assert.Equal((2L, 1L), (x[0, 0].item<long>(), x[2, 2].item<long>()));
    }

    [Fact]
    public void Equality_compares_elements_and_operators_compare_elementwise()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1f, 2f });
        Assert.True(x.Equals(tensor(new[] { 1f, 2f })));
        Assert.False(x.Equals(tensor(new[] { 1f, 3f })));
        Assert.Equal([true, false], (x == tensor(new[] { 1f, 3f })).data<bool>().ToArray());
        Assert.Equal([false, true], (x > 1).data<bool>().ToArray());
        Assert.True(x.allclose(x + 1e-9));
    }

    [Fact]
    public void Random_draws_follow_their_distribution()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        Assert.Equal(0.5, rand(100_000).mean().ToDouble(), 0.01);
        Assert.Equal(1.0, randn(100_000).std().ToDouble(), 0.02);
        Assert.Equal(2.0, normal(2, 0.5, [100_000]).mean().ToDouble(), 0.02);
        Assert.Equal(0.3, bernoulli(full(100_000, 0.3)).mean().ToDouble(), 0.01);
        Assert.Equal(0.25, zeros(100_000).uniform_(0, 0.5).mean().ToDouble(), 0.01);
        Assert.Equal(4.5, randint(0, 10, [100_000]).to_type(ScalarType.Float64).mean().ToDouble(), 0.05);
        var counts = multinomial(tensor(new[] { 1f, 3f }), 10_000, replacement: true).bincount(null);
        Assert.Equal(0.75, counts[1].ToDouble() / 10_000, 0.02);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (long)i), randperm(50).data<long>().Order());
    }

    [Fact]
    public void A_generator_draws_apart_from_the_default_one()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(11);
        var first = rand(5, generator: generator);
        _ = rand(5);
        generator.manual_seed(11);
        Assert.True(first.Equals(rand(5, generator: generator)));
        Assert.Equal(11, generator.initial_seed());

        var state = generator.get_state();
        var next = randn(3, generator: generator);
        generator.set_state(state);
        Assert.True(next.Equals(randn(3, generator: generator)));
    }

    [Fact]
    public void Threads_are_as_many_as_asked_for()
    {
        var before = get_num_threads();
        set_num_threads(2);
        Assert.Equal(2, get_num_threads());
        set_num_threads(before);
    }
}
