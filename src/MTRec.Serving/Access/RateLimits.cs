using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using MTRec.Serving.Http;

namespace MTRec.Serving.Access;

/// <summary>A token bucket for each key, and for each address of callers without one.</summary>
internal static class RateLimits
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Adds them. A changed rate takes effect with the next request, on a full bucket.</summary>
    public static IServiceCollection AddRateLimits(this IServiceCollection services) => services.AddRateLimiter(options =>
    {
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, Bucket>(BucketOf);
        options.OnRejected = RefuseAsync;
    });

    /// <summary>Applies them; a caller without a limit passes them by.</summary>
    public static IApplicationBuilder UseRateLimits(this IApplicationBuilder app) =>
        app.UseWhen(context => Caller.Of(context).Rate is not null, limited => limited.UseRateLimiter());

    private static RateLimitPartition<Bucket> BucketOf(HttpContext context)
    {
        var caller = Caller.Of(context);
        var rate = caller.Rate!;
        var bucket = caller.Key is { } key ? new Bucket(key, null, rate) : new Bucket(null, NetworkOf(context.Connection.RemoteIpAddress), rate);
        return RateLimitPartition.GetTokenBucketLimiter(bucket, static bucket => new TokenBucketRateLimiterOptions
        {
            TokenLimit = bucket.Rate.Burst,
            TokensPerPeriod = bucket.Rate.PerSecond,
            ReplenishmentPeriod = Second,
            QueueLimit = 0,
        });
    }

    // Who has an IPv6 address has 2^64 of them.
    private static IPAddress? NetworkOf(IPAddress? address)
    {
        if (address is not { AddressFamily: AddressFamily.InterNetworkV6 } || address.IsIPv4MappedToIPv6)
            return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }

    private static async ValueTask RefuseAsync(OnRejectedContext rejected, CancellationToken cancellation)
    {
        var context = rejected.HttpContext;
        context.RequestServices.GetRequiredService<AccessMeters>().Refused("rate");
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var until) ? until : Second;
        await new Problem(StatusCodes.Status429TooManyRequests, "Requests come faster than the caller's rate limit allows.", RetryAfter: wait).WriteAsync(context.Response);
    }

    private readonly record struct Bucket(string? Key, IPAddress? Address, Rate Rate);
}
