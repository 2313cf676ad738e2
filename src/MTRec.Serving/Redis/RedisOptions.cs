using MTRec.Serving.Operations;
using StackExchange.Redis;

namespace MTRec.Serving.Redis;

/// <summary>The Redis that sessions and event log may live in, one node or a Cluster: section <c>Redis</c>. Read where one of them is configured to.</summary>
internal sealed class RedisOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Redis";

    /// <summary>
    /// Addresses and options as StackExchange.Redis reads them, such as <c>redis-1:6379,redis-2:6379,password=...,ssl=true</c>; of a
    /// Cluster any of its nodes. A server that is out of reach at the start does not stop it. Default <c>localhost:6379</c>.
    /// </summary>
    public string Configuration { get; set; } = "localhost:6379";

    /// <summary>Every key starts with it and a colon; without braces, up to 64 characters. Default <c>mtrec</c>.</summary>
    public string KeyPrefix { get; set; } = "mtrec";

    /// <summary>A rank call waits that long for a session, then goes on without it: 1 millisecond to 10 seconds. Default 25 milliseconds.</summary>
    public TimeSpan ReadBudget { get; set; } = TimeSpan.FromMilliseconds(25);

    /// <summary>Feedback, and whatever else changes a session, waits that long and is then refused: 1 millisecond to 10 seconds. Default 250 milliseconds.</summary>
    public TimeSpan WriteBudget { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>One attempt to connect takes that long at most; so does the start's wait for the first one: 50 milliseconds to 10 seconds. Default 1 second.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Share of failed calls at which the breaker opens: then no call goes to Redis. In (0, 1]. Default 0.5.</summary>
    public double BreakerFailureRatio { get; set; } = 0.5;

    /// <summary>Calls within <see cref="BreakerWindow"/> that it takes to judge that share, 2 to 1,000. Default 5.</summary>
    public int BreakerMinimumCalls { get; set; } = 5;

    /// <summary>The calls of that long are judged together: 500 milliseconds to 1 minute. Default 2 seconds.</summary>
    public TimeSpan BreakerWindow { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The breaker stays open that long, then one call tries again: 500 milliseconds to 1 minute. Default 1 second.</summary>
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (ConfigurationFault() is { } fault)
            yield return fault;
        if (string.IsNullOrEmpty(KeyPrefix) || KeyPrefix.Length > 64 || KeyPrefix.AsSpan().ContainsAny('{', '}'))
            yield return "KeyPrefix must have 1 to 64 characters, no braces among them.";
        if (OutOf(ReadBudget, 1, 10_000))
            yield return $"ReadBudget must be from 1 millisecond to 10 seconds, not {ReadBudget}.";
        if (OutOf(WriteBudget, 1, 10_000))
            yield return $"WriteBudget must be from 1 millisecond to 10 seconds, not {WriteBudget}.";
        if (OutOf(ConnectTimeout, 50, 10_000))
            yield return $"ConnectTimeout must be from 50 milliseconds to 10 seconds, not {ConnectTimeout}.";
        if (!(BreakerFailureRatio > 0 && BreakerFailureRatio <= 1))
            yield return $"BreakerFailureRatio must be in (0, 1], not {BreakerFailureRatio}.";
        if (BreakerMinimumCalls is < 2 or > 1000)
            yield return $"BreakerMinimumCalls must be in [2, 1000], not {BreakerMinimumCalls}.";
        if (OutOf(BreakerWindow, 500, 60_000))
            yield return $"BreakerWindow must be from 500 milliseconds to 1 minute, not {BreakerWindow}.";
        if (OutOf(BreakDuration, 500, 60_000))
            yield return $"BreakDuration must be from 500 milliseconds to 1 minute, not {BreakDuration}.";
    }

    // Without the text: it may hold a password.
    private string? ConfigurationFault()
    {
        try
        {
            return ConfigurationOptions.Parse(Configuration).EndPoints.Count > 0 ? null : "Configuration must name a server.";
        }
        catch (ArgumentException)
        {
            return "Configuration is none that StackExchange.Redis reads.";
        }
    }

    private static bool OutOf(TimeSpan value, int fromMs, int toMs) => value.TotalMilliseconds < fromMs || value.TotalMilliseconds > toMs;
}
