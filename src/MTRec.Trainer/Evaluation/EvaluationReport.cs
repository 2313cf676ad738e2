using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MTRec.Learning.Evaluation;
using MTRec.Trainer.CommandLine;
using Spectre.Console;

namespace MTRec.Trainer.Evaluation;

/// <summary>What <c>mtrec evaluate</c> found.</summary>
/// <param name="Bundle">The bundle, as name/version.</param>
/// <param name="Figures">What could be computed.</param>
/// <param name="Missing">What could not, and why.</param>
internal sealed record EvaluationReport(string Bundle, IReadOnlyList<EvaluatedFigure> Figures, IReadOnlyList<MissingFigure> Missing)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Prints it as tables.</summary>
    public void Print(IAnsiConsole console)
    {
        var figures = new Table().AddColumns("figure", "value", "95 % interval", "samples", "effective sample size");
        foreach (var figure in Figures)
        {
            figures.AddRow(
                Markup.Escape(figure.Name),
                Number(figure.Value),
                $"{Number(figure.Low)} to {Number(figure.High)}",
                figure.Samples.ToString(CultureInfo.InvariantCulture),
                figure.EffectiveSampleSize is { } size ? size.ToString("0.0", CultureInfo.InvariantCulture) : "");
        }

        console.WriteLine($"Bundle {Bundle}");
        console.Write(figures);
        foreach (var missing in Missing)
            console.WriteLine($"Not computed: {missing.Name}: {missing.Reason}");
    }

    /// <summary>Writes it as JSON.</summary>
    /// <param name="path">The file, or <see cref="AtomicFile.StandardOutput"/>.</param>
    public void Write(string path) => AtomicFile.Write(path, writer => writer.WriteLine(JsonSerializer.Serialize(this, Json)));

    private static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}

/// <summary>One figure with its 95 % interval by user.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">The figure.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
/// <param name="Samples">What it was computed from.</param>
/// <param name="EffectiveSampleSize">Of importance-weighted figures.</param>
internal sealed record EvaluatedFigure(string Name, double Value, double Low, double High, int Samples, double? EffectiveSampleSize = null)
{
    /// <summary>Names an estimate.</summary>
    public static EvaluatedFigure Of(string name, Estimate estimate, int samples) => new(name, estimate.Value, estimate.Low, estimate.High, samples);
}

/// <summary>A figure that could not be computed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Reason">Why.</param>
internal sealed record MissingFigure(string Name, string Reason);
