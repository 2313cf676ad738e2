using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace MTRec.Serving.Access;

/// <summary>
/// Looks on which addresses the service listens as soon as it does: whatever set them (arguments, environment, a Kestrel section), these are
/// the ones. Until then, callers without a key may do nothing.
/// </summary>
internal sealed class ListeningAddresses(IServer server, LiveKeyRing keys) : IHostedLifecycleService
{
    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Other machines reach the service, there is no key, and it was not said that there need not be one.</exception>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        keys.Open(isPrivate: addresses.All(IsPrivate));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whether only this machine reaches an address such as <c>http://127.0.0.1:5080</c>, <c>http://[::]:80</c> or <c>http://unix:/run/mtrec.sock</c>.</summary>
    internal static bool IsPrivate(string address)
    {
        var parsed = BindingAddress.Parse(address);
        return parsed.IsUnixPipe
            || parsed.IsNamedPipe
            || parsed.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(parsed.Host, out var ip) && IPAddress.IsLoopback(ip));
    }
}
