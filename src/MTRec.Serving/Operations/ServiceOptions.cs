namespace MTRec.Serving.Operations;

/// <summary>The service as a whole: section <c>Service</c>.</summary>
internal sealed class ServiceOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Service";

    /// <summary>A request that takes longer is answered with 504: 100 milliseconds to 10 minutes. Default 10 seconds.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// From the signal to end on, the service is not ready but goes on listening and answering for that long, so that a balancer notices before a call
    /// is lost: 0 to 5 minutes; at least a readiness probe's period times its failures. Default 2 seconds.
    /// </summary>
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the service then waits for requests that run and events that wait: 1 second to 10 minutes. Default 20 seconds.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether <c>/swagger</c> is served. Default: where the service listens on this machine's own addresses alone.</summary>
    public bool? Swagger { get; set; }

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (RequestTimeout < TimeSpan.FromMilliseconds(100) || RequestTimeout > TimeSpan.FromMinutes(10))
            yield return $"RequestTimeout must be from 100 milliseconds to 10 minutes, not {RequestTimeout}.";
        if (DrainTime < TimeSpan.Zero || DrainTime > TimeSpan.FromMinutes(5))
            yield return $"DrainTime must be from 0 to 5 minutes, not {DrainTime}.";
        if (ShutdownTimeout < TimeSpan.FromSeconds(1) || ShutdownTimeout > TimeSpan.FromMinutes(10))
            yield return $"ShutdownTimeout must be from 1 second to 10 minutes, not {ShutdownTimeout}.";
    }
}
