using MTRec.Core.Safetensors;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>A learner's networks and the scale of its rewards as a safetensors file, for a later learner to go on from. The optimisers' moments are not kept.</summary>
/// <param name="networks">The networks by name; their parameters are told apart by their order.</param>
internal sealed class LearnerNetworks(params (string Name, nn.Module Network)[] networks)
{
    private const string GroupWeights = "groupWeights";

    /// <summary>Writes them.</summary>
    /// <param name="groupWeights">What each reward group is multiplied with [R].</param>
    public byte[] Write(Tensor groupWeights)
    {
        var writer = new SafetensorsWriter();
        writer.Add<float>(GroupWeights, groupWeights.Floats(), groupWeights.shape);
        foreach (var (name, parameter) in Parameters())
            writer.Add<float>(name, parameter.detach().Floats(), parameter.shape);
        return writer.ToBytes();
    }

    /// <summary>Gives the networks what was written.</summary>
    /// <returns>The group weights [R], owned by the caller.</returns>
    /// <exception cref="ArgumentException">It was written by networks of other sizes.</exception>
    public Tensor Read(byte[] file)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var tensors = Parse(file);
        var parameters = Parameters().ToArray();
        if (tensors.Tensors.Length != parameters.Length + 1
            || tensors.Find(GroupWeights) is not { } weights
            || parameters.Any(pair => tensors.Find(pair.Name) is not { } written || !written.Shape.SequenceEqual(pair.Parameter.shape)))
        {
            throw new ArgumentException("The networks that were kept have other sizes.", nameof(file));
        }

        foreach (var (name, parameter) in parameters)
            parameter.copy_(tensor(tensors[name].Values<float>().ToArray(), parameter.shape));
        return tensor(weights.Values<float>().ToArray()).DetachFromDisposeScope();
    }

    private static SafetensorsFile Parse(byte[] file)
    {
        try
        {
            return SafetensorsFile.Parse(file);
        }
        catch (SafetensorsException e)
        {
            throw new ArgumentException($"The networks that were kept cannot be read: {e.Message}", nameof(file), e);
        }
    }

    private IEnumerable<(string Name, Tensor Parameter)> Parameters() =>
        networks.SelectMany(network => network.Network.parameters().Select((parameter, i) => ($"{network.Name}.{i}", (Tensor)parameter)));
}
