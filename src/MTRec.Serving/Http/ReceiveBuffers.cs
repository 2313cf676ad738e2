using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace MTRec.Serving.Http;

/// <summary>
/// Gives Kestrel's connections buffers that take a whole rank request. With its own of 4 KB, a request of 60 KB is fifteen system calls, each
/// of which may wake the request's reader.
/// </summary>
internal sealed class ReceiveBuffers : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    // A connection holds one only while it receives or answers. Loopback and a proxy's socket seldom have more ready at once.
    private const int Bytes = 64 * 1024;

    /// <inheritdoc/>
    public override int MaxBufferSize => Shared.MaxBufferSize;

    /// <inheritdoc/>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, Bytes));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // What is rented lies in the process's own pool.
    }
}
