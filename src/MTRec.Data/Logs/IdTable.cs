namespace MTRec.Data.Logs;

/// <summary>Numbers ids 0, 1, 2 ... in the order in which they first appear.</summary>
public sealed class IdTable
{
    private readonly List<string> _ids = [];
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);

    /// <summary>The ids, in the order of their indices.</summary>
    public IReadOnlyList<string> Ids => _ids;

    /// <summary>Number of ids.</summary>
    public int Count => _ids.Count;

    /// <summary>The id of an index.</summary>
    public string this[int index] => _ids[index];

    /// <summary>The index of an id, -1 where it is unknown.</summary>
    public int Find(string id) => _indices.TryGetValue(id, out var index) ? index : -1;

    /// <summary>The index of an id, a new one where it is unknown.</summary>
    public int Add(string id)
    {
        if (_indices.TryGetValue(id, out var index))
            return index;
        index = _ids.Count;
        _ids.Add(id);
        _indices.Add(id, index);
        return index;
    }
}
