using System.Collections;
using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Modules by name in the order of their addition, registered when the dictionary itself is registered.</summary>
public class ModuleDict<T> : nn.Module, IDictionary<string, T>, IList<(string, T)>
    where T : nn.Module
{
    private readonly List<(string Name, T Module)> _list = [];
    private bool _registered;

    public ModuleDict()
        : base("ModuleDict")
    {
    }

    public int Count => _list.Count;

    public bool IsReadOnly => false;

    public ICollection<string> Keys => [.. _list.Select(entry => entry.Name)];

    public ICollection<T> Values => [.. _list.Select(entry => entry.Module)];

    public (string, T) this[int index]
    {
        get => _list[index];
        set => _list[index] = value;
    }

    /// <exception cref="KeyNotFoundException">There is no such name.</exception>
    public T this[string key]
    {
        get => TryGetValue(key, out T? module) ? module : throw new KeyNotFoundException($"The given key '{key}' was not present in the dictionary.");
        set => _list[PlaceOf(key) is >= 0 and int place ? place : throw new KeyNotFoundException(key)] = (key, value);
    }

    public void clear() => _list.Clear();

    public void Clear() => _list.Clear();

    public IEnumerator<(string, T)> items() => GetEnumerator();

    public IEnumerable<string> keys() => Keys;

    public IEnumerable<T> values() => Values;

    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void Add(string key, T value) => Insert(_list.Count, (key, value));

    public void Add((string, T) item) => Insert(_list.Count, item);

    public void Add(KeyValuePair<string, T> item) => Add(item.Key, item.Value);

    public void Insert(int index, (string, T) item)
    {
        if (ContainsKey(item.Item1)) throw new ArgumentException($"An item with the same key has already been added. Key: {item.Item1}");
        _list.Insert(index, item);
    }

    public bool Contains((string, T) item) => _list.Contains(item);

    public bool Contains(KeyValuePair<string, T> item) => ContainsKey(item.Key);

    public bool ContainsKey(string key) => PlaceOf(key) >= 0;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value)
    {
        int place = PlaceOf(key);
        value = place < 0 ? null : _list[place].Module;
        return place >= 0;
    }

    public int IndexOf((string, T) item) => _list.IndexOf(item);

    public bool Remove((string, T) item) => _list.Remove(item);

    public bool Remove(KeyValuePair<string, T> item) => Remove(item.Key);

    public bool Remove(string key) => _list.RemoveAll(entry => entry.Name == key) > 0;

    public void RemoveAt(int index) => _list.RemoveAt(index);

    public void CopyTo((string, T)[] array, int arrayIndex) => _list.CopyTo(array, arrayIndex);

    public void CopyTo(KeyValuePair<string, T>[] array, int arrayIndex)
    {
        foreach ((string name, T module) in _list) array[arrayIndex++] = new KeyValuePair<string, T>(name, module);
    }

    public IEnumerator<(string, T)> GetEnumerator() => _list.GetEnumerator();

    IEnumerator<KeyValuePair<string, T>> IEnumerable<KeyValuePair<string, T>>.GetEnumerator() =>
        _list.Select(entry => new KeyValuePair<string, T>(entry.Name, entry.Module)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    protected override void RegisterComponents()
    {
        if (_registered) return;
        foreach ((string name, T module) in _list) register_module(name, module);
        _registered = true;
    }

    private int PlaceOf(string key) => _list.FindIndex(entry => entry.Name == key);
}
