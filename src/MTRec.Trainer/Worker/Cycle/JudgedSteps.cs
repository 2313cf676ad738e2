using MTRec.Core.Blending;
using MTRec.Core.Events;
using MTRec.Inference;
using MTRec.Learning.Fusion;
using MTRec.Trainer.Evaluation;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>What a bundle says of exposures, through the graphs that the service runs.</summary>
/// <param name="Actions">The action of every exposure in units of [-1, 1]: [A], or [N x A] where every candidate has its own.</param>
/// <param name="Shown">Fusion scores of the items of every exposure's list [L].</param>
/// <param name="All">Fusion scores of all candidates of all exposures.</param>
internal sealed record BundleSays(IReadOnlyList<float[]> Actions, IReadOnlyList<float[]> Shown, float[] All)
{
    /// <summary>Asks a bundle.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="steps">The exposures.</param>
    /// <param name="list">L.</param>
    /// <param name="cancellation">Ends the work between two exposures.</param>
    /// <exception cref="GraphFailedException">A graph failed.</exception>
    public static BundleSays Of(Bundle bundle, IReadOnlyList<ReplayedStep> steps, int list, CancellationToken cancellation)
    {
        // The mental reward stays out: it is the same in both bundles.
        using var scores = new BundleScores(bundle, new BlendParameters(0));
        var actions = new FusionActions(bundle.Manifest.Fusion, bundle.Manifest.Tasks.Count);
        var (drawn, shown, all) = (new List<float[]>(), new List<float[]>(), new List<float>());
        foreach (var step in steps)
        {
            cancellation.ThrowIfCancellationRequested();
            var exposure = step.Exposure;
            var own = scores.Score(exposure.Context, exposure.User, [.. step.History], exposure.Timestamp.ToUnixTimeMilliseconds(), exposure.ItemIds, exposure.Scores);
            drawn.Add([.. scores.Action.ToArray().Chunk(actions.Width).SelectMany(row => actions.FromReal(row))]);
            shown.Add([.. exposure.Order.Take(list).Select(place => own[place])]);
            all.AddRange(own);
        }

        return new BundleSays(drawn, shown, [.. all]);
    }
}

/// <summary>How an exposure's action was drawn, evenly within a box, in units of [-1, 1].</summary>
/// <param name="Action">What was drawn [D]: one row, or one a candidate.</param>
/// <param name="Low">The box's lower ends [D].</param>
/// <param name="High">Its upper ends [D]; equal where nothing could be drawn.</param>
internal sealed record DrawnBox(float[] Action, float[] Low, float[] High)
{
    private const double Rounding = 1e-3;

    /// <summary>The box of an exposure; null where its action was not drawn evenly: not at all, or by another rule.</summary>
    public static DrawnBox? Of(ExposureEvent exposure, FusionActions actions)
    {
        if (exposure.Exploration is not { } drawn || exposure.Action is not { } action)
            return null;
        var centre = Rows(drawn.Baseline);
        var (low, high) = (new float[centre.Length], new float[centre.Length]);
        var density = 0.0;
        for (var i = 0; i < centre.Length; i++)
        {
            low[i] = Math.Max(-1, centre[i] + drawn.Lower[i % actions.Width]);
            high[i] = Math.Max(low[i], Math.Min(1, centre[i] + drawn.Upper[i % actions.Width]));
            density -= high[i] > low[i] ? Math.Log(high[i] - low[i]) : 0;
        }

        // The logged density tells which rule drew.
        var logged = drawn.LogDensity.Sum(value => (double)value);
        return Math.Abs(density - logged) <= Rounding * Math.Max(1, Math.Abs(logged)) ? new DrawnBox(Rows(action), low, high) : null;

        float[] Rows(float[] real) => [.. real.Chunk(actions.Width).SelectMany(row => actions.FromReal(row))];
    }

    /// <summary>Number of dimensions of another policy's action that lie outside of what was explored.</summary>
    public int Outside(float[] action)
    {
        var outside = 0;
        for (var i = 0; i < Low.Length; i++)
            outside += action[i] < Low[i] - Rounding || action[i] > High[i] + Rounding ? 1 : 0;
        return outside;
    }

    /// <summary>An action as one of the drawn one's length: one row stands for all candidates. Null where it cannot be one.</summary>
    public float[]? AsLong(float[] action, int width) =>
        action.Length == Action.Length ? action
        : action.Length == width ? [.. Enumerable.Range(0, Action.Length).Select(i => action[i % width])]
        : null;

    /// <summary>sum_d (a_d - c_d) (from_d - to_d) / var_d: c and var are mean and variance of the even draw.</summary>
    public double Slope(float[] from, Func<int, float> to)
    {
        var sum = 0.0;
        for (var i = 0; i < Action.Length; i++)
        {
            var width = High[i] - Low[i];
            if (width > 0)
                sum += (Action[i] - Centre(i)) * (from[i] - to(i)) * 12 / ((double)width * width);
        }

        return sum;
    }

    /// <summary>c_d.</summary>
    public float Centre(int dimension) => (Low[dimension] + High[dimension]) / 2;
}
