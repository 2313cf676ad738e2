using System.Globalization;
using MTRec.Learning.Distributed;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Fitting;

/// <summary>Fits networks by epochs and keeps the state with the lowest validation loss.</summary>
/// <param name="options">How.</param>
/// <param name="progress">Told of every step; may be null.</param>
/// <param name="cancellation">Ends the fitting between two steps.</param>
/// <param name="world">The ranks that share every step, all of which must fit alike; this process alone where left out.</param>
public sealed class Fitter(FitOptions options, IProgress<FitProgress>? progress, CancellationToken cancellation, World? world = null)
{
    /// <summary>How it fits.</summary>
    public FitOptions Options { get; } = options;

    /// <summary>The ranks that fit together.</summary>
    public World World { get; } = world ?? World.Alone;

    /// <summary>Fits.</summary>
    /// <param name="stage">The stage's name in reports.</param>
    /// <param name="network">The network; ends in evaluation mode, at its best state.</param>
    /// <param name="seed">Decides what the network draws in training.</param>
    /// <param name="batches">Draws one epoch's batches.</param>
    /// <param name="loss">The loss of a batch or a slice of one, a scalar: a mean over its rows.</param>
    /// <param name="validationLoss">The loss that is to be lowest; called in evaluation mode without gradients.</param>
    /// <param name="afterStep">Called after every step, if given.</param>
    /// <returns>The validation loss after every epoch.</returns>
    /// <exception cref="ArithmeticException">A loss is not finite.</exception>
    public IReadOnlyList<double> Fit(
        string stage,
        nn.Module network,
        int seed,
        Func<IReadOnlyList<int[]>> batches,
        Func<int[], Tensor> loss,
        Func<double> validationLoss,
        Action? afterStep = null)
    {
        var parameters = network.parameters().Where(parameter => parameter.requires_grad).ToArray();
        using var parts = World.Parts(seed);
        using var descent = new Descent(stage, optim.AdamW(parameters, Options.LearningRate, weight_decay: Options.WeightDecay), parts, Options.GradientNorm);
        var losses = new List<double>();
        var best = new List<Tensor>();
        var steps = 0;
        try
        {
            for (var epoch = 0; epoch < Options.Epochs && epoch - Best(losses) <= Options.Patience; epoch++)
            {
                network.train();
                var order = batches();
                for (var i = 0; i < order.Count; i++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    descent.LearningRate = Options.LearningRate * Rate(steps++ / (double)(Options.Epochs * order.Count));
                    Step(stage, descent, parts, loss, order[i]);
                    afterStep?.Invoke();
                    progress?.Report(new FitProgress(stage, (epoch + ((i + 1.0) / order.Count)) / Options.Epochs, Detail(losses)));
                }

                network.eval();
                losses.Add(Validate(stage, validationLoss));
                if (Best(losses) == epoch)
                    Keep(parameters, best);
            }

            Restore(parameters, best);
            network.eval();
            progress?.Report(new FitProgress(stage, 1, Detail(losses)));
            return losses;
        }
        finally
        {
            best.ForEach(tensor => tensor.Dispose());
        }
    }

    /// <summary>The mean of a loss over batches, which the ranks share: the same number on each of them.</summary>
    /// <param name="batches">The batches.</param>
    /// <param name="loss">The loss of a batch, a scalar: a mean over its rows.</param>
    public double Mean(IEnumerable<int[]> batches, Func<int[], Tensor> loss)
    {
        Span<double> sum = [0, 0];
        foreach (var rows in World.Share(batches))
        {
            using var scope = NewDisposeScope();
            sum[0] += loss(rows).item<float>() * rows.Length;
            sum[1] += rows.Length;
        }

        World.Sum(sum);
        return sum[0] / sum[1];
    }

    private static int Best(List<double> losses) => losses.Count == 0 ? -1 : losses.IndexOf(losses.Min());

    private static string Detail(List<double> losses) =>
        losses.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"validation loss {losses.Min():F5}");

    // Linear warm-up, then half a cosine down to 0.
    private double Rate(double done) => done < Options.WarmUp
        ? done / Options.WarmUp
        : (1 + Math.Cos(Math.PI * (done - Options.WarmUp) / (1 - Options.WarmUp))) / 2;

    private static void Step(string stage, Descent descent, BatchParts parts, Func<int[], Tensor> loss, int[] batch)
    {
        var slices = parts.Of(batch.Length);
        if (!double.IsFinite(descent.Minimise(slices, i => loss(slices[i].Of(batch)))))
            throw new ArithmeticException($"{stage}: the loss is not finite; the learning rate may be too high.");
    }

    private static double Validate(string stage, Func<double> validationLoss)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var value = validationLoss();
        return double.IsFinite(value) ? value : throw new ArithmeticException($"{stage}: the validation loss is not finite.");
    }

    private static void Keep(Parameter[] parameters, List<Tensor> best)
    {
        best.ForEach(tensor => tensor.Dispose());
        best.Clear();
        using var quiet = no_grad();
        best.AddRange(parameters.Select(parameter => parameter.detach().clone().DetachFromDisposeScope()));
    }

    private static void Restore(Parameter[] parameters, List<Tensor> best)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        for (var i = 0; i < best.Count; i++)
            parameters[i].copy_(best[i]);
    }
}
