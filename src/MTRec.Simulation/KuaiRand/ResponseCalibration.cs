using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>
/// Platt's scaling of held-out logits: one factor a group (engagement, watch time, each reaction), one addend for each engagement, each bin and
/// each reaction. A ridge towards no change keeps what few events cannot tell as it is.
/// </summary>
internal sealed class ResponseCalibration : IDisposable
{
    private const int Steps = 80;
    private const double Rate = 0.05;

    // A factor of 2 or an addend of 1 counts like this many nats of evidence.
    private const double Ridge = 2;

    private readonly Tensor _factor;
    private readonly Tensor _addend;

    private ResponseCalibration(Tensor factor, Tensor addend) => (_factor, _addend) = (factor, addend);

    public static ResponseCalibration Fit(Tensor logits, ResponseBatch targets)
    {
        var layout = targets.Layout;
        var (engagements, reactions) = (ResponseLayout.Engagements, ResponseLayout.Reactions.Length);
        long[] factorOf =
        [
            .. Enumerable.Repeat(0L, engagements),
            .. Enumerable.Repeat(1L, engagements * layout.Bins),
            .. Enumerable.Range(0, engagements * reactions).Select(place => 2L + (place % reactions)),
        ];
        long[] addendOf =
        [
            .. Enumerable.Range(0, layout.ReactionStart).Select(place => (long)place),
            .. Enumerable.Range(0, engagements * reactions).Select(place => (long)layout.ReactionStart + (place % reactions)),
        ];
        using var factors = nn.Parameter(ones(2 + reactions));
        using var addends = nn.Parameter(zeros(layout.ReactionStart + reactions));
        using var factorPlaces = tensor(factorOf);
        using var addendPlaces = tensor(addendOf);
        using (var optimizer = optim.Adam([factors, addends], Rate))
        {
            for (var step = 0; step < Steps; step++)
            {
                using var scope = NewDisposeScope();
                optimizer.zero_grad();
                var calibrated = (logits * factors.index_select(0, factorPlaces)) + addends.index_select(0, addendPlaces);
                var change = (factors - 1).pow(2).sum() + addends.pow(2).sum();
                (targets.Loss(calibrated) + (change * (Ridge / logits.shape[0]))).backward();
                optimizer.step();
            }
        }

        using var quiet = no_grad();
        return new ResponseCalibration(
            factors.index_select(0, factorPlaces).DetachFromDisposeScope(), addends.index_select(0, addendPlaces).DetachFromDisposeScope());
    }

    public Tensor Apply(Tensor logits) => (logits * _factor) + _addend;

    public void Dispose()
    {
        _factor.Dispose();
        _addend.Dispose();
    }
}
