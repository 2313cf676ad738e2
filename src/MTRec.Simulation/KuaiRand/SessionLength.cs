using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>Finds the scale of rewards under which sessions are as long as wanted.</summary>
internal static class SessionLength
{
    private const int Halvings = 40;

    /// <summary>The seconds of a reward of 1 so that sessions of random order have a mean number of views.</summary>
    public static double Calibrate(
        KuaiRandWorld world, SessionStarts starts, ResponseModel responses, KuaiRandSessionOptions options, double meanViews, int seed)
    {
        // Users who never leave: their responses do not depend on the satisfaction, so one run serves all scales.
        var patient = options with { LeaveBelow = double.NegativeInfinity, ListSize = 1 };
        using var environment = new KuaiRandEnvironment("patient", world, starts, responses, patient);
        using var random = new Generator((ulong)seed);
        var watched = new float[options.MaximumViews][];
        float[] playSeconds;
        using (NewDisposeScope())
        {
            environment.Reset(options.MeasuredSessions, seed);
            playSeconds = starts.Draw(options.MeasuredSessions, seed).PlaySeconds.data<float>().ToArray();
        }

        for (var step = 0; step < watched.Length; step++)
        {
            using var scope = NewDisposeScope();
            var outcome = environment.Advance(rand([options.MeasuredSessions, options.Candidates], generator: random));
            watched[step] = outcome.Rewards.select(1, 0).Floats();
        }

        // Longer the smaller the scale.
        double low = 1, high = 10_000;
        for (var i = 0; i < Halvings; i++)
        {
            var middle = Math.Sqrt(low * high);
            if (Views(watched, playSeconds, middle, options) > meanViews)
                low = middle;
            else
                high = middle;
        }

        return Math.Sqrt(low * high);
    }

    /// <summary>Mean views of sessions whose users leave by the rule.</summary>
    /// <param name="watched">Seconds [views][sessions].</param>
    /// <param name="playSeconds">Seconds that the users watched in the whole log [sessions].</param>
    /// <param name="scale">Seconds of a reward of 1.</param>
    /// <param name="options">The rule.</param>
    public static double Views(float[][] watched, float[] playSeconds, double scale, KuaiRandSessionOptions options)
    {
        long views = 0;
        var startScale = options.StartScale ?? (KuaiRandSessionOptions.StartRatio * scale);
        for (var session = 0; session < playSeconds.Length; session++)
        {
            var satisfaction = Math.Max(options.LowestStart, playSeconds[session] / startScale);
            for (var step = 0; step < watched.Length; step++)
            {
                views++;
                satisfaction = (options.Persistence * satisfaction) + ((1 - options.Persistence) * watched[step][session] / scale);
                if (satisfaction < options.LeaveBelow)
                    break;
            }
        }

        return (double)views / playSeconds.Length;
    }
}
