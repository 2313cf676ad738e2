using System.Text.Json;

namespace MTRec.Serving.Http;

/// <summary>The faults and the unknown names found so far in a message that is read token by token.</summary>
/// <param name="errors">Receives every fault found.</param>
internal class MessageReading(RequestErrors errors)
{
    private readonly List<(string Path, bool InBundle)> _unknown = [];
    private bool _abandoned;

    /// <summary>The faults.</summary>
    public RequestErrors Errors { get; } = errors;

    /// <summary>Whether enough is found, so that reading on is of no use.</summary>
    public bool Stop => _abandoned || Errors.Full;

    /// <summary>Notes a fault and passes over the value that has it.</summary>
    public void SkipInvalid(ref Utf8JsonReader json, string path, string message)
    {
        Errors.Invalid(path, message);
        JsonText.SkipValue(ref json);
    }

    /// <summary>Passes over the value of a name that has stood in the object before.</summary>
    public void SkipRepeated(ref Utf8JsonReader json, string path) =>
        SkipInvalid(ref json, path, "stands twice: two parsers could read two requests.");

    /// <summary>Passes over a value whose name is not known.</summary>
    /// <param name="json">Stands on the value.</param>
    /// <param name="path">The member's path.</param>
    /// <param name="inBundle">Whether a bundle, rather than the contract, decides which names are known.</param>
    public void SkipUnknown(ref Utf8JsonReader json, string path, bool inBundle)
    {
        if (_unknown.Count < RequestErrors.Limit)
            _unknown.Add((path, inBundle));
        if (JsonText.SkipValue(ref json) is { } repeated)
            Errors.Invalid(JsonPath.Member(path, repeated), "stands twice: two parsers could read two requests.");
    }

    /// <summary>Makes faults of the unknown names.</summary>
    public void RefuseUnknown()
    {
        foreach (var (path, inBundle) in _unknown)
        {
            if (inBundle)
                Errors.Unservable(path, "is not known to the bundle in service.");
            else
                Errors.Invalid(path, "is not a member of this message.");
        }
    }

    /// <summary>Makes <see cref="Stop"/> true.</summary>
    public void Abandon() => _abandoned = true;
}
