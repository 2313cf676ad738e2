using System.Text.Json;
using MTRec.Data;
using MTRec.Inference;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Fusion;
using MTRec.Simulation.KuaiRand;
using MTRec.Trainer.Worker.State;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>
/// What transitions are made by beside the events: statistics of the state, and what a response is worth. Measured once on a window and kept, so that a
/// column means the same in every cycle.
/// </summary>
/// <param name="Measured">The newest event of the window that it was measured on.</param>
/// <param name="Impressions">Shown items that it was measured on.</param>
/// <param name="State">Statistics of the state.</param>
/// <param name="WatchScale">Seconds watched that are a reward of 1.</param>
/// <param name="Behaviours">Rewards of click, long view, like, strong positive and hate.</param>
internal sealed record MeasuredWindow(DateTimeOffset Measured, int Impressions, FusionStatistics State, double WatchScale, IReadOnlyList<float> Behaviours)
{
    // Impressions looked ahead for future dwell, as in the simulator.
    private const int DwellHorizon = 5;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    /// <summary>Reads what was measured before for a layout; null where nothing was.</summary>
    /// <exception cref="DataFormatException">The file is damaged.</exception>
    public static MeasuredWindow? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize<MeasuredWindow>(File.ReadAllBytes(path), Json) ?? throw new DataFormatException($"{path}: holds nothing.");
        }
        catch (JsonException e)
        {
            throw new DataFormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>The same where behaviours count more or less beside the watch time.</summary>
    public MeasuredWindow Weighed(double behaviours) => this with { Behaviours = [.. Behaviours.Select(reward => (float)(reward * behaviours))] };

    /// <summary>Keeps it.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Write(string path) => DurableFiles.Replace(path, JsonSerializer.SerializeToUtf8Bytes(this, Json));

    /// <summary>Measures.</summary>
    /// <param name="sessions">The sessions; no more are drawn than are needed.</param>
    /// <param name="bundle">The layout, and the items' features.</param>
    /// <param name="options">How.</param>
    /// <param name="newest">The window's end.</param>
    /// <returns>Null where there is nothing to measure on.</returns>
    public static MeasuredWindow? Of(IEnumerable<IReadOnlyList<ReplayedStep>> sessions, Bundle bundle, TransitionOptions options, DateTimeOffset newest)
    {
        var rows = new WindowImpressions(bundle.Assembler.Schema, options.ListSize);
        foreach (var session in sessions)
        {
            foreach (var step in session)
                rows.Add(step);
            if (rows.Count >= options.MeasuredImpressions)
                break;
        }

        if (rows.Count == 0)
            return null;
        var examples = rows.OfShown(bundle);
        using var state = new FusionState(examples);
        var weights = FixedPolicy.RewardWeights(BehaviourTask.Default, FutureDwell.Correlations(examples.Log, BehaviourTask.Default, DwellHorizon));
        return new MeasuredWindow(
            newest, rows.Count, state.Statistics, options.WatchScale, options.Behaviours ?? KuaiRandRewards.BehaviourWeights(examples.Log, weights, options.WatchScale));
    }
}
