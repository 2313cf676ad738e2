using MTRec.Learning.Examples;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>
/// How users respond, as distributions: engagement, then the watch time and the reactions given it, each drawn by inverting its distribution
/// function, so that one random number gives a better response to an item that is more likely to get one.
/// </summary>
internal sealed class ResponseModel : IDisposable
{
    /// <summary>Random numbers that one response takes.</summary>
    public const int Chances = 6;

    private readonly IReadOnlyList<ResponseNetwork> _networks;
    private readonly ResponseInputs _inputs;
    private readonly ResponseCalibration _calibration;
    private readonly ResponseLayout _layout;
    private readonly Tensor _low;
    private readonly Tensor _width;
    private readonly Tensor _seconds;

    public ResponseModel(ResponseInputs inputs, IReadOnlyList<ResponseNetwork> networks, ResponseCalibration calibration, ResponseLayout layout)
    {
        _inputs = inputs;
        _networks = networks;
        _calibration = calibration;
        _layout = layout;
        float[] low = [.. layout.Edges.SelectMany(edges => edges.SkipLast(1))];
        float[] high = [.. layout.Edges.SelectMany(edges => edges.Skip(1))];
        _low = tensor(low, ResponseLayout.Engagements, layout.Bins).DetachFromDisposeScope();
        _width = tensor([.. high.Zip(low, (h, l) => h - l)], ResponseLayout.Engagements, layout.Bins).DetachFromDisposeScope();

        // The mean of exp(x) - 1, x uniform in the bin.
        _seconds = tensor([.. high.Zip(low, (h, l) => (float)(((Math.Exp(h) - Math.Exp(l)) / (h - l)) - 1))], ResponseLayout.Engagements, layout.Bins).DetachFromDisposeScope();
    }

    /// <summary>The distributions of candidates [B, n, 1 + I] of one user a row.</summary>
    public ResponseDistribution Predict(Tensor context, Tensor user, Tensor history, Tensor candidates) =>
        Predict(_inputs.Of(context, user, history, candidates));

    /// <summary>The distributions of examples [B, 1].</summary>
    public ResponseDistribution Predict(FeatureBatch batch) => Predict(batch.Context, batch.User, batch.History, batch.Candidates.unsqueeze(1));

    /// <summary>The mean of the networks' logits [B, n, outputs].</summary>
    public static Tensor MeanLogits(IReadOnlyList<ResponseNetwork> networks, ResponseInput input)
    {
        var sum = networks[0].call(input);
        foreach (var network in networks.Skip(1))
            sum += network.call(input);
        return sum / networks.Count;
    }

    public void Dispose()
    {
        foreach (var network in _networks)
            network.Dispose();
        _inputs.Dispose();
        _calibration.Dispose();
        _low.Dispose();
        _width.Dispose();
        _seconds.Dispose();
    }

    private ResponseDistribution Predict(ResponseInput input)
    {
        var calibrated = _calibration.Apply(MeanLogits(_networks, input));
        var (engagements, bins, reactions) = (ResponseLayout.Engagements, _layout.Bins, ResponseLayout.Reactions.Length);
        var (rows, candidates) = (calibrated.shape[0], calibrated.shape[1]);
        return new ResponseDistribution(
            calibrated.narrow(-1, 0, engagements).softmax(-1),
            calibrated.narrow(-1, ResponseLayout.WatchStart, engagements * bins).reshape(rows, candidates, engagements, bins).softmax(-1),
            calibrated.narrow(-1, _layout.ReactionStart, engagements * reactions).reshape(rows, candidates, engagements, reactions).sigmoid(),
            _low,
            _width,
            _seconds);
    }
}

/// <summary>Distributions of the responses to candidates.</summary>
/// <param name="Engagement">[B, n, engagements].</param>
/// <param name="Watch">Of the bins, given the engagement [B, n, engagements, bins].</param>
/// <param name="Reactions">Probabilities given the engagement [B, n, engagements, reactions].</param>
/// <param name="Low">Lower ends of the bins in ln(1 + seconds) [engagements, bins].</param>
/// <param name="Width">Widths of the bins likewise.</param>
/// <param name="Seconds">Mean seconds of the bins.</param>
internal sealed record ResponseDistribution(Tensor Engagement, Tensor Watch, Tensor Reactions, Tensor Low, Tensor Width, Tensor Seconds)
{
    /// <summary>Probabilities of click, long view and the reactions, then the expected seconds watched [B, n, responses].</summary>
    public Tensor Expected()
    {
        var longView = Engagement.narrow(-1, (int)KuaiRand.Engagement.LongView, 1);
        var click = longView + Engagement.narrow(-1, (int)KuaiRand.Engagement.Click, 1);
        var reactions = (Engagement.unsqueeze(-1) * Reactions).sum(-2L);
        var seconds = (Engagement * (Watch * Seconds).sum(-1L)).sum(-1L, keepdim: true);
        return cat([click, longView, reactions, seconds], -1);
    }

    /// <summary>The share of the watch time's distribution at or below seconds [B, n].</summary>
    public Tensor WatchShare(Tensor seconds)
    {
        var x = (seconds + 1).log().unsqueeze(-1).unsqueeze(-1);
        return (Engagement.unsqueeze(-1) * Watch * ((x - Low) / Width).clamp(0, 1)).sum([-2L, -1L]);
    }

    /// <summary>Draws responses [B, n, responses], columns as <see cref="ResponseLayout.Names"/>.</summary>
    /// <param name="chance">Uniform in [0, 1) [B, n, <see cref="ResponseModel.Chances"/>].</param>
    public Tensor Draw(Tensor chance)
    {
        var engagement = Invert(Engagement, chance.narrow(-1, 0, 1));
        var bin = Invert(Given(Watch), chance.narrow(-1, 1, 1));
        var logSeconds = Of(Low) + (chance.select(-1, 2) * Of(Width));
        var reactions = chance.narrow(-1, 3, ResponseLayout.Reactions.Length).lt(Given(Reactions)).to(ScalarType.Float32);
        return cat(
            [
                engagement.ge((long)KuaiRand.Engagement.Click).to(ScalarType.Float32),
                engagement.ge((long)KuaiRand.Engagement.LongView).to(ScalarType.Float32),
                reactions,
                (logSeconds.exp() - 1).clamp_min(0).unsqueeze(-1),
            ],
            -1);

        Tensor Given(Tensor values) =>
            values.gather(-2, engagement.unsqueeze(-1).expand(-1, -1, 1, values.shape[^1])).squeeze(-2);

        Tensor Of(Tensor bins) => bins.flatten().take((engagement * Low.shape[1]) + bin).squeeze(-1);

        // The first place at which the sum of the probabilities exceeds the chance.
        static Tensor Invert(Tensor probabilities, Tensor chance)
        {
            var places = probabilities.shape[^1] - 1;
            return probabilities.narrow(-1, 0, places).cumsum(-1).le(chance).sum(-1L, keepdim: true);
        }
    }
}
