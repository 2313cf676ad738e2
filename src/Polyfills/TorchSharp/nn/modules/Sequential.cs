using System.Globalization;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Modules one after another; intermediate results are disposed as soon as they are used.</summary>
public class Sequential : nn.Module<Tensor, Tensor>
{
    private readonly List<(string Name, nn.IModule<Tensor, Tensor> Module)> _stages = [];

    internal Sequential()
        : base("torch::nn::SequentialImpl")
    {
    }

    protected Sequential(params (string name, nn.Module<Tensor, Tensor> submodule)[] modules)
        : this() => _stages.AddRange(modules.Select(m => (m.name, (nn.IModule<Tensor, Tensor>)m.submodule)));

    protected Sequential(params nn.Module<Tensor, Tensor>[] modules)
        : this()
    {
        foreach (nn.Module<Tensor, Tensor> module in modules) append(module);
    }

    public int Count => _stages.Count;

    [IndexerName("SequentialItems")]
    public nn.IModule<Tensor, Tensor> this[int index] => _stages[index].Module;

    /// <summary>The stages from start up to end, shared with this module.</summary>
    [IndexerName("SequentialItems")]
    public Sequential this[(int? start, int? end) index]
    {
        get
        {
            int start = index.start ?? 0, end = index.end ?? _stages.Count;
            if (start < 0 || start > _stages.Count) throw new IndexOutOfRangeException($"{start} is not a valid index.");
            if (end < 0 || end > _stages.Count) throw new IndexOutOfRangeException($"{end} is not a valid index.");
            Sequential slice = new();
            slice._stages.AddRange(_stages.Skip(start).Take(end - start));
            return slice;
        }
    }

    [IndexerName("SequentialItems")]
    public Sequential this[Range index] => this[((int?)index.Start.GetOffset(_stages.Count), (int?)index.End.GetOffset(_stages.Count))];

    public Sequential append(string name, nn.IModule<Tensor, Tensor> module)
    {
        _stages.Add((name, module));
        return this;
    }

    /// <summary>Appends a module under its position.</summary>
    public Sequential append(nn.IModule<Tensor, Tensor> module) => append(_stages.Count.ToString(CultureInfo.InvariantCulture), module);

    public override Tensor forward(Tensor tensor)
    {
        if (_stages.Count == 0) return tensor.alias();
        Tensor result = _stages[0].Module.call(tensor);
        foreach ((_, nn.IModule<Tensor, Tensor> module) in _stages.Skip(1))
        {
            Tensor next = module.call(result);
            result.Dispose();
            result = next;
        }
        return result;
    }

    public override IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
    {
        if (!recurse) yield break;
        HashSet<IntPtr> seen = [];
        foreach ((string stage, nn.Module module) in named_children())
        {
            foreach ((string name, Parameter parameter) in module.named_parameters(true))
            {
                if (!parameter.IsInvalid && seen.Add(parameter.Handle)) yield return ($"{stage}.{name}", parameter);
            }
        }
    }

    public override IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_persistent = true)
    {
        if (!recurse) yield break;
        HashSet<IntPtr> seen = [];
        foreach ((string stage, nn.Module module) in named_children())
        {
            foreach ((string name, Tensor buffer) in module.named_buffers(true, include_persistent))
            {
                if (!buffer.IsInvalid && seen.Add(buffer.Handle)) yield return ($"{stage}.{name}", buffer);
            }
        }
    }

    public override IEnumerable<(string name, nn.Module module)> named_children() =>
        _stages.Select(stage => (stage.Name, (nn.Module)stage.Module));

    public override nn.Module apply(Action<nn.Module> fn)
    {
        foreach (nn.Module module in children()) module.apply(fn);
        fn(this);
        return this;
    }
}
