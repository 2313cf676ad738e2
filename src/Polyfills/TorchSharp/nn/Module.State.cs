using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        // The state dictionary, and its file: a count, then name and tensor of each entry; counts in LEB128.
        public partial class Module
        {
            /// <summary>The parameters and persistent buffers by dotted name: the module's own tensors, not copies.</summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= [];
                foreach ((string key, Tensor parameter) in named_parameters()) destination.TryAdd(Dotted(prefix, key), parameter);
                foreach ((string key, Tensor buffer) in named_buffers(include_nonpersistent: false)) destination.TryAdd(Dotted(prefix, key), buffer);
                // Adds the second names of parameters that occur twice.
                foreach ((string child, Module module) in _internal_submodules) module.state_dict(destination, Dotted(prefix, child));
                return destination;
            }

            /// <summary>Copies values into this module's parameters and buffers.</summary>
            /// <returns>Names that the source lacks, and names that this module lacks.</returns>
            /// <exception cref="InvalidOperationException">Strict, and the names differ.</exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(
                Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                skip ??= [];
                Dictionary<string, Tensor> destination = state_dict();
                List<string> missing = [.. destination.Keys.Where(key => !skip.Contains(key) && !source.ContainsKey(key))];
                List<string> unexpected = [.. source.Keys.Where(key => !skip.Contains(key) && !destination.ContainsKey(key))];
                if (strict && (missing.Count > 0 || unexpected.Count > 0))
                    throw new InvalidOperationException("The loaded state_dict is not identical to the target dictionary.");
                using (no_grad())
                {
                    foreach ((string key, Tensor value) in source)
                    {
                        if (!skip.Contains(key) && destination.TryGetValue(key, out Tensor? target)) target.copy_(value);
                    }
                }
                return (missing, unexpected);
            }

            public Module save(string location, IList<string>? skip = null)
            {
                using FileStream stream = File.Create(location);
                return save(stream, skip);
            }

            /// <summary>Writes the state and closes the stream.</summary>
            public Module save(Stream stream, IList<string>? skip = null)
            {
                using BinaryWriter writer = new(stream);
                return save(writer, skip);
            }

            public Module save(BinaryWriter writer, IList<string>? skip = null)
            {
                save_state_dict(writer, state_dict(), skip);
                return this;
            }

            public static void save_state_dict(BinaryWriter writer, Dictionary<string, Tensor> sd, IList<string>? skip = null)
            {
                List<KeyValuePair<string, Tensor>> kept = [.. sd.Where(entry => skip is null || !skip.Contains(entry.Key))];
                writer.Encode(kept.Count);
                foreach ((string key, Tensor value) in kept)
                {
                    writer.Write(key);
                    value.Save(writer);
                }
            }

            /// <exception cref="FileNotFoundException">There is no such file.</exception>
            public virtual Module load(string location, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                if (!File.Exists(location)) throw new FileNotFoundException(location);
                using FileStream stream = File.OpenRead(location);
                return load(stream, strict, skip, loadedParameters);
            }

            /// <summary>Reads the state and closes the stream.</summary>
            public Module load(Stream stream, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                using BinaryReader reader = new(stream);
                return load(reader, strict, skip, loadedParameters);
            }

            /// <summary>Reads values into this module's parameters and buffers.</summary>
            /// <param name="reader">Over a file that <c>save</c> wrote.</param>
            /// <param name="strict">Whether the file must have this module's names and no others.</param>
            /// <param name="skip">Names whose values are left as they are.</param>
            /// <param name="loadedParameters">Receives each name of the file and whether this module has it.</param>
            /// <exception cref="ArgumentException">A name, a shape or a type differs.</exception>
            public virtual Module load(BinaryReader reader, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                skip ??= [];
                Dictionary<string, Tensor> state = state_dict();
                long entries = reader.Decode();
                if (strict && entries != state.Count)
                    throw new ArgumentException($"Mismatched state_dict sizes: expected {state.Count}, but found {entries} entries.");
                for (long i = 0; i < entries; i++)
                {
                    string key = reader.ReadString();
                    bool found = state.TryGetValue(key, out Tensor? target);
                    if (strict && !found)
                        throw new ArgumentException($"Mismatched module state names: the target modules does not have a submodule or buffer named '{key}'");
                    if (found && !skip.Contains(key)) target!.Load(reader);
                    else TensorExtensionMethods.Load(reader, skip: true).Dispose();
                    loadedParameters?.Add(key, found);
                }
                return this;
            }

            /// <summary>Creates a module and loads its state from a file.</summary>
            public static Module Create<T>(string path)
                where T : Module, new() => new T().load(path);

            private static string Dotted(string? prefix, string key) => string.IsNullOrEmpty(prefix) ? key : $"{prefix}.{key}";
        }
    }
}
