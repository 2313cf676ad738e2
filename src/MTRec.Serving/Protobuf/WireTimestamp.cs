using MTRec.Serving.Http;

namespace MTRec.Serving.Protobuf;

/// <summary>Reads moments.</summary>
internal static class WireTimestamp
{
    private static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Reads the current value as milliseconds since the Unix epoch.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? TryRead(ref WireReader fields, out DateTimeOffset moment)
    {
        moment = DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp((long)fields.ReadVarint(), Earliest, Latest));
        return JsonText.TimestampFault(moment);
    }
}
