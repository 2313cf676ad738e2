using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace MTRec.Telemetry;

/// <summary>Hands OpenTelemetry's metrics to whoever asks for them.</summary>
[ExportModes(ExportModes.Pull)]
public sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    private const int LongestCollectionMs = 5000;

    private readonly Lock _collection = new();
    private readonly StringBuilder _text = new();

    /// <inheritdoc/>
    public Func<int, bool>? Collect { get; set; }

    /// <summary>All metrics as of now; null where they cannot be collected.</summary>
    public string? Read()
    {
        lock (_collection)
        {
            _text.Clear();
            return Collect?.Invoke(LongestCollectionMs) == true ? _text.ToString() : null;
        }
    }

    /// <inheritdoc/>
    public override ExportResult Export(in Batch<Metric> batch)
    {
        PrometheusText.Write(_text, in batch);
        return ExportResult.Success;
    }
}
