using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>What an optimizer remembers of one parameter.</summary>
public abstract class OptimizerState
{
    protected Parameter _parameter;

    protected OptimizerState(Parameter parameter) => _parameter = parameter;

    public abstract void SaveStateDict(BinaryWriter writer);

    public abstract void LoadStateDict(BinaryReader reader);

    public abstract void LoadStateDict(OptimizerState source);

    public virtual bool ApproximatelyEquals(OptimizerState other) => false;

    /// <summary>Forgets everything.</summary>
    public abstract void Initialize(OptimizerOptions options);

    public virtual void to(Device device)
    {
    }

    /// <summary>Reads a tensor that may be absent into <paramref name="result"/>, which is disposed where it is.</summary>
    protected static void LoadConditionalStateTensor(BinaryReader reader, ref Tensor? result, Device device)
    {
        if (!reader.ReadBoolean())
        {
            result?.Dispose();
            result = null;
            return;
        }
        Tensor loaded = TensorExtensionMethods.Load(reader).DetachFromDisposeScope();
        result?.Dispose();
        result = loaded;
    }

    /// <summary>Writes whether there is a tensor, and the tensor.</summary>
    protected static void SaveConditionalStateTensor(BinaryWriter writer, Tensor? tensor)
    {
        writer.Write(tensor is not null);
        tensor?.Save(writer);
    }

    private protected static Tensor Copied(Tensor tensor) => tensor.detach().clone().DetachFromDisposeScope();
}
