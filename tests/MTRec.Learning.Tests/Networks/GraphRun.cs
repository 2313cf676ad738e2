using Microsoft.ML.OnnxRuntime;
using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Export;

namespace MTRec.Learning.Tests.Networks;

/// <summary>A request's inputs, run through a graph and laid out for the Torch module, where every candidate has its own row of state.</summary>
internal sealed record GraphRun(float[] Context, float[] User, float[] History, float[] Candidates)
{
    /// <summary>Random values within the features' ranges, or at their ends.</summary>
    public static GraphRun Draw(FeatureSchema schema, int items, int candidates, int events, bool extreme, Random random)
    {
        var history = new float[schema.History.Length * schema.HistoryWidth];
        for (var row = schema.History.Length - events; row < schema.History.Length; row++)
        {
            var place = history.AsSpan(row * schema.HistoryWidth, schema.HistoryWidth);
            place[HistoryLayout.PresentColumn] = 1;
            place[HistoryLayout.AgeColumn] = extreme ? random.Next(2) * 1e9f : (float)random.NextDouble() * 1e5f;
            place[HistoryLayout.WatchColumn] = extreme ? random.Next(2) * 1e6f : random.Next(300);
            for (var action = 0; action < schema.History.Actions.Count; action++)
                place[HistoryLayout.ActionStart + action] = random.Next(2);
            Item(place[(HistoryLayout.ActionStart + schema.History.Actions.Count)..]);
        }

        var rows = new float[candidates * schema.ItemWidth];
        for (var i = 0; i < candidates; i++)
            Item(rows.AsSpan(i * schema.ItemWidth, schema.ItemWidth));
        return new GraphRun(Values(schema.Context), Values(schema.User), history, rows);

        void Item(Span<float> row)
        {
            row[0] = random.Next(items + 1);
            Values(schema.Item).CopyTo(row[1..]);
        }

        float[] Values(IReadOnlyList<FeatureDefinition> features) => [.. features.Select(feature =>
            feature.Type == FeatureType.Categorical ? random.Next(feature.Size)
            : extreme ? (random.Next(2) == 0 ? feature.Min : feature.Max)
            : feature.Min + ((float)Math.Pow(random.NextDouble(), 4) * (feature.Max - feature.Min)))];
    }

    /// <summary>The graph's outputs by name.</summary>
    public Dictionary<string, float[]> Run(OnnxGraph graph)
    {
        using var session = new InferenceSession(graph.ToBytes());
        var inputs = graph.Inputs.ToDictionary(input => input.Name, input => OrtValue.CreateTensorValueFromMemory(
            Of(input.Name), [.. input.Shape.Select(size => size == GraphContract.Candidates ? Candidates.Length / input.Shape[1] : size)]));
        var names = graph.Outputs.Select(output => output.Name).ToArray();
        using var options = new RunOptions();
        using var outputs = session.Run(options, inputs, names);
        var values = names.Zip(outputs, (name, value) => (name, value.GetTensorDataAsSpan<float>().ToArray())).ToDictionary(p => p.name, p => p.Item2);
        foreach (var input in inputs.Values)
            input.Dispose();
        return values;
    }

    private float[] Of(string input) => input switch
    {
        BundleLayout.ContextInput => Context,
        BundleLayout.UserInput => User,
        BundleLayout.HistoryInput => History,
        _ => Candidates,
    };
}
