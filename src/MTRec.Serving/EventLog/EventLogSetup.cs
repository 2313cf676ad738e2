using MTRec.Serving.Experiments.Reports;
using MTRec.Serving.Operations;

namespace MTRec.Serving.EventLog;

/// <summary>Puts the event log into the service.</summary>
internal static class EventLogSetup
{
    /// <summary>Adds the log that <see cref="EventLogOptions.Sink"/> names, the queue before it, and who reads it for reports.</summary>
    public static void AddEventLog(this IServiceCollection services)
    {
        services.AddSingleton<IEventLog>(provider => provider.GetRequiredService<EventLogOptions>().Sink switch
        {
            EventLogSink.RedisStreams => ActivatorUtilities.CreateInstance<RedisEventLog>(provider),
            _ => ActivatorUtilities.CreateInstance<FileEventLog>(provider),
        });
        services.AddSingleton<IEventTail>(provider => provider.GetRequiredService<EventLogOptions>() is { Sink: EventLogSink.Files } files
            ? new EventFileTail(provider.GetRequiredService<ServiceRoot>().Resolve(files.Folder))
            : ActivatorUtilities.CreateInstance<EventStreamTail>(provider));
        services.AddSingleton<EventQueue>();
        services.AddHostedService(provider => provider.GetRequiredService<EventQueue>());
    }
}
