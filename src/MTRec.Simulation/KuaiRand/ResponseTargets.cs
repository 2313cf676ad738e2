using MTRec.Core.Sessions;
using MTRec.Data.Logs;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>What happened in rows of a log, in the terms of a <see cref="ResponseLayout"/>.</summary>
internal sealed class ResponseTargets
{
    private readonly long[] _engagement;
    private readonly long[] _bin;
    private readonly float[] _known;
    private readonly float[] _reactions;

    public ResponseTargets(ImpressionLog log, ResponseLayout layout)
    {
        Layout = layout;
        _engagement = new long[log.Count];
        _bin = new long[log.Count];
        _known = new float[log.Count];
        _reactions = new float[log.Count * ResponseLayout.Reactions.Length];
        for (var row = 0; row < log.Count; row++)
        {
            var engagement = ResponseLayout.Of(log, row);
            _engagement[row] = (long)engagement;
            _known[row] = float.IsNaN(log.WatchSeconds[row]) ? 0 : 1;
            _bin[row] = _known[row] == 0 ? 0 : layout.Bin(engagement, log.WatchSeconds[row]);
            for (var r = 0; r < ResponseLayout.Reactions.Length; r++)
                _reactions[(row * ResponseLayout.Reactions.Length) + r] = (log.Actions[row] & ResponseLayout.Reactions[r]) != UserActions.None ? 1 : 0;
        }
    }

    public ResponseLayout Layout { get; }

    public int Count => _engagement.Length;

    /// <summary>Logits that give every output its share in the log.</summary>
    public float[] BaseLogits()
    {
        var counts = new double[Layout.Width];
        Array.Fill(counts, 0.5);
        var byEngagement = new double[ResponseLayout.Engagements];
        for (var row = 0; row < Count; row++)
        {
            var engagement = (int)_engagement[row];
            byEngagement[engagement]++;
            counts[engagement]++;
            counts[ResponseLayout.WatchStart + (engagement * Layout.Bins) + (int)_bin[row]] += _known[row];
            for (var r = 0; r < ResponseLayout.Reactions.Length; r++)
                counts[Layout.ReactionStart + (engagement * ResponseLayout.Reactions.Length) + r] += _reactions[(row * ResponseLayout.Reactions.Length) + r];
        }

        for (var place = Layout.ReactionStart; place < counts.Length; place++)
        {
            var trials = byEngagement[(place - Layout.ReactionStart) / ResponseLayout.Reactions.Length] + 1;
            counts[place] /= trials - counts[place];
        }

        return [.. counts.Select(count => (float)Math.Log(count))];
    }

    /// <summary>The rows as tensors, which the current dispose scope owns.</summary>
    public ResponseBatch Of(int[] rows)
    {
        var reactions = ResponseLayout.Reactions.Length;
        var did = new float[rows.Length * reactions];
        for (var i = 0; i < rows.Length; i++)
            _reactions.AsSpan(rows[i] * reactions, reactions).CopyTo(did.AsSpan(i * reactions));
        return new ResponseBatch(
            Layout,
            tensor(Array.ConvertAll(rows, row => _engagement[row]), rows.Length, 1),
            tensor(Array.ConvertAll(rows, row => _bin[row]), rows.Length, 1),
            tensor(Array.ConvertAll(rows, row => _known[row])),
            tensor(did, rows.Length, reactions));
    }

    /// <summary>All rows.</summary>
    public ResponseBatch All() => Of([.. Enumerable.Range(0, Count)]);
}

/// <summary>What happened in B rows.</summary>
/// <param name="Layout">The layout of the logits.</param>
/// <param name="Engagement">[B, 1] int64.</param>
/// <param name="Bin">Bin of the watch time [B, 1] int64.</param>
/// <param name="Known">Whether the watch time is known [B].</param>
/// <param name="Reactions">[B, reactions].</param>
internal sealed record ResponseBatch(ResponseLayout Layout, Tensor Engagement, Tensor Bin, Tensor Known, Tensor Reactions)
{
    /// <summary>Mean over rows of the negative log likelihood of engagement, watch time given it and reactions given it.</summary>
    /// <param name="logits">[B, outputs].</param>
    public Tensor Loss(Tensor logits)
    {
        var (engagements, reactions) = (ResponseLayout.Engagements, ResponseLayout.Reactions.Length);
        var engagement = logits.narrow(1, 0, engagements).log_softmax(-1).gather(1, Engagement).sum();
        var watch = Given(ResponseLayout.WatchStart, Layout.Bins).log_softmax(-1).gather(1, Bin).squeeze(1);
        var reaction = nn.functional.binary_cross_entropy_with_logits(Given(Layout.ReactionStart, reactions), Reactions, reduction: nn.Reduction.Sum);
        return (reaction - engagement - (watch * Known).sum()) / logits.shape[0];

        // The logits of the engagement that happened.
        Tensor Given(int start, int width) => logits.narrow(1, start, engagements * width).reshape(-1, engagements, width)
            .gather(1, Engagement.unsqueeze(-1).expand(-1, 1, width)).squeeze(1);
    }
}
