using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace MTRec.Benchmarks.Serving;

/// <summary>
/// Requests at a constant rate, whatever the answers do. A latency counts from the moment at which the request was due, not from that at which it
/// could be sent: a service that stops for a moment pays for all the requests that were due meanwhile (no coordinated omission).
/// </summary>
/// <param name="Latencies">Microseconds from due to answered, in order of the requests; NaN where the answer was not good.</param>
/// <param name="Finished">Seconds since the start at which each answer was there.</param>
/// <param name="Degraded">Whether the answer was made without a part.</param>
/// <param name="Refused">Whether the answer was 503.</param>
internal sealed partial record OpenLoop(double[] Latencies, double[] Finished, bool[] Degraded, bool[] Refused)
{
    /// <summary>Requests without a good answer.</summary>
    public int Failures => Latencies.Count(double.IsNaN);

    /// <summary>A percentile of the good answers' latencies.</summary>
    /// <param name="level">0 to 1.</param>
    public double Percentile(double level) => Percentile(Latencies, level);

    /// <summary>A percentile of those latencies that are not NaN.</summary>
    public static double Percentile(IEnumerable<double> latencies, double level)
    {
        var sorted = latencies.Where(latency => !double.IsNaN(latency)).Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(level * sorted.Length))];
    }

    /// <summary>Sends <paramref name="count"/> requests, <paramref name="perSecond"/> of them a second.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="bodies">Their bodies, in turn.</param>
    /// <param name="perSecond">The rate.</param>
    /// <param name="count">How many.</param>
    /// <param name="connections">Connections that they find free in turn; as many as a service at half its capacity needs where left out.</param>
    public static OpenLoop Run(Uri target, Bodies bodies, double perSecond, int count, int connections = 32)
    {
        var requests = bodies.All.Select(body => Request(target, bodies.MediaType, body)).ToArray();
        var result = new OpenLoop(new double[count], new double[count], new bool[count], new bool[count]);
        var next = -1;
        var start = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 10);
        var threads = Enumerable.Range(0, connections).Select(_ => new Thread(() => Send(target, requests, perSecond, result, start, () => Interlocked.Increment(ref next)))).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        return result;
    }

    private static void Send(Uri target, byte[][] requests, double perSecond, OpenLoop result, long start, Func<int> next)
    {
        PreciseSleep();
        Socket? socket = null;
        var buffer = new byte[1 << 18];
        for (int i; (i = next()) < result.Latencies.Length;)
        {
            var due = start + (long)(i / perSecond * Stopwatch.Frequency);
            SleepUntil(due);
            try
            {
                socket ??= Connect(target);
                socket.Send(requests[i % requests.Length]);
                var status = Receive(socket, buffer, out result.Degraded[i]);
                result.Refused[i] = status == 503;
                result.Latencies[i] = status == 200 ? Stopwatch.GetElapsedTime(due).TotalMicroseconds : double.NaN;
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                result.Latencies[i] = double.NaN;
                socket?.Dispose();
                socket = null;
            }

            result.Finished[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        socket?.Dispose();
    }

    private static Socket Connect(Uri target)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(target.Host, target.Port);
        return socket;
    }

    // Both services and the floor answer with a Content-Length.
    private static int Receive(Socket socket, byte[] buffer, out bool degraded)
    {
        var length = 0;
        var end = 0;
        var head = -1;
        while (head < 0 || length < end)
        {
            var read = socket.Receive(buffer, length, buffer.Length - length, SocketFlags.None);
            if (read == 0)
                throw new IOException("The connection ended.");
            length += read;
            if (head < 0 && (head = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) >= 0)
                end = head + 4 + ContentLength(buffer.AsSpan(0, head));
        }

        var text = buffer.AsSpan(0, length);
        degraded = text.IndexOf("\"degraded\":[\""u8) >= 0;
        return int.Parse(text["HTTP/1.1 ".Length..][..3], CultureInfo.InvariantCulture);
    }

    private static int ContentLength(ReadOnlySpan<byte> head)
    {
        var text = Encoding.ASCII.GetString(head);
        var at = text.IndexOf("content-length:", StringComparison.OrdinalIgnoreCase) + "content-length:".Length;
        var line = text.AsSpan(at);
        return int.Parse(line[..Math.Max(0, line.IndexOf('\r') is var stop and >= 0 ? stop : line.Length)]);
    }

    private static byte[] Request(Uri target, string mediaType, byte[] body) =>
    [
        .. Encoding.ASCII.GetBytes(
            $"POST {target.AbsolutePath} HTTP/1.1\r\nHost: {target.Authority}\r\nContent-Type: {mediaType}\r\nAccept: {mediaType}\r\nContent-Length: {body.Length}\r\n\r\n"),
        .. body,
    ];

    private static void SleepUntil(long due)
    {
        for (long wait; (wait = due - Stopwatch.GetTimestamp()) > 0;)
        {
            var time = new TimeSpec(wait / Stopwatch.Frequency, wait % Stopwatch.Frequency * (1_000_000_000 / Stopwatch.Frequency));
            Nanosleep(in time, 0);
        }
    }

    // The kernel lets sleepers wake up to 50 microseconds late unless they ask for better.
    private static void PreciseSleep()
    {
        const int SetTimerSlack = 29;
        _ = Prctl(SetTimerSlack, 1, 0, 0, 0);
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int Nanosleep(in TimeSpec time, nint remaining);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Prctl(int option, nuint value, nuint unused3, nuint unused4, nuint unused5);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);
}
