namespace MTRec.Serving.EventLog;

/// <summary>Puts the event log into the service.</summary>
internal static class EventLogSetup
{
    /// <summary>Adds the log that <see cref="EventLogOptions.Sink"/> names, and the queue before it.</summary>
    public static void AddEventLog(this IServiceCollection services)
    {
        services.AddSingleton<IEventLog>(provider => provider.GetRequiredService<EventLogOptions>().Sink switch
        {
            EventLogSink.RedisStreams => ActivatorUtilities.CreateInstance<RedisEventLog>(provider),
            _ => ActivatorUtilities.CreateInstance<FileEventLog>(provider),
        });
        services.AddSingleton<EventQueue>();
        services.AddHostedService(provider => provider.GetRequiredService<EventQueue>());
    }
}
