namespace MTRec.Serving.Http;

/// <summary>The faults found in one request, each with the JSON path of the member that has it. Keeps the first few: a caller mends those first.</summary>
internal sealed class RequestErrors
{
    /// <summary>Faults kept; reading stops when they are reached.</summary>
    public const int Limit = 20;

    private readonly List<(string Path, string Message, bool Malformed)> _faults = [];

    /// <summary>Whether a fault was found.</summary>
    public bool Any => _faults.Count > 0;

    /// <summary>Whether no more faults are kept.</summary>
    public bool Full => _faults.Count >= Limit;

    /// <summary>400 where something is malformed or invalid in itself; 422 where only the bundle cannot serve it.</summary>
    public int Status => _faults.Exists(fault => fault.Malformed) ? StatusCodes.Status400BadRequest : StatusCodes.Status422UnprocessableEntity;

    /// <summary>Notes what is wrong in itself.</summary>
    public void Invalid(string path, string message) => Add(path, message, malformed: true);

    /// <summary>Notes what is right in itself, and which the bundle in service cannot serve.</summary>
    public void Unservable(string path, string message) => Add(path, message, malformed: false);

    /// <summary>Whether a fault of that very member was found.</summary>
    public bool Has(string path) => _faults.Exists(fault => fault.Path == path);

    /// <summary>Forgets all.</summary>
    public void Clear() => _faults.Clear();

    /// <summary>The faults' messages by their path.</summary>
    public IReadOnlyDictionary<string, string[]> ByPath() =>
        _faults.GroupBy(fault => fault.Path).ToDictionary(group => group.Key, group => group.Select(fault => fault.Message).ToArray());

    /// <summary>The faults as the answer to the caller.</summary>
    public Problem ToProblem() => Status == StatusCodes.Status400BadRequest
        ? new Problem(Status, "The request is not valid.", Errors: ByPath())
        : new Problem(Status, "The bundle in service cannot serve this request.", Errors: ByPath());

    private void Add(string path, string message, bool malformed)
    {
        if (!Full)
            _faults.Add((path, message, malformed));
    }
}
