using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration.Json;

namespace MTRec.Serving.Operations;

/// <summary>
/// The configuration's JSON files while the service runs. By itself .NET forgets all that a file held once it cannot be read, and says nothing: a comma
/// too many would take the keys and the experiments away. Here such a file keeps what it held, and its fault is known.
/// </summary>
internal sealed class SettingsFiles
{
    private readonly ConcurrentDictionary<string, string> _faults = new(StringComparer.Ordinal);

    /// <summary>What is wrong with files as they are now; they hold what they held before.</summary>
    public IReadOnlyList<string> Faults => [.. _faults.OrderBy(fault => fault.Key, StringComparer.Ordinal).Select(fault => fault.Value)];

    /// <summary>Takes over the JSON files among <paramref name="sources"/>.</summary>
    public void Keep(IList<IConfigurationSource> sources)
    {
        for (var i = 0; i < sources.Count; i++)
        {
            if (sources[i] is JsonConfigurationSource file)
                sources[i] = new KeptSource(file, this);
        }
    }

    private sealed class KeptSource : JsonConfigurationSource
    {
        private readonly SettingsFiles _files;

        public KeptSource(JsonConfigurationSource file, SettingsFiles files)
        {
            _files = files;
            FileProvider = file.FileProvider;
            Path = file.Path!;
            Optional = file.Optional;
            ReloadOnChange = file.ReloadOnChange;
            ReloadDelay = file.ReloadDelay;
            OnLoadException = file.OnLoadException;
        }

        public override IConfigurationProvider Build(IConfigurationBuilder builder)
        {
            EnsureDefaults(builder);
            return new KeptProvider(this, _files._faults);
        }
    }

    private sealed class KeptProvider(KeptSource source, ConcurrentDictionary<string, string> faults) : JsonConfigurationProvider(source)
    {
        private bool _loaded;

        public override void Load(Stream stream)
        {
            var path = Source.Path!;
            try
            {
                base.Load(stream);
                _loaded = true;
                faults.TryRemove(path, out _);
            }
            catch (Exception e) when (_loaded && (e is FormatException or IOException))
            {
                faults[path] = $"{path} cannot be read: {(e.InnerException ?? e).Message}";
            }
        }
    }
}
