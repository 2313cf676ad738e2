using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace MTRec.Serving.Operations;

/// <summary>Listens through Kestrel's sockets, and has the service linger before Kestrel closes idle connections: a call may be on its way on one of them.</summary>
internal sealed class LingeringListenerFactory(SocketTransportFactory sockets, Drain drain) : IConnectionListenerFactory
{
    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new LingeringListener(await sockets.BindAsync(endpoint, cancellationToken), drain);
}

/// <inheritdoc cref="LingeringListenerFactory"/>
internal sealed class LingeringListener(IConnectionListener listener, Drain drain) : IConnectionListener
{
    /// <inheritdoc/>
    public EndPoint EndPoint => listener.EndPoint;

    /// <inheritdoc/>
    public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => listener.AcceptAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await listener.UnbindAsync(cancellationToken);
        await drain.LingerAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => listener.DisposeAsync();
}

/// <summary>While the service lingers, asks every caller to connect elsewhere.</summary>
internal sealed class LingerMiddleware(RequestDelegate next, Drain drain)
{
    /// <summary>Handles one request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        // HTTP/2 has no such header; Kestrel tells its connections itself. Set late, for a problem's answer begins with none.
        if (drain.IsLingering && HttpProtocol.IsHttp11(context.Request.Protocol))
            context.Response.OnStarting(AskToClose, context.Response);
        return next(context);
    }

    private static Task AskToClose(object response)
    {
        ((HttpResponse)response).Headers.Connection = "close";
        return Task.CompletedTask;
    }
}
