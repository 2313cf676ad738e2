using System.Diagnostics.Metrics;

namespace MTRec.Serving.Access;

/// <summary>Counts whom the service turned away.</summary>
internal sealed class AccessMeters
{
    private readonly Counter<long> _refused;

    /// <summary>Starts at nothing.</summary>
    public AccessMeters(IMeterFactory meters) =>
        _refused = meters.Create("MTRec.Serving").CreateCounter<long>(
            "mtrec.access.refused", "{request}", "Requests refused for their key, by reason: missing, several, unknown, expired, scope; or for their rate: rate.");

    /// <summary>Counts a refusal.</summary>
    public void Refused(string reason) => _refused.Add(1, KeyValuePair.Create("reason", (object?)reason));
}
