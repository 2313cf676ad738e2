namespace MTRec.Serving.Sessions;

/// <summary>Puts the session store into the service.</summary>
internal static class SessionStoreSetup
{
    /// <summary>Adds the store that <see cref="SessionStoreOptions.Store"/> names.</summary>
    public static void AddSessionStore(this IServiceCollection services)
    {
        services.AddSingleton<ISessionStore>(provider => provider.GetRequiredService<SessionStoreOptions>().Store switch
        {
            SessionStoreKind.Redis => ActivatorUtilities.CreateInstance<RedisSessionStore>(provider),
            _ => ActivatorUtilities.CreateInstance<InProcessSessionStore>(provider),
        });
        services.AddHostedService<SessionStoreStartup>();
    }
}

/// <summary>Gets the session store ready before the service takes requests.</summary>
internal sealed class SessionStoreStartup(ISessionStore sessions) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) =>
        sessions is RedisSessionStore redis ? redis.WarmUpAsync(cancellationToken) : Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
