using MTRec.Export;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>
/// M networks of one shape, each with weights of its own, as batched products: the layers' weights are [M, in, out]. The first layer, whose
/// input all share, is one matrix product [b, in] x [in, M out].
/// </summary>
public sealed class CriticEnsemble : nn.Module<Tensor, Tensor>
{
    private readonly int _members;
    private readonly int _layers;

    /// <summary>Makes M networks with Torch's initial weights for linear layers and ReLU between them.</summary>
    /// <param name="members">M.</param>
    /// <param name="inputs">Columns of the input.</param>
    /// <param name="hidden">Widths of the hidden layers, one or more.</param>
    public CriticEnsemble(int members, int inputs, IReadOnlyList<int> hidden)
        : base(nameof(CriticEnsemble))
    {
        _members = members;
        int[] widths = [inputs, .. hidden, 1];
        _layers = widths.Length - 1;
        for (var layer = 0; layer < _layers; layer++)
        {
            var (from, to) = (widths[layer], widths[layer + 1]);
            var bound = 1 / Math.Sqrt(from);
            long[] weight = layer == 0 ? [from, members * to] : [members, from, to];
            long[] bias = layer == 0 ? [members * to] : [members, 1, to];
            register_parameter($"weight{layer}", nn.Parameter((rand(weight) * (2 * bound)) - bound));
            register_parameter($"bias{layer}", nn.Parameter((rand(bias) * (2 * bound)) - bound));
        }
    }

    /// <summary>
    /// Begins flat at a value a member: a critic that must first climb to the returns' mean does so along its inputs, and takes that for their
    /// effect. Ours.
    /// </summary>
    /// <param name="values">[M].</param>
    public void StartAt(Tensor values)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        Weight(_layers - 1).mul_(0.01);
        Bias(_layers - 1).copy_(values.reshape(-1, 1, 1));
    }

    /// <summary>Gives every member the weights of one network of the same shape, so that what they come to differ in is what they learn from.</summary>
    /// <param name="one">An ensemble of one.</param>
    public void StartAs(CriticEnsemble one)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        for (var layer = 0; layer < _layers; layer++)
        {
            Tensor weight = one.Weight(layer), bias = one.Bias(layer);
            Weight(layer).copy_(layer == 0 ? weight.repeat(1, _members) : weight);
            Bias(layer).copy_(layer == 0 ? bias.repeat(_members) : bias);
        }
    }

    /// <summary>[b, in] -> [M, b].</summary>
    public override Tensor forward(Tensor x) => Above(x.matmul(Weight(0)), parameter => parameter);

    /// <summary>Each member's value of an action of its own.</summary>
    /// <param name="state">[b, S], which all share.</param>
    /// <param name="actions">[M, b, A]; S + A columns are the input.</param>
    /// <returns>[M, b].</returns>
    public Tensor OfOwnActions(Tensor state, Tensor actions)
    {
        var (weight, columns, width) = (Weight(0), state.shape[1], actions.shape[2]);
        var own = weight.narrow(0, columns, width).reshape(width, _members, -1).transpose(0, 1);
        var shared = state.matmul(weight.narrow(0, 0, columns)) + Bias(0);
        return Upper(shared.reshape(state.shape[0], _members, -1).transpose(0, 1) + actions.matmul(own), parameter => parameter);
    }

    /// <summary>The same of pairs: a request's state goes through the first layer once, however many pairs it has.</summary>
    /// <param name="state">[b, S].</param>
    /// <param name="pairs">[b, n, in - S].</param>
    /// <returns>[M, b n].</returns>
    public Tensor OfPairs(Tensor state, Tensor pairs) => Above(FirstOfPairs(state, pairs, Weight(0)), parameter => parameter);

    /// <summary>The same for who wants the slope in the pairs alone: the weights are constants.</summary>
    public Tensor FrozenOfPairs(Tensor state, Tensor pairs) => Above(FirstOfPairs(state, pairs, Weight(0).detach()), parameter => parameter.detach());

    /// <summary>The same for who wants the slope in the input alone: the weights are constants.</summary>
    public Tensor Frozen(Tensor x) => Above(x.matmul(Weight(0).detach()), parameter => parameter.detach());

    /// <summary>
    /// The same on a state and an action [b, in], of which the action alone has a slope: most of the input's columns are the state's, and their slopes
    /// would be half of the work.
    /// </summary>
    public Tensor Frozen(Tensor state, Tensor action)
    {
        var (weight, columns) = (Weight(0).detach(), state.shape[1]);
        var first = state.matmul(weight.narrow(0, 0, columns)) + action.matmul(weight.narrow(0, columns, action.shape[1]));
        return Above(first, parameter => parameter.detach());
    }

    /// <summary>The same of one member alone [b], which asks nothing of the others.</summary>
    public Tensor Frozen(Tensor state, Tensor action, int member)
    {
        var (weight, bias) = OfMember(0, member);
        var columns = state.shape[1];
        var x = bias.addmm(state, weight.narrow(0, 0, columns)) + action.matmul(weight.narrow(0, columns, action.shape[1]));
        for (var layer = 1; layer < _layers; layer++)
        {
            (weight, bias) = OfMember(layer, member);
            x = bias.addmm(x.relu(), weight);
        }

        return x.squeeze(-1);
    }

    /// <summary>One of the networks in a graph: [n, in] -> [n, 1].</summary>
    public OnnxValue Export(OnnxGraph graph, string name, int member, OnnxValue x)
    {
        using var scope = NewDisposeScope();
        for (var layer = 0; layer < _layers; layer++)
        {
            var (weight, bias) = OfMember(layer, member);
            x = layer == 0 ? x : graph.Relu(x);
            x = graph.MatMul(x, graph.Initializer($"{name}.{layer}.weight", weight)) + graph.Initializer($"{name}.{layer}.bias", bias);
        }

        return x;
    }

    private static Tensor FirstOfPairs(Tensor state, Tensor pairs, Tensor weight)
    {
        var shared = state.matmul(weight.narrow(0, 0, state.shape[1]));
        return (pairs.matmul(weight.narrow(0, state.shape[1], pairs.shape[2])) + shared.unsqueeze(1)).flatten(0, 1);
    }

    private Parameter Weight(int layer) => get_parameter($"weight{layer}")!;

    private Parameter Bias(int layer) => get_parameter($"bias{layer}")!;

    // A member's weights [in, out] and [out], as constants.
    private (Tensor Weight, Tensor Bias) OfMember(int layer, int member)
    {
        Tensor weight = Weight(layer).detach(), bias = Bias(layer).detach();
        if (layer > 0)
            return (weight.select(0, member), bias.select(0, member).squeeze(0));
        var width = weight.shape[1] / _members;
        return (weight.narrow(1, member * width, width), bias.narrow(0, member * width, width));
    }

    private Tensor Above(Tensor first, Func<Tensor, Tensor> weights) =>
        Upper((first + weights(Bias(0))).reshape(first.shape[0], _members, -1).transpose(0, 1), weights);

    private Tensor Upper(Tensor x, Func<Tensor, Tensor> weights)
    {
        for (var layer = 1; layer < _layers; layer++)
            x = x.relu().bmm(weights(Weight(layer))).add_(weights(Bias(layer)));
        return x.squeeze(-1);
    }
}
