using System.Diagnostics;

namespace MTRec.Serving.Bundles;

/// <summary>
/// Has long work rest between its steps, so that a processor that it shares with requests is theirs most of the time. A lower priority would do too, but
/// on Linux every thread that such a thread starts inherits it, those of the pool and the garbage collector among them.
/// </summary>
internal sealed class Pace
{
    // Rested for each part of work.
    private const int Rests = 2;
    private static readonly TimeSpan ShortestWork = TimeSpan.FromMilliseconds(0.5);

    private long _since = Stopwatch.GetTimestamp();

    /// <summary>Rests where enough was done since the last time.</summary>
    public void Rest()
    {
        var worked = Stopwatch.GetElapsedTime(_since);
        if (worked < ShortestWork)
            return;
        Thread.Sleep(Rests * worked);
        _since = Stopwatch.GetTimestamp();
    }
}
