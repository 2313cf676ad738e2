using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using MTRec.Inference;
using MTRec.Serving.Access;
using MTRec.Serving.Bundles;
using MTRec.Serving.Bundles.Shadow;
using MTRec.Serving.EventLog;
using MTRec.Serving.Experiments;
using MTRec.Serving.Experiments.Reports;
using MTRec.Serving.Feedback;
using MTRec.Serving.Http;
using MTRec.Serving.Items;
using MTRec.Serving.OpenApi;
using MTRec.Serving.Operations;
using MTRec.Serving.Operations.Telemetry;
using MTRec.Serving.Ranking;
using MTRec.Serving.Redis;
using MTRec.Serving.Sessions;

namespace MTRec.Serving;

/// <summary>The service, put together.</summary>
internal static class ServingApp
{
    /// <summary>The address where the configuration names none.</summary>
    private const string DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>Longest body that is read at all. Bodies up to it that are too long for their path get their answer before the connection ends.</summary>
    private const long LongestBody = 256 << 20;

    /// <summary>Builds the service.</summary>
    /// <param name="args">Configuration, such as <c>--Blending:Weight=0.5</c>; it goes over the environment, which goes over appsettings.json.</param>
    /// <param name="replace">Replaces parts.</param>
    /// <exception cref="OptionsValidationException">The configuration is bad; lists every fault.</exception>
    public static WebApplication Build(string[] args, Action<IServiceCollection>? replace = null)
    {
        // appsettings.json lies beside the binaries; the working folder may be any.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var files = new SettingsFiles();
        files.Keep(builder.Configuration.Sources);
        builder.Services.AddSingleton(files);
        builder.AddServiceLogging();
        AddOptions(builder);
        AddServer(builder);
        AddParts(builder.Services);
        AddOpenApi(builder.Services);
        replace?.Invoke(builder.Services);

        var app = builder.Build();
        app.UseMiddleware<RequestLog>();
        app.UseMiddleware<LingerMiddleware>();
        app.UseMiddleware<ProblemMiddleware>();
        app.UseWhen(ShowsSwagger, pages => pages.UseSwagger().UseSwaggerUI(options => options.DocumentTitle = "MTRec"));
        app.UseRouting();
        app.UseMiddleware<AccessMiddleware>();
        app.UseRateLimits();
        app.UseRequestTimeouts();
        app.MapService();
        return app;
    }

    private static bool ShowsSwagger(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/swagger", StringComparison.Ordinal)
        && (context.RequestServices.GetRequiredService<ServiceOptions>().Swagger ?? context.RequestServices.GetRequiredService<LiveKeyRing>().Current.IsPrivate);

    private static void AddOptions(WebApplicationBuilder builder)
    {
        var options = new CheckedOptions(builder.Services, builder.Configuration);
        options.Add<ServiceOptions>(ServiceOptions.Section);
        options.AddLive<AccessOptions>(AccessOptions.Section);
        options.Add<TelemetryOptions>(TelemetryOptions.Section);
        options.Add<RegistryOptions>(RegistryOptions.Section);
        options.AddLive<ShadowOptions>(ShadowOptions.Section);
        options.Add<RankOptions>(RankOptions.Section);
        options.AddLive<BlendingOptions>(BlendingOptions.Section);
        options.AddLive<ExperimentsOptions>(ExperimentsOptions.Section);
        options.Add<ReportOptions>(ReportOptions.Section);
        options.Add<FeedbackOptions>(FeedbackOptions.Section);
        options.Add<SessionStoreOptions>(SessionStoreOptions.Section);
        options.Add<RedisOptions>(RedisOptions.Section);
        options.Add<ItemStoreOptions>(ItemStoreOptions.Section);
        options.Add<EventLogOptions>(EventLogOptions.Section);
        options.ThrowIfFaulty();
    }

    private static void AddServer(WebApplicationBuilder builder)
    {
        if (builder.Configuration[WebHostDefaults.ServerUrlsKey] is null && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
            builder.WebHost.UseUrls(DefaultUrl);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowSynchronousIO = false;
            kestrel.Limits.MaxRequestBodySize = LongestBody;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });

        var services = builder.Services;
        services.AddSingleton<IMemoryPoolFactory<byte>, ReceiveBuffers>();
        services.AddSingleton<IConnectionListenerFactory>(provider =>
            new LingeringListenerFactory(ActivatorUtilities.CreateInstance<SocketTransportFactory>(provider), provider.GetRequiredService<Drain>()));
        services.AddOptions<HostOptions>().Configure<ServiceOptions>((host, service) => host.ShutdownTimeout = service.DrainTime + service.ShutdownTimeout);
        services.AddRequestTimeouts();
        services.AddOptions<RequestTimeoutOptions>().Configure<ServiceOptions>(
            (timeouts, service) => timeouts.DefaultPolicy = new RequestTimeoutPolicy { Timeout = service.RequestTimeout });
    }

    private static void AddParts(IServiceCollection services)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new ServiceRoot(Environment.CurrentDirectory));
        services.AddHostedService<ClockWatch>();
        services.AddSingleton<Drain>();
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddSingleton<Readiness>();
        services.AddSingleton<LiveKeyRing>();
        services.AddSingleton<AccessMeters>();
        services.AddHostedService<ListeningAddresses>();
        services.AddRateLimits();
        services.AddSingleton<StoreMeters>();
        services.AddSingleton<MetricsEndpoint>();
        services.AddSingleton<Metering>();
        services.AddHostedService(provider => provider.GetRequiredService<Metering>());
        services.AddEventLog();
        services.AddSessionStore();
        services.AddSingleton<SessionEndpoints>();
        services.AddSingleton<ItemStore>();
        services.AddSingleton<ItemEndpoints>();
        services.AddSingleton<FeedbackReader>();
        services.AddSingleton<FeedbackEndpoint>();
        services.AddSingleton<FeedbackMeters>();
        services.AddSingleton<LiveBlending>();
        services.AddSingleton<RankGate>();
        services.AddSingleton<Ranker>();
        services.AddSingleton<ExposureLog>();
        services.AddSingleton<RankMeters>();
        services.AddSingleton<WarmUp>();
        services.AddSingleton<RankEndpoint>();
        services.AddSingleton(provider =>
            new BundleRegistry(
                provider.GetRequiredService<ServiceRoot>().Resolve(provider.GetRequiredService<RegistryOptions>().Path),
                provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<BundleHost>();
        services.AddSingleton<WantedBundles>();
        services.AddSingleton<BundlesEndpoint>();
        services.AddSingleton<LiveExperiments>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveExperiments>());
        services.AddSingleton<ExperimentEndpoints>();
        services.AddSingleton<ExperimentReports>();
        services.AddSingleton<BundleMeters>();
        services.AddSingleton<BundleIntake>();
        services.AddSingleton<LoadingThread>();
        services.AddSingleton(provider => new ChoiceFile(provider.GetRequiredService<BundleRegistry>(), provider.GetRequiredService<RegistryOptions>().Bundle));
        services.AddSingleton<SharedChoice>();
        services.AddSingleton<BundleSwitch>();
        services.AddHostedService<BundleWatch>();
        services.AddSingleton<ShadowQueue>();
        services.AddSingleton<ShadowMeters>();
        services.AddSingleton<ShadowScorer>();
        services.AddHostedService(provider => provider.GetRequiredService<ShadowScorer>());
    }

    private static void AddOpenApi(IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc("v1", new OpenApiInfo { Title = "MTRec", Version = "v1", Description = "Ranks a feed's candidates by fused task scores and mental reward." });
            options.IncludeXmlComments(typeof(ServingApp).Assembly);
            options.SupportNonNullableReferenceTypes();
            options.OperationFilter<ExampleFilter>();
            options.OperationFilter<ProtobufFilter>();
            AccessFilter.Describe(options);
            options.DocumentFilter<SectionFilter>();
        });
    }
}
