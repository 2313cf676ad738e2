using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace MTRec.Serving.Ranking;

/// <summary>The stages of a rank call, in their order.</summary>
internal enum Stage
{
    /// <summary>Body to tensors.</summary>
    Parse,

    /// <summary>Session and history.</summary>
    Session,

    /// <summary>Task scores, where the caller gave none.</summary>
    Tasks,

    /// <summary>Fusion.</summary>
    Policy,

    /// <summary>Mental reward.</summary>
    Mental,

    /// <summary>Final scores and order.</summary>
    Blend,
}

/// <summary>Measures the stages of one call and reports them as <c>Server-Timing</c>.</summary>
internal sealed class StageClock
{
    private const string Total = "total";
    private static readonly string[] Names = ["parse", "session", "tasks", "policy", "mental", "blend"];

    private readonly long[] _ticks = new long[Names.Length];
    private long _total;
    private long _start;
    private long _last;

    /// <summary>The names of the stages, and last that of the whole.</summary>
    public static IReadOnlyList<string> StageNames { get; } = [.. Names, Total];

    /// <summary>Time of the stages that a bundle's graphs take part in: from task scores to the final order.</summary>
    public TimeSpan Scoring => Stopwatch.GetElapsedTime(0, _ticks[(int)Stage.Tasks..].Sum());

    /// <summary>Begins the first stage.</summary>
    public void Start()
    {
        Array.Clear(_ticks);
        _start = _last = Stopwatch.GetTimestamp();
        _total = 0;
    }

    /// <summary>Ends a stage; the next one begins.</summary>
    public void End(Stage stage)
    {
        var now = Stopwatch.GetTimestamp();
        _ticks[(int)stage] = now - _last;
        _last = now;
    }

    /// <summary>Ends the whole.</summary>
    public void Stop() => _total = Stopwatch.GetTimestamp() - _start;

    /// <summary>Seconds of a stage by its place in <see cref="StageNames"/>; 0 where it did not take place.</summary>
    public double SecondsOf(int stage) => (stage < _ticks.Length ? _ticks[stage] : _total) / (double)Stopwatch.Frequency;

    /// <summary>The header's value, in milliseconds; a stage that did not take place is left out.</summary>
    public string ToHeader()
    {
        var header = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[256]);
        for (var i = 0; i < Names.Length; i++)
        {
            if (_ticks[i] > 0)
                Append(ref header, Names[i], _ticks[i]);
        }

        Append(ref header, Total, _total);
        return header.ToStringAndClear();
    }

    private static void Append(ref DefaultInterpolatedStringHandler header, string name, long ticks)
    {
        header.AppendLiteral(name);
        header.AppendLiteral(";dur=");
        header.AppendFormatted(ticks * 1000.0 / Stopwatch.Frequency, "0.###");
        if (name != Total)
            header.AppendLiteral(", ");
    }
}
