using System.Collections;
using System.Globalization;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A list of parameters named by their positions.</summary>
public class ParameterList : nn.Module, IList<Parameter>
{
    private readonly List<Parameter> _list;
    private bool _registered;

    public ParameterList(params Parameter[] parameters)
        : base(nameof(ParameterList)) => _list = [.. parameters ?? []];

    public int Count => _list.Count;

    public bool IsReadOnly => false;

    public Parameter this[int index]
    {
        get => _list[index];
        set => _list[index] = value;
    }

    public override IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) =>
        _list.Select((parameter, i) => (i.ToString(CultureInfo.InvariantCulture), parameter));

    public override bool has_parameter(string target) => get_parameter(target) is not null;

    public override Parameter? get_parameter(string target) =>
        int.TryParse(target, CultureInfo.InvariantCulture, out int index) && index >= 0 && index < _list.Count ? _list[index] : null;

    public void Add(Parameter item) => _list.Add(item);

    public void append(params Parameter[] parameters) => _list.AddRange(parameters ?? []);

    public void extend(IEnumerable<Parameter> parameters) => _list.AddRange(parameters);

    public void Clear() => _list.Clear();

    public bool Contains(Parameter item) => _list.Contains(item);

    public void CopyTo(Parameter[] array, int arrayIndex) => _list.CopyTo(array, arrayIndex);

    public IEnumerator<Parameter> GetEnumerator() => _list.GetEnumerator();

    public int IndexOf(Parameter item) => _list.IndexOf(item);

    public void Insert(int index, Parameter item) => _list.Insert(index, item);

    public bool Remove(Parameter item) => _list.Remove(item);

    public void RemoveAt(int index) => _list.RemoveAt(index);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    protected override void RegisterComponents()
    {
        if (_registered) return;
        for (int i = 0; i < _list.Count; i++) register_parameter(i.ToString(CultureInfo.InvariantCulture), _list[i]);
        _registered = true;
    }

    private protected override void ReplaceParameter(string name, Parameter old, Parameter replacement)
    {
        _list[int.Parse(name, CultureInfo.InvariantCulture)] = replacement;
        old.Dispose();
    }
}
