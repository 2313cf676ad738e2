using System.Net.Sockets;
using System.Text;

namespace MTRec.Serving.Tests.Faults;

/// <summary>A rank call whose second half is kept back.</summary>
internal sealed class HalfSentRank : IDisposable
{
    private readonly TcpClient _client = new();
    private readonly byte[] _body = RankLoad.Body(5);

    public HalfSentRank(Uri address)
    {
        _client.Connect(address.Host, address.Port);
        var head = Encoding.ASCII.GetBytes($"POST /v1/rank HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\nContent-Length: {_body.Length}\r\n\r\n");
        _client.GetStream().Write([.. head, .. _body.AsSpan(0, _body.Length / 2)]);
    }

    /// <summary>Sends the other half.</summary>
    /// <returns>The answer's status.</returns>
    public async Task<int> FinishAsync()
    {
        var stream = _client.GetStream();
        await stream.WriteAsync(_body.AsMemory(_body.Length / 2));
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var line = await reader.ReadLineAsync() ?? throw new EndOfStreamException("The connection ended without an answer.");
        return int.Parse(line.Split(' ')[1], provider: null);
    }

    public void Dispose() => _client.Dispose();
}
