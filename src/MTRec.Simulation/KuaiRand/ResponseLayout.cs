using MTRec.Core.Sessions;
using MTRec.Data.Logs;
using MTRec.Learning.Algorithms.MultiTask;

namespace MTRec.Simulation.KuaiRand;

/// <summary>How far a user goes with an item; the watch time and all other responses are given this.</summary>
public enum Engagement
{
    /// <summary>Shown and left alone.</summary>
    Pass,

    /// <summary>Clicked, but not watched for long.</summary>
    Click,

    /// <summary>Watched for long. The one row in a thousand that has no click counts as clicked.</summary>
    LongView,
}

/// <summary>
/// Where the outputs of a <see cref="ResponseNetwork"/> stand: logits of the engagement, then for each engagement logits of the watch time's
/// bins, then for each engagement logits of like, strong positive and hate. The bins are quantiles of ln(1 + seconds) given the engagement.
/// </summary>
public sealed class ResponseLayout
{
    /// <summary>Engagements.</summary>
    public const int Engagements = 3;

    /// <summary>First logit of the bins.</summary>
    public const int WatchStart = Engagements;

    /// <summary>Least width of a bin, in ln(1 + seconds).</summary>
    public const float Narrowest = 1e-4f;

    /// <summary>Responses beside engagement and watch time, in order.</summary>
    public static readonly UserActions[] Reactions = [UserActions.Like, UserActionNames.StrongPositive, UserActions.Hate];

    /// <summary>Names of the columns of drawn responses.</summary>
    public static readonly string[] Names = ["click", "longView", "like", "strongPositive", "hate", "watchSeconds"];

    /// <summary>Measures the bins on a log.</summary>
    /// <param name="log">The log.</param>
    /// <param name="bins">Bins an engagement, 1 or more.</param>
    public ResponseLayout(ImpressionLog log, int bins)
    {
        Bins = bins;
        Edges = new float[Engagements][];
        for (var engagement = 0; engagement < Engagements; engagement++)
        {
            var values = Enumerable.Range(0, log.Count)
                .Where(row => Of(log, row) == (Engagement)engagement && !float.IsNaN(log.WatchSeconds[row]))
                .Select(row => LogSeconds(log.WatchSeconds[row]))
                .Order()
                .ToArray();
            var edges = new float[bins + 1];
            for (var i = 0; i <= bins; i++)
            {
                var quantile = values.Length == 0 ? i : values[(int)((long)i * (values.Length - 1) / bins)];

                // Many equal watch times, as of videos left at once, still make bins of some width.
                edges[i] = i == 0 ? quantile : Math.Max(quantile, edges[i - 1] + Narrowest);
            }

            Edges[engagement] = edges;
        }
    }

    /// <summary>Bins an engagement.</summary>
    public int Bins { get; }

    /// <summary>Ends of the bins in ln(1 + seconds), ascending [engagements][bins + 1].</summary>
    public float[][] Edges { get; }

    /// <summary>First logit of the reactions.</summary>
    public int ReactionStart => Engagements + (Engagements * Bins);

    /// <summary>Number of logits.</summary>
    public int Width => ReactionStart + (Engagements * Reactions.Length);

    /// <summary>How far the user went in a row.</summary>
    public static Engagement Of(ImpressionLog log, int row) =>
        (log.Actions[row] & UserActions.LongView) != 0 ? Engagement.LongView
        : (log.Actions[row] & UserActions.Click) != 0 ? Engagement.Click
        : Engagement.Pass;

    /// <summary>ln(1 + seconds), seconds at most <see cref="BehaviourTask.MaxWatchSeconds"/>.</summary>
    public static float LogSeconds(float seconds) => MathF.Log(1 + Math.Clamp(seconds, 0, BehaviourTask.MaxWatchSeconds));

    /// <summary>The bin of a watch time.</summary>
    public int Bin(Engagement engagement, float seconds)
    {
        var place = Array.BinarySearch(Edges[(int)engagement], LogSeconds(seconds));
        return Math.Clamp(place >= 0 ? place : ~place - 1, 0, Bins - 1);
    }
}
