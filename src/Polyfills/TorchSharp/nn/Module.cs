using System.Reflection;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>The base of all neural network modules: a tree of submodules with named parameters and buffers.</summary>
        /// <remarks>A derived class assigns its parts to fields and calls <see cref="RegisterComponents"/> at the end of its constructor.</remarks>
        public partial class Module : IDisposable
        {
            private const BindingFlags EveryField = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;

            private protected readonly OrderedDict<string, Module> _internal_submodules = [];
            private protected readonly OrderedDict<string, (Tensor Tensor, bool Persistent)> _internal_buffers = [];
            private protected readonly OrderedDict<string, Parameter> _internal_params = [];
            protected string? name;
            private bool _componentsRegistered;
            private bool _training = true;
            private bool _disposed;

            protected Module(string name) => this.name = name;

            /// <summary>Whether the module is in training mode; modules start in it.</summary>
            public virtual bool training => _training;

            public virtual string GetName() => string.IsNullOrEmpty(name) ? GetType().Name : name;

            /// <summary>Sets training mode here and below.</summary>
            public virtual void train(bool train = true)
            {
                _training = train;
                foreach ((_, Module child) in named_children()) child.train(train);
            }

            /// <summary>Sets evaluation mode here and below.</summary>
            public virtual void eval() => train(false);

            /// <summary>Clears the gradients of all parameters: drops them, or fills them with zeros.</summary>
            public virtual void zero_grad(bool set_to_none = true) => Gradients.Clear(parameters(), set_to_none);

            /// <summary>Calls a function on every submodule, deepest first, then on this module.</summary>
            public virtual Module apply(Action<Module> fn)
            {
                foreach ((_, Module child) in _internal_submodules) child.apply(fn);
                fn(this);
                return this;
            }

            /// <exception cref="ArgumentNullException">The tensor is null or disposed.</exception>
            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                if (tensor is null || tensor.IsInvalid)
                    throw new ArgumentNullException(nameof(tensor), "A null tensor cannot be registered as a buffer.");
                if (!_internal_buffers.TryAdd(name, (tensor, persistent)))
                    throw new InvalidOperationException($"Tensor {name} is already registered.");
            }

            /// <exception cref="ArgumentNullException">The parameter is null or disposed.</exception>
            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_parameter(string name, Parameter param)
            {
                if (param is null || param.IsInvalid)
                    throw new ArgumentNullException(nameof(param), "A null tensor cannot be registered as a parameter.");
                if (!_internal_params.TryAdd(name, param))
                    throw new InvalidOperationException($"Parameter {name} is already registered.");
            }

            public void add_module(string name, Module module) => register_module(name, module);

            /// <summary>Adds a submodule; a null or disposed one removes the name.</summary>
            /// <exception cref="ArgumentException">The name is empty or holds a dot.</exception>
            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_module(string name, Module submodule)
            {
                if (submodule is null || submodule._disposed)
                {
                    _internal_submodules.Remove(name);
                    return;
                }
                if (name.Contains('.', StringComparison.Ordinal)) throw new ArgumentException($"module name can't contain \".\", got: {name}");
                if (string.IsNullOrEmpty(name)) throw new ArgumentException("module name can't be empty string \"\"");
                if (_internal_submodules.ContainsKey(name)) throw new InvalidOperationException($"Sub-module {name} is already registered.");
                submodule.RegisterComponents();
                _internal_submodules.TryAdd(name, submodule);
            }

            /// <summary>Registers the modules, parameters and buffers found in the fields of this object, once.</summary>
            protected virtual void RegisterComponents()
            {
                if (_componentsRegistered) return;
                foreach (FieldInfo field in FieldsOf(GetType()))
                {
                    string component = field.ComponentName();
                    bool known = _internal_submodules.ContainsKey(component) || _internal_params.ContainsKey(component)
                        || _internal_buffers.ContainsKey(component);
                    if (known) continue;
                    switch (field.GetValue(this))
                    {
                        case Module module: register_module(component, module); break;
                        case Parameter parameter: register_parameter(component, parameter); break;
                        case Tensor tensor: register_buffer(component, tensor); break;
                        default: break;
                    }
                }
                _componentsRegistered = true;
            }

            protected void ConditionallyRegisterParameter(string name, Tensor? value) => ConditionallyRegisterParameter(name, value as Parameter);

            /// <summary>Registers or replaces a parameter; null removes it.</summary>
            protected void ConditionallyRegisterParameter(string name, Parameter? value)
            {
                if (value is null) _internal_params.Remove(name);
                else _internal_params[name] = value;
            }

            /// <summary>Registers or replaces a buffer; null removes it.</summary>
            protected void ConditionallyRegisterBuffer(string name, Tensor? value, bool persistent = true)
            {
                if (value is null) _internal_buffers.Remove(name);
                else _internal_buffers[name] = (value, persistent);
            }

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Disposes the parameters, the persistent buffers and the submodules.</summary>
            protected virtual void Dispose(bool disposing)
            {
                if (!disposing || _disposed) return;
                List<Tensor> own = [.. named_buffers(false).Select(b => b.buffer), .. named_parameters(false).Select(p => p.parameter)];
                List<Module> below = [.. modules()];
                _disposed = true;
                foreach (Tensor tensor in own) tensor.DetachFromDisposeScope().Dispose();
                foreach (Module module in below) module.Dispose();
            }

            /// <summary>The fields of a type and its bases, the most derived first; of fields with one name the most derived.</summary>
            private static IEnumerable<FieldInfo> FieldsOf(Type type)
            {
                HashSet<string> seen = [];
                for (Type? level = type; level is not null && level != typeof(object); level = level.BaseType)
                {
                    foreach (FieldInfo field in level.GetFields(EveryField))
                    {
                        if (seen.Add(field.Name)) yield return field;
                    }
                }
            }
        }
    }
}
