namespace MTRec.Serving.Operations;

/// <summary>Says once a second that it is time for a line in the log about something that may happen thousands of times in it.</summary>
internal sealed class OnceASecond(TimeProvider time)
{
    private long _next = long.MinValue;

    /// <summary>Whether it is time: true for one caller a second.</summary>
    public bool IsTime()
    {
        var now = time.GetTimestamp();
        var next = Interlocked.Read(ref _next);
        return now >= next && Interlocked.CompareExchange(ref _next, now + time.TimestampFrequency, next) == next;
    }
}
