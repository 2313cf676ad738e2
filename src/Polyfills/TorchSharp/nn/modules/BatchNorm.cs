using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Normalises features by the batch's statistics in training, by the running ones otherwise.</summary>
public abstract class BatchNorm : NormBase
{
    protected BatchNorm(
        long num_features, double eps, double momentum, bool affine, bool track_running_stats, Device? device, ScalarType? dtype, string name)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, name)
    {
    }

    public override Tensor forward(Tensor input)
    {
        ValidateInputDimensions(input);
        double factor = momentum ?? 0.0;
        if (training && track_running_stats && num_batches_tracked is { } batches)
        {
            batches.add_(1);
            // Without a momentum the running statistics are the plain average of all batches.
            factor = momentum ?? 1.0 / batches.to(ScalarType.Float64).item<double>();
        }
        bool byBatch = training || (running_mean is null && running_var is null);
        bool tracked = !training || track_running_stats;
        return nn.functional.batch_norm(
            input, tracked ? running_mean : null, tracked ? running_var : null, affine ? weight : null, bias, byBatch, factor, eps);
    }
}
