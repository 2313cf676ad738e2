using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MTRec.Testing;

/// <summary>A real redis-server on a free port of this machine, without persistence. It does not outlive the test.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private const int Attempts = 5;

    private readonly TemporaryFolder _folder = new();
    private readonly string[] _settings;
    private RunningProcess? _process;

    private RedisServer(int port, string[] settings)
    {
        Port = port;
        _settings = settings;
    }

    /// <summary>Whether redis-server and redis-cli are installed.</summary>
    public static bool IsInstalled { get; } = new[] { "redis-server", "redis-cli" }.All(program =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program))));

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Its address, host:port.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <param name="settings">Settings such as <c>--maxmemory 10mb</c>.</param>
    public static Task<RedisServer> StartAsync(params string[] settings) => StartAsync(() => settings);

    /// <summary>The same, with settings that name ports: a port that was free may be another program's by the time it is asked for.</summary>
    /// <param name="settings">Makes the settings of an attempt.</param>
    public static async Task<RedisServer> StartAsync(Func<string[]> settings)
    {
        for (var attempt = 1; ; attempt++)
        {
            var server = new RedisServer(FreePort.Find(), settings());
            try
            {
                await server.StartAgainAsync();
                return server;
            }
            catch (TimeoutException) when (attempt < Attempts)
            {
                await server.DisposeAsync();
            }
        }
    }

    /// <summary>Starts it again on its port, after <see cref="KillAsync"/>.</summary>
    public async Task StartAgainAsync()
    {
        _process?.Dispose();
        _process = RunningProcess.StartIn(
            _folder.Path,
            "redis-server",
            ["--bind", "127.0.0.1", "--port", $"{Port}", "--save", "", "--appendonly", "no", "--dir", _folder.Path, "--enable-debug-command", "yes", .. _settings]);
        await Eventually.TrueAsync(async () => await AnswersAsync() && !_process.HasEnded, _process);
    }

    /// <summary>Ends it as kill -9 does.</summary>
    public async Task KillAsync()
    {
        _process!.Signal("KILL");
        await _process.EndAsync();
    }

    /// <summary>Sends a signal: STOP freezes it, CONT goes on.</summary>
    public void Signal(string name) => _process!.Signal(name);

    /// <summary>Runs a command through redis-cli.</summary>
    /// <returns>What it printed, trimmed.</returns>
    public async Task<string> CommandAsync(params string[] arguments)
    {
        using var client = RunningProcess.Start("redis-cli", ["-p", Port.ToString(CultureInfo.InvariantCulture), .. arguments]);
        var code = await client.EndAsync(TimeSpan.FromSeconds(30));
        return code == 0 ? client.Output.Trim() : throw new InvalidOperationException(client.Said);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _folder.Dispose();
        return default;
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await client.ConnectAsync(IPAddress.Loopback, Port, patience.Token);
            var stream = client.GetStream();
            await stream.WriteAsync("PING\r\n"u8.ToArray(), patience.Token);
            var answer = new byte[64];
            var length = await stream.ReadAsync(answer, patience.Token);
            return Encoding.ASCII.GetString(answer, 0, length).StartsWith("+PONG", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
