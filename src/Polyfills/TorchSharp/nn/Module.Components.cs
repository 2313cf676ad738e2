using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        // Listing and finding parameters, buffers and submodules.
        public partial class Module
        {
            /// <summary>The parameters with their dotted names; one that occurs twice is listed once, a disposed one not at all.</summary>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                HashSet<IntPtr> seen = [];
                foreach ((string name, Parameter parameter) in _internal_params)
                {
                    if (!parameter.IsInvalid && seen.Add(parameter.Handle)) yield return (name, parameter);
                }
                if (!recurse) yield break;
                foreach ((string child, Module module) in _internal_submodules)
                {
                    foreach ((string name, Parameter parameter) in module.named_parameters(true))
                    {
                        if (!parameter.IsInvalid && seen.Add(parameter.Handle)) yield return ($"{child}.{name}", parameter);
                    }
                }
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(p => p.parameter);

            /// <summary>The persistent buffers with their dotted names.</summary>
            /// <remarks>TorchSharp 0.107 leaves buffers that are not persistent out whatever <paramref name="include_nonpersistent"/> says.</remarks>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true)
            {
                HashSet<IntPtr> seen = [];
                foreach ((string name, (Tensor buffer, bool persistent)) in _internal_buffers)
                {
                    if (persistent && !buffer.IsInvalid && seen.Add(buffer.Handle)) yield return (name, buffer);
                }
                if (!recurse) yield break;
                foreach ((string child, Module module) in _internal_submodules)
                {
                    foreach ((string name, Tensor buffer) in module.named_buffers(true, include_nonpersistent))
                    {
                        if (!buffer.IsInvalid && seen.Add(buffer.Handle)) yield return ($"{child}.{name}", buffer);
                    }
                }
            }

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(b => b.buffer);

            /// <summary>The direct submodules.</summary>
            public virtual IEnumerable<(string name, Module module)> named_children() => _internal_submodules;

            public virtual IEnumerable<Module> children() => named_children().Select(c => c.module);

            /// <summary>All submodules, without this module: the direct ones first.</summary>
            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach ((string child, Module module) in named_children()) yield return (child, module);
                foreach ((string child, Module module) in named_children())
                {
                    foreach ((string name, Module below) in module.named_modules()) yield return ($"{child}.{name}", below);
                }
            }

            public virtual IEnumerable<Module> modules() => named_modules().Select(m => m.module);

            public virtual bool has_parameter(string target) => get_parameter(target) is not null;

            public virtual bool has_buffer(string target) => get_buffer(target) is not null;

            /// <summary>The parameter of a dotted name, or null.</summary>
            public virtual Parameter? get_parameter(string target) =>
                _internal_params.TryGetValue(target, out Parameter? parameter) ? parameter : FindBelow(target, (m, rest) => m.get_parameter(rest));

            /// <summary>The buffer of a dotted name, or null.</summary>
            public virtual Tensor? get_buffer(string target) =>
                _internal_buffers.TryGetValue(target, out (Tensor Tensor, bool Persistent) buffer)
                    ? buffer.Tensor
                    : FindBelow(target, (m, rest) => m.get_buffer(rest));

            private T? FindBelow<T>(string target, Func<Module, string, T?> find)
                where T : class
            {
                int dot = target.IndexOf('.', StringComparison.Ordinal);
                if (dot < 0) return null;
                string child = target[..dot], rest = target[(dot + 1)..];
                return named_children().Where(c => c.name == child).Select(c => find(c.module, rest)).FirstOrDefault(found => found is not null);
            }
        }
    }
}
