using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Tests.NN;

public class SavingTests
{
    [Fact]
    public void A_saved_module_loads_to_the_same_outputs()
    {
        using Sequential model = Network(), other = Network();
        using var scope = NewDisposeScope();
        model.train();
        model.call(randn(8, 3)).Dispose();
        model.eval();
        other.eval();
        Tensor input = randn(4, 3);
        Assert.False(model.call(input).allclose(other.call(input)));
        other.load(new MemoryStream(Saved(model)));
        Assert.Equal(model.call(input).data<float>().ToArray(), other.call(input).data<float>().ToArray());
        Assert.Equal(Saved(model), Saved(other));
    }

    [Fact]
    public void The_file_has_torchsharps_bytes()
    {
        using Linear layer = Linear(2, 1);
        using (no_grad())
        {
            layer.weight.copy_(tensor(new[,] { { 1f, -2f } }));
            layer.bias!.copy_(tensor(new[] { 0.5f }));
        }
        byte[] expected =
        [
            2, // entries
            6, .. "weight"u8, 6, 2, 1, 2, .. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(-2f), // name, Float32, rank, sizes, elements
            4, .. "bias"u8, 6, 1, 1, .. BitConverter.GetBytes(0.5f),
        ];
        Assert.Equal(expected, Saved(layer));
    }

    [Fact]
    public void A_file_on_disk_round_trips()
    {
        string path = Path.GetTempFileName();
        try
        {
            using Sequential model = Network(), other = Network();
            model.save(path);
            Assert.Same(other, other.load(path));
            Assert.Equal(Saved(model), Saved(other));
        }
        finally
        {
            File.Delete(path);
        }
        using Sequential absent = Network();
        Assert.Throws<FileNotFoundException>(() => absent.load(path));
    }

    [Fact]
    public void A_strict_load_refuses_other_names_shapes_and_types()
    {
        using Linear layer = Linear(2, 1), wide = Linear(3, 1), bare = Linear(2, 1, false);
        using Linear exact = Linear(2, 1, dtype: ScalarType.Float64);
        Assert.Throws<ArgumentException>(() => bare.load(new MemoryStream(Saved(layer))));
        Assert.Throws<ArgumentException>(() => wide.load(new MemoryStream(Saved(layer))));
        Assert.Throws<ArgumentException>(() => exact.load(new MemoryStream(Saved(layer))));
        Assert.Throws<EndOfStreamException>(() => layer.load(new MemoryStream(Saved(layer)[..^1])));
    }

    [Fact]
    public void A_loose_load_takes_what_fits_and_tells_what_it_found()
    {
        using Linear layer = Linear(2, 1), bare = Linear(2, 1, false);
        Dictionary<string, bool> found = [];
        bare.load(new MemoryStream(Saved(layer)), strict: false, loadedParameters: found);
        Assert.Equal(new Dictionary<string, bool> { ["weight"] = true, ["bias"] = false }, found);
        Assert.True(bare.weight.allclose(layer.weight));
    }

    [Fact]
    public void Names_to_skip_are_neither_saved_nor_loaded()
    {
        using Linear layer = Linear(2, 1), other = Linear(2, 1);
        using Tensor before = other.bias!.detach().clone();
        other.load(new MemoryStream(Saved(layer)), skip: ["bias"]);
        Assert.True(other.bias!.allclose(before));
        Assert.True(other.weight.allclose(layer.weight));
        using MemoryStream stream = new();
        layer.save(stream, skip: ["weight"]);
        Assert.Equal(1, stream.ToArray()[0]);
    }

    [Fact]
    public void State_dictionaries_copy_values_between_modules()
    {
        using Sequential model = Network(), other = Network();
        (IList<string> missing, IList<string> unexpected) = other.load_state_dict(model.state_dict());
        Assert.Empty(missing);
        Assert.Empty(unexpected);
        Assert.Equal(Saved(model), Saved(other));

        Dictionary<string, Tensor> partial = model.state_dict();
        partial.Remove("0.bias");
        partial["extra"] = partial["0.weight"];
        Assert.Throws<InvalidOperationException>(() => other.load_state_dict(partial));
        (missing, unexpected) = other.load_state_dict(partial, strict: false);
        Assert.Equal(["0.bias"], missing);
        Assert.Equal(["extra"], unexpected);
    }

    [Fact]
    public void Embeddings_and_recurrent_layers_load_into_their_own_weights()
    {
        using GRU gru = GRU(2, 3), sameGru = GRU(2, 3);
        using Embedding table = Embedding(4, 2), sameTable = Embedding(4, 2);
        sameGru.load(new MemoryStream(Saved(gru)));
        sameTable.load(new MemoryStream(Saved(table)));
        using var scope = NewDisposeScope();
        Tensor ids = tensor(new[,] { { 1L }, { 3L } });
        Assert.True(gru.call(table.call(ids)).Item1.allclose(sameGru.call(sameTable.call(ids)).Item1));
    }

    [Theory]
    [InlineData("sgd")]
    [InlineData("adam")]
    [InlineData("adamw")]
    public void A_saved_optimizer_continues_as_if_never_stopped(string kind)
    {
        using Sequential model = Network(), resumed = Network();
        using OptimizerHelper optimizer = Optimizer(kind, model), loaded = Optimizer(kind, resumed);
        using var scope = NewDisposeScope();
        Tensor x = randn(8, 3), y = randn(8, 2);
        Train(model, optimizer, x, y, 5);
        resumed.load(new MemoryStream(Saved(model)));
        using MemoryStream stream = new();
        using (BinaryWriter writer = new(stream, System.Text.Encoding.UTF8, leaveOpen: true)) optimizer.save_state_dict(writer);
        stream.Position = 0;
        using (BinaryReader reader = new(stream)) loaded.load_state_dict(reader);
        Train(model, optimizer, x, y, 5);
        Train(resumed, loaded, x, y, 5);
        Assert.Equal(Saved(model), Saved(resumed));
    }

    [Fact]
    public void An_optimizer_refuses_the_state_of_another_kind()
    {
        using Linear layer = Linear(2, 1);
        using OptimizerHelper adam = Optimizer("adam", layer), adamw = Optimizer("adamw", layer);
        using MemoryStream stream = new();
        using (BinaryWriter writer = new(stream, System.Text.Encoding.UTF8, leaveOpen: true)) adam.save_state_dict(writer);
        stream.Position = 0;
        using BinaryReader reader = new(stream);
        Assert.Throws<InvalidDataException>(() => adamw.load_state_dict(reader));
    }

    private static Sequential Network() => Sequential(Linear(3, 4), BatchNorm1d(4), Tanh(), LayerNorm(4), Linear(4, 2));

    private static byte[] Saved(Module module)
    {
        using MemoryStream stream = new();
        module.save(stream);
        return stream.ToArray();
    }

    private static OptimizerHelper Optimizer(string kind, Module model) => kind switch
    {
        "sgd" => optim.SGD(model.parameters(), 0.1, momentum: 0.9),
        "adam" => optim.Adam(model.parameters(), 0.05, amsgrad: true),
        _ => optim.AdamW(model.parameters(), 0.05, weight_decay: 0.1),
    };

    private static void Train(Sequential model, OptimizerHelper optimizer, Tensor x, Tensor y, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            functional.mse_loss(model.call(x), y).backward();
            optimizer.step();
        }
    }
}
