using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.Utils;

/// <summary>A dictionary that lists its entries in the order of insertion; replacing a value keeps its place.</summary>
internal sealed class OrderedDict<TKey, TValue> : IEnumerable<(TKey Key, TValue Value)>
    where TKey : notnull
{
    private readonly List<(TKey Key, TValue Value)> _entries = [];
    private readonly Dictionary<TKey, int> _places = [];

    public int Count => _entries.Count;

    public TValue this[TKey key]
    {
        get => _entries[_places[key]].Value;
        set
        {
            if (_places.TryGetValue(key, out int place)) _entries[place] = (key, value);
            else TryAdd(key, value);
        }
    }

    public bool TryAdd(TKey key, TValue value)
    {
        if (!_places.TryAdd(key, _entries.Count)) return false;
        _entries.Add((key, value));
        return true;
    }

    public bool ContainsKey(TKey key) => _places.ContainsKey(key);

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        bool found = _places.TryGetValue(key, out int place);
        value = found ? _entries[place].Value : default;
        return found;
    }

    public bool Remove(TKey key)
    {
        if (!_places.Remove(key, out int place)) return false;
        _entries.RemoveAt(place);
        for (int i = place; i < _entries.Count; i++) _places[_entries[i].Key] = i;
        return true;
    }

    public void Clear()
    {
        _entries.Clear();
        _places.Clear();
    }

    public IEnumerator<(TKey Key, TValue Value)> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
