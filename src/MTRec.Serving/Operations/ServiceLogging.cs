using Serilog;
using Serilog.Extensions.Logging;

namespace MTRec.Serving.Operations;

/// <summary>Structured logs through Serilog: section <c>Serilog</c>. Readable lines on the console where it names no sink.</summary>
internal static class ServiceLogging
{
    private const string Line = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff} {Level:u3} {SourceContext}: {Message:lj} {TraceId}{NewLine}{Exception}";

    /// <summary>Sends the logs of <paramref name="builder"/>'s service to Serilog.</summary>
    public static void AddServiceLogging(this WebApplicationBuilder builder)
    {
        var configuration = new LoggerConfiguration().ReadFrom.Configuration(builder.Configuration);
        if (!builder.Configuration.GetSection("Serilog:WriteTo").Exists())
            configuration.WriteTo.Console(outputTemplate: Line, formatProvider: System.Globalization.CultureInfo.InvariantCulture);
        // The host's own category would put the path of a request, which may name a user, beside the text of all its lines.
        builder.Logging.ClearProviders().AddSerilog(configuration.CreateLogger(), dispose: true).AddFilter<SerilogLoggerProvider>("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Services.AddHostedService<RequestTraces>();
    }
}
