using System.Text.Json;
using Google.Protobuf;
using MTRec.Serving.Protobuf;

namespace MTRec.Serving.Http;

/// <summary>The faults and the unknown names found so far in a message that is read token by token.</summary>
/// <param name="errors">Receives every fault found.</param>
internal class MessageReading(RequestErrors errors)
{
    /// <summary>The fault of a name that has stood before.</summary>
    public const string StandsTwice = "stands twice: two parsers could read two requests.";

    private readonly List<(string Path, bool InBundle)> _unknown = [];
    private bool _abandoned;

    /// <summary>The faults.</summary>
    public RequestErrors Errors { get; } = errors;

    /// <summary>Whether enough is found, so that reading on is of no use.</summary>
    public bool Stop => _abandoned || Errors.Full;

    /// <summary>Forgets what was found, for another attempt to read the same message.</summary>
    public virtual void Restart()
    {
        Errors.Clear();
        _unknown.Clear();
        _abandoned = false;
    }

    /// <summary>Notes a fault and passes over the value that has it.</summary>
    public void SkipInvalid(ref Utf8JsonReader json, string path, string message)
    {
        Errors.Invalid(path, message);
        JsonText.SkipValue(ref json);
    }

    /// <summary>Passes over the value of a name that has stood in the object before.</summary>
    public void SkipRepeated(ref Utf8JsonReader json, string path) =>
        SkipInvalid(ref json, path, StandsTwice);

    /// <summary>Passes over a value whose name is not known.</summary>
    /// <param name="json">Stands on the value.</param>
    /// <param name="path">The member's path.</param>
    /// <param name="inBundle">Whether a bundle, rather than the contract, decides which names are known.</param>
    public void SkipUnknown(ref Utf8JsonReader json, string path, bool inBundle)
    {
        NoteUnknown(path, inBundle);
        if (JsonText.SkipValue(ref json) is { } repeated)
            Errors.Invalid(JsonPath.Member(path, repeated), StandsTwice);
    }

    /// <summary>Checks how the current field of a protobuf message is written, and passes over one that is written otherwise.</summary>
    /// <returns>Whether it can be read.</returns>
    public bool Expect(ref WireReader fields, WireFormat.WireType type, string path)
    {
        if (fields.Type == type)
            return true;
        Errors.Invalid(path, fields.TypeFault(type));
        fields.Skip();
        return false;
    }

    /// <summary>Passes over a field of a protobuf message that is not known.</summary>
    /// <param name="fields">Stands on the field.</param>
    /// <param name="path">The message's path.</param>
    public void SkipUnknown(ref WireReader fields, string path)
    {
        if (_unknown.Count < RequestErrors.Limit)
            NoteUnknown(JsonPath.Element(path, fields.Field), inBundle: false);
        fields.Skip();
    }

    /// <summary>Notes a name in a protobuf message that the bundle does not know. It may stand twice: all parsers of protobuf read both.</summary>
    /// <param name="path">The path of what holds names.</param>
    /// <param name="name">The name, in UTF-8.</param>
    /// <param name="position">Where it stands, for messages.</param>
    /// <exception cref="MalformedMessageException">It is not UTF-8.</exception>
    public void NoteUnknownName(string path, ReadOnlySpan<byte> name, int position)
    {
        if (_unknown.Count < RequestErrors.Limit)
            NoteUnknown(JsonPath.Member(path, WireReader.TextOf(name, position)), inBundle: true);
    }

    /// <summary>Notes a name that is not known.</summary>
    /// <param name="path">The member's path.</param>
    /// <param name="inBundle">Whether a bundle, rather than the contract, decides which names are known.</param>
    public void NoteUnknown(string path, bool inBundle)
    {
        if (_unknown.Count < RequestErrors.Limit)
            _unknown.Add((path, inBundle));
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
