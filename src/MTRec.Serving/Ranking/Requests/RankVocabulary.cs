using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Core.Tasks;
using MTRec.Serving.Features;

namespace MTRec.Serving.Ranking.Requests;

/// <summary>The names that a bundle gives to tasks and features, as they stand in a request's bytes.</summary>
internal sealed class RankVocabulary
{
    private readonly byte[][] _tasks;

    /// <summary>Prepares the names of <paramref name="manifest"/>.</summary>
    public RankVocabulary(BundleManifest manifest, FeatureSchema schema)
    {
        Tasks = [.. manifest.Tasks];
        TaskOrder = [.. Enumerable.Range(0, Tasks.Length)];
        TaskNames = string.Join(", ", Tasks.Select(task => task.Name));
        _tasks = [.. Tasks.Select(task => Encoding.UTF8.GetBytes(task.Name))];
        Context = new FeatureNames(schema, FeatureKind.Context);
        User = new FeatureNames(schema, FeatureKind.User);
        Item = new FeatureNames(schema, FeatureKind.Item);
    }

    /// <summary>The tasks, in tensor order.</summary>
    public ImmutableArray<TaskDefinition> Tasks { get; }

    /// <summary>The tasks' indices: the order of the scores where the caller names none.</summary>
    public int[] TaskOrder { get; }

    /// <summary>The tasks' names, for messages.</summary>
    public string TaskNames { get; }

    /// <summary>Context features.</summary>
    public FeatureNames Context { get; }

    /// <summary>User features.</summary>
    public FeatureNames User { get; }

    /// <summary>Item features.</summary>
    public FeatureNames Item { get; }

    /// <summary>Finds a task by its name in UTF-8.</summary>
    /// <returns>Its index, or -1.</returns>
    public int FindTask(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < _tasks.Length; i++)
        {
            if (name.SequenceEqual(_tasks[i]))
                return i;
        }

        return -1;
    }

    /// <summary>Finds the task that the current string or property names.</summary>
    /// <returns>Its index, or -1.</returns>
    public int FindTask(ref Utf8JsonReader json)
    {
        for (var i = 0; i < _tasks.Length; i++)
        {
            if (json.ValueTextEquals(_tasks[i]))
                return i;
        }

        return -1;
    }
}
