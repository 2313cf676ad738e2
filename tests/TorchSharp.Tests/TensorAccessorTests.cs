using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class TensorAccessorTests
{
    [Fact]
    public void Views_read_and_write_in_their_own_order()
    {
        using var scope = NewDisposeScope();
        var matrix = arange(6).reshape(2, 3);
        var transposed = matrix.t().data<long>();

        Assert.Equal([0L, 3, 1, 4, 2, 5], transposed.ToArray());
        Assert.Equal([0L, 3, 1, 4, 2, 5], transposed);
        Assert.Equal(4L, transposed[1, 1]);
        Assert.Equal(4L, transposed[3]);
        transposed[1, 1] = 40;
        transposed[4] = 20;
        Assert.Equal([0L, 1, 20, 3, 40, 5], matrix.data<long>().ToArray());
    }

    [Fact]
    public void Copies_stop_where_the_shorter_side_ends()
    {
        using var scope = NewDisposeScope();
        var accessor = arange(5).data<long>();
        var target = new long[4];
        accessor.CopyTo(target, arrayIndex: 1, tensorIndex: 3);
        Assert.Equal([0L, 3, 4, 0], target);

        accessor.CopyFrom([7L, 8, 9], arrayIndex: 1, tensorIndex: 4);
        Assert.Equal([0L, 1, 2, 3, 8], accessor.ToArray());
        accessor.CopyTo(target.AsSpan());
        Assert.Equal([0L, 1, 2, 3], target);
    }

    [Fact]
    public void Nd_arrays_have_the_tensors_shape()
    {
        using var scope = NewDisposeScope();
        var array = Assert.IsType<float[,]>(tensor(new[,] { { 1f, 2f }, { 3f, 4f } }).t().data<float>().ToNDArray());
        Assert.Equal(new[,] { { 1f, 3f }, { 2f, 4f } }, array);
    }

    [Fact]
    public void Another_element_type_or_an_index_outside_is_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => ones(2).data<double>());
        Assert.Throws<ArgumentException>(() => ones(2).item<float>());
        Assert.Throws<IndexOutOfRangeException>(() => ones(2).data<float>()[2]);
        Assert.Throws<IndexOutOfRangeException>(() => ones(2, 2).data<float>()[0, 2]);
    }

    [Fact]
    public void Empty_tensors_have_no_elements()
    {
        using var scope = NewDisposeScope();
        Assert.Empty(zeros(0, 3).data<float>().ToArray());
    }

    [Fact]
    public void Raw_bytes_travel_through_streams()
    {
        using var scope = NewDisposeScope();
        using var stream = new MemoryStream();
        var source = randn(7, 5);
        source.WriteBytesToStream(stream);
        Assert.Equal(source.bytes.ToArray(), stream.ToArray());

        stream.Position = 0;
        var target = zeros(7, 5);
        target.ReadBytesFromStream(stream);
        Assert.True(source.Equals(target));
        Assert.Throws<EndOfStreamException>(() => target.ReadBytesFromStream(stream));
        Assert.Throws<InvalidOperationException>(() => target.t().WriteBytesToStream(stream));
    }
}
