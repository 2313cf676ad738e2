using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>The running moments of one parameter's gradient, which Adam and AdamW keep alike.</summary>
internal sealed class Moments : IDisposable
{
    public long Step { get; set; }

    public Tensor Mean { get; private set; } = null!;

    public Tensor Square { get; private set; } = null!;

    /// <summary>The elementwise maximum of <see cref="Square"/> so far; only AMSGrad keeps it.</summary>
    public Tensor? MaxSquare { get; private set; }

    public void Reset(Parameter parameter, bool amsgrad)
    {
        Dispose();
        Step = 0;
        Mean = Zeros(parameter);
        Square = Zeros(parameter);
        MaxSquare = amsgrad ? Zeros(parameter) : null;
    }

    public void CopyFrom(Moments source)
    {
        Tensor mean = Copy(source.Mean), square = Copy(source.Square);
        Tensor? maxSquare = source.MaxSquare is null ? null : Copy(source.MaxSquare);
        Dispose();
        (Step, Mean, Square, MaxSquare) = (source.Step, mean, square, maxSquare);
    }

    public void MoveTo(Device device)
    {
        Mean = Mean.to(device).DetachFromDisposeScope();
        Square = Square.to(device).DetachFromDisposeScope();
        MaxSquare = MaxSquare?.to(device).DetachFromDisposeScope();
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(Step);
        Mean.Save(writer);
        Square.Save(writer);
        writer.Write(MaxSquare is not null);
        MaxSquare?.Save(writer);
    }

    public void Load(BinaryReader reader)
    {
        Step = reader.ReadInt64();
        Mean.Load(reader);
        Square.Load(reader);
        bool amsgrad = reader.ReadBoolean();
        if (!amsgrad)
        {
            MaxSquare?.Dispose();
            MaxSquare = null;
            return;
        }
        MaxSquare ??= zeros_like(Square).DetachFromDisposeScope();
        MaxSquare.Load(reader);
    }

    public bool Near(Moments other) =>
        Step == other.Step && Mean.allclose(other.Mean) && Square.allclose(other.Square)
        && (MaxSquare is null || (other.MaxSquare is not null && MaxSquare.allclose(other.MaxSquare)));

    public void Dispose()
    {
        Mean?.Dispose();
        Square?.Dispose();
        MaxSquare?.Dispose();
    }

    /// <summary>One step for all parameters that have a gradient, in one native call.</summary>
    public static void Update(
        Parameter[] parameters,
        Moments[] moments,
        double lr,
        double beta1,
        double beta2,
        double eps,
        double weightDecay,
        bool decoupled,
        bool maximize)
    {
        long[] steps = Array.ConvertAll(moments, m => m.Step);
        Shim.Check(Shim.adam_step(
            Gradients.HandlesOf(parameters),
            Array.ConvertAll(moments, m => m.Mean.Handle),
            Array.ConvertAll(moments, m => m.Square.Handle),
            Array.ConvertAll(moments, m => m.MaxSquare?.Handle ?? IntPtr.Zero),
            steps, parameters.Length, lr, beta1, beta2, eps, weightDecay, decoupled, maximize));
        for (int i = 0; i < moments.Length; i++) moments[i].Step = steps[i];
        GC.KeepAlive(parameters);
    }

    private static Tensor Zeros(Parameter parameter) => zeros_like(parameter).DetachFromDisposeScope();

    private static Tensor Copy(Tensor tensor)
    {
        using (no_grad()) return tensor.clone().DetachFromDisposeScope();
    }
}
