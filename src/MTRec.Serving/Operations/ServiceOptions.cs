namespace MTRec.Serving.Operations;

/// <summary>The service as a whole: section <c>Service</c>.</summary>
internal sealed class ServiceOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Service";

    /// <summary>A request that takes longer is answered with 504: 100 milliseconds to 10 minutes. Default 10 seconds.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the service waits at its end for requests that run and events that wait: 1 second to 10 minutes. Default 20 seconds.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether <c>/swagger</c> is served. Default: where the service listens on this machine's own addresses alone.</summary>
    public bool? Swagger { get; set; }

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (RequestTimeout < TimeSpan.FromMilliseconds(100) || RequestTimeout > TimeSpan.FromMinutes(10))
            yield return $"RequestTimeout must be from 100 milliseconds to 10 minutes, not {RequestTimeout}.";
        if (ShutdownTimeout < TimeSpan.FromSeconds(1) || ShutdownTimeout > TimeSpan.FromMinutes(10))
            yield return $"ShutdownTimeout must be from 1 second to 10 minutes, not {ShutdownTimeout}.";
    }
}
