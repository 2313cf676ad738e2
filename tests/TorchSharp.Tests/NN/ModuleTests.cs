using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Tests.NN;

public class ModuleTests
{
    [Fact]
    public void Fields_become_components_under_their_names()
    {
        using Model model = new();
        Assert.Equal(
            ["_scale", "_body.0.weight", "_body.0.bias", "_body.2.weight", "_table.weight", "_heads.0.weight", "_heads.0.bias", "_heads.1.weight",
                "_heads.1.bias", "_byName.left.weight", "_byName.left.bias", "_list.0", "_list.1"],
            model.named_parameters().Select(p => p.name).Order(Comparer<string>.Create((a, b) => Model.Place(a).CompareTo(Model.Place(b)))));
        Assert.Equal(["_offset"], model.named_buffers().Select(b => b.name));
        Assert.Equal(["_body", "_byName", "_heads", "_list", "_table"], model.named_children().Select(c => c.name).Order(StringComparer.Ordinal));
        Assert.Contains("_heads.1", model.named_modules().Select(m => m.name));
        Assert.Equal(nameof(Model), model.GetName());
        Assert.Equal(nameof(Linear), model.Head.GetName());
    }

    [Fact]
    public void Components_are_found_by_their_dotted_names()
    {
        using Model model = new();
        Assert.Same(model.Head.weight, model.get_parameter("_heads.1.weight"));
        Assert.True(model.has_parameter("_body.2.weight"));
        Assert.False(model.has_parameter("_body.2.bias"));
        Assert.False(model.has_parameter("_body.1.weight"));
        Assert.Null(model.get_parameter("absent"));
        Assert.True(model.has_buffer("_offset"));
        Assert.NotNull(model.get_parameter("_list.1"));
    }

    [Fact]
    public void A_parameter_that_occurs_twice_is_listed_once_and_saved_under_both_names()
    {
        using Tied model = new();
        Assert.Single(model.parameters());
        Assert.Equal(["_first.weight", "_second.weight"], model.state_dict().Keys);
    }

    [Fact]
    public void Names_are_checked()
    {
        using Bare model = new();
        using Linear layer = Linear(2, 2);
        model.register_module("layer", layer);
        Assert.Throws<InvalidOperationException>(() => model.register_module("layer", layer));
        Assert.Throws<ArgumentException>(() => model.register_module("a.b", layer));
        Assert.Throws<ArgumentException>(() => model.register_module("", layer));
        Assert.Throws<ArgumentNullException>(() => model.register_parameter("none", null!));
        Assert.Throws<ArgumentNullException>(() => model.register_buffer("none", null!));
        using Parameter parameter = new(zeros(1));
        model.register_parameter("p", parameter);
        Assert.Throws<InvalidOperationException>(() => model.register_parameter("p", parameter));
        using Dropout dropout = Dropout();
        Assert.Throws<InvalidOperationException>(() => dropout.register_parameter("p", parameter));
    }

    [Fact]
    public void Training_mode_reaches_every_module()
    {
        using Model model = new();
        Assert.True(model.training);
        model.eval();
        Assert.All(model.modules(), module => Assert.False(module.training));
        model.train();
        Assert.All(model.modules(), module => Assert.True(module.training));
    }

    [Fact]
    public void Apply_visits_the_deepest_first_and_the_module_itself_last()
    {
        using Sequential model = Sequential(("a", Linear(2, 2)), ("b", Sequential(ReLU())));
        List<string> visited = [];
        model.apply(module => visited.Add(module.GetType().Name));
        Assert.Equal(["Linear", "ReLU", "Sequential", "Sequential"], visited);
    }

    [Fact]
    public void Gradients_are_dropped_or_zeroed()
    {
        using Linear layer = Linear(2, 1);
        using var scope = NewDisposeScope();
        layer.call(ones(1, 2)).sum().backward();
        layer.zero_grad(set_to_none: false);
        Assert.Equal([0f, 0], layer.weight.grad!.data<float>().ToArray());
        layer.zero_grad();
        Assert.Null(layer.weight.grad);
    }

    [Fact]
    public void Dropout_only_acts_in_training()
    {
        using Dropout dropout = Dropout(0.5);
        using var scope = NewDisposeScope();
        manual_seed(6);
        float[] kept = dropout.call(ones(1000)).data<float>().ToArray();
        Assert.All(kept, value => Assert.True(value is 0 or 2));
        Assert.InRange(kept.Count(value => value == 0), 400, 600);
        dropout.eval();
        Assert.All(dropout.call(ones(10)).data<float>().ToArray(), value => Assert.Equal(1, value));
    }

    [Fact]
    public void Batch_norm_normalises_by_the_batch_and_remembers_it()
    {
        using BatchNorm1d layer = BatchNorm1d(1);
        using var scope = NewDisposeScope();
        float[] normal = layer.call(tensor(new[] { 1f, 3f }, [2, 1])).data<float>().ToArray();
        Assert.Equal(-1, normal[0], 1e-4);
        Assert.Equal(1, normal[1], 1e-4);
        Assert.Equal(0.1 * 2, layer.running_mean!.item<float>(), 1e-6);
        Assert.Equal(0.9 + (0.1 * 2), layer.running_var!.item<float>(), 1e-6);
        Assert.Equal(1, layer.num_batches_tracked!.item<long>());
        Assert.Throws<ArgumentException>(() => layer.call(ones(2)));
    }

    [Fact]
    public void Layer_norm_has_zero_mean_and_unit_variance()
    {
        using LayerNorm layer = LayerNorm(8);
        using var scope = NewDisposeScope();
        Tensor normal = layer.call(randn(4, 8));
        Assert.True(normal.mean([1]).abs().max().item<float>() < 1e-5);
        Assert.True((normal.square().mean([1]) - 1).abs().max().item<float>() < 1e-3);
    }

    [Fact]
    public void Conversion_changes_every_parameter_and_field_and_keeps_integers()
    {
        using Model model = new();
        Model same = model.to(ScalarType.Float64);
        Assert.Same(model, same);
        Assert.All(model.parameters(), parameter => Assert.Equal(ScalarType.Float64, parameter.dtype));
        Assert.All(model.parameters(), parameter => Assert.True(parameter.requires_grad));
        Assert.Equal(ScalarType.Int64, model.get_buffer("_offset")!.dtype);
        using var scope = NewDisposeScope();
        Assert.Equal(ScalarType.Float64, model.call(ones(2, 3, dtype: ScalarType.Float64), tensor(new[] { 0L, 1L })).dtype);
        Assert.Throws<ArgumentException>(() => model.to(ScalarType.Int64));
    }

    [Fact]
    public void A_converted_gru_and_embedding_compute_in_the_new_type()
    {
        using GRU gru = GRU(2, 3).to(ScalarType.Float64);
        using Embedding table = Embedding(4, 2).to(ScalarType.Float64);
        using var scope = NewDisposeScope();
        Tensor rows = table.call(tensor(new[,] { { 1L }, { 2L } }));
        Assert.Equal(ScalarType.Float64, gru.call(rows).Item1.dtype);
        Assert.Equal(table.weight![1].data<double>().ToArray(), rows[0, 0].data<double>().ToArray());
    }

    [Fact]
    public void Disposing_a_module_disposes_its_tree()
    {
        long before = Tensor.TotalCount;
        Model model = new();
        List<Parameter> parameters = [.. model.parameters()];
        model.Dispose();
        Assert.All(parameters, parameter => Assert.True(parameter.IsInvalid));
        model.Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Weights_outlive_the_scope_they_were_made_in_where_torchsharps_do()
    {
        Linear linear;
        Embedding embedding;
        using (NewDisposeScope())
        {
            linear = Linear(2, 2);
            embedding = Embedding(3, 2);
        }
        Assert.Equal(2, linear.parameters().Count());
        // Native modules hand out handles that belong to the scope.
        Assert.Empty(embedding.parameters());
        embedding.call(tensor(new[] { 1L })).Dispose();
        linear.Dispose();
        embedding.Dispose();
    }

    [Fact]
    public void Hooks_see_and_change_calls_until_they_are_removed()
    {
        using Identity module = Identity();
        using var scope = NewDisposeScope();
        var doubled = module.register_forward_pre_hook((_, x) => x * 2);
        var raised = module.register_forward_hook((_, x, result) => result + 1);
        Assert.Equal(7, module.call(tensor(3f)).item<float>());
        doubled.remove();
        Assert.Equal(4, module.call(tensor(3f)).item<float>());
        raised.remove();
        Assert.Equal(3, module.call(tensor(3f)).item<float>());
    }

    [Fact]
    public void A_sequential_is_sliced_by_position()
    {
        using Sequential model = Sequential(Linear(2, 3), ReLU(), Linear(3, 1));
        Assert.Equal(3, model.Count);
        Assert.Equal(2, model[1..].Count);
        Assert.Same(model[2], model[1..][1]);
        Assert.Throws<IndexOutOfRangeException>(() => model[(0, 4)]);
        using var scope = NewDisposeScope();
        Assert.Equal([5L, 1], model.call(randn(5, 2)).shape);
        using Sequential none = Sequential();
        Assert.Equal(3f, none.call(tensor(3f)).item<float>());
    }

    [Fact]
    public void Module_lists_and_dictionaries_act_as_collections()
    {
        ModuleList<Linear> list = ModuleList(Linear(1, 1), Linear(1, 1));
        list.Add(Linear(1, 1));
        list.RemoveAt(0);
        Assert.Equal(2, list.Count);
        ModuleDict<Linear> dictionary = ModuleDict(("a", list[0]), ("b", list[1]));
        Assert.Same(list[1], dictionary["b"]);
        Assert.Throws<ArgumentException>(() => dictionary.Add("a", list[0]));
        Assert.True(dictionary.Remove("a"));
        Assert.Equal(["b"], dictionary.Keys);
        foreach (Linear layer in list) layer.Dispose();
    }

    [Theory]
    [InlineData(init.NonlinearityType.Linear, 0.0, 1.0)]
    [InlineData(init.NonlinearityType.Tanh, 0.0, 5.0 / 3)]
    [InlineData(init.NonlinearityType.ReLU, 0.0, 1.4142135623730951)]
    [InlineData(init.NonlinearityType.LeakyReLU, 1.0, 1.0)]
    public void Gains_are_pytorchs(init.NonlinearityType nonlinearity, double parameter, double gain) =>
        Assert.Equal(gain, init.calculate_gain(nonlinearity, parameter), 1e-15);

    [Fact]
    public void Initialisers_have_their_spread()
    {
        manual_seed(8);
        using var scope = NewDisposeScope();
        Tensor weights = empty(400, 200);
        Assert.Equal(Math.Sqrt(2.0 / 600), init.xavier_normal_(weights).std().item<float>(), 1e-3);
        Assert.Equal(Math.Sqrt(2.0 / 200), init.kaiming_normal_(weights, nonlinearity: init.NonlinearityType.ReLU).std().item<float>(), 1e-3);
        Tensor cut = init.trunc_normal_(weights, 1, 2, 0, 3);
        Assert.True(cut.min().item<float>() >= 0 && cut.max().item<float>() <= 3);
        // mean + std (phi(-1/2) - phi(1)) / (Phi(1) - Phi(-1/2))
        Assert.Equal(1.4133, cut.mean().item<float>(), 0.02);
        Tensor square = init.orthogonal_(empty(20, 50), 2);
        Assert.True(square.matmul(square.t()).allclose(eye(20) * 4, 1e-4, 1e-4));
        Assert.Equal(1, init.constant_(weights, 1).min().item<float>());
        Assert.Throws<ArgumentException>(() => init.xavier_uniform_(empty(3)));
    }

    [Fact]
    public void One_hot_marks_the_class()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([0L, 0, 1, 1, 0, 0], functional.one_hot(tensor(new[] { 2L, 0L }), 3).data<long>().ToArray());
        Assert.Throws<ArgumentException>(() => functional.one_hot(tensor(new[] { 1f })));
    }

    [Fact]
    public void A_target_of_another_shape_is_refused()
    {
        using var scope = NewDisposeScope();
        Exception error = Assert.ThrowsAny<Exception>(() => functional.binary_cross_entropy_with_logits(ones(4), ones(4, 1)));
        Assert.Contains("must be the same as input size", error.Message, StringComparison.Ordinal);
    }

    private sealed class Model : Module<Tensor, Tensor, Tensor>
    {
        private readonly Parameter _scale;
        private readonly Tensor _offset;
        private readonly Sequential _body;
        private readonly Embedding _table;
        private readonly ModuleList<Linear> _heads;
        private readonly ModuleDict<Linear> _byName;
        private readonly ParameterList _list;

        public Model()
            : base(nameof(Model))
        {
            _scale = Parameter(ones(1));
            _offset = tensor(new[] { 1L });
            _body = Sequential(Linear(3, 4), ReLU(), Linear(4, 4, hasBias: false));
            _table = Embedding(5, 4);
            _heads = ModuleList(Linear(4, 1), Linear(4, 1));
            _byName = ModuleDict(("left", Linear(4, 1)));
            _list = ParameterList(Parameter(zeros(2)), Parameter(zeros(3)));
            RegisterComponents();
            RegisterComponents();
        }

        public Linear Head => _heads[1];

        public static int Place(string name) => Array.FindIndex(
            ["_scale", "_body", "_table", "_heads", "_byName", "_list"], field => name == field || name.StartsWith(field + ".", StringComparison.Ordinal));

        public override Tensor forward(Tensor x, Tensor ids) =>
            (_heads[0].call(_body.call(x) + _table.call(ids)) * _scale) + _offset + _byName["left"].call(_table.call(ids));
    }

    private sealed class Tied : Module<Tensor, Tensor>
    {
        private readonly Linear _first = Linear(2, 2, false);
        private readonly Linear _second;

        public Tied()
            : base(nameof(Tied))
        {
            _second = _first;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => _second.call(_first.call(input));
    }

    private sealed class Bare : Module<Tensor, Tensor>
    {
        public Bare()
            : base(nameof(Bare)) => RegisterComponents();

        public override Tensor forward(Tensor input) => input;
    }
}
