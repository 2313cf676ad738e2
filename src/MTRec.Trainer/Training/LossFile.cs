using System.Text.Json;
using System.Text.Json.Serialization;
using MTRec.Learning.Distributed;

namespace MTRec.Trainer.Training;

/// <summary>The losses of a training, one step a line: {"name":"task scores","step":1,"value":2.57,"seconds":14.2}. What is there of a file of that name is overwritten.</summary>
internal sealed class LossFile(string path) : IDisposable
{
    // The loss of a training that fails may be NaN.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly StreamWriter _lines = new(path);

    /// <summary>Writes one step's.</summary>
    public void Write(StepLoss loss) => _lines.WriteLine(JsonSerializer.Serialize(loss, Json));

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();
}
