using System.Text.Json;
using System.Text.Json.Serialization;
using MTRec.Data;

namespace MTRec.Trainer.Reproduction;

/// <summary>A reproduction as JSON: names in camel case, <c>"NaN"</c> for a figure that the sample does not define.</summary>
internal static class ReproductionFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = false,
    };

    /// <summary>Writes one.</summary>
    public static void Write(TextWriter writer, ReproducedReport reproduction) => writer.WriteLine(JsonSerializer.Serialize(reproduction, Options));

    /// <summary>Reads one.</summary>
    /// <exception cref="DataFormatException">The text is no reproduction.</exception>
    public static ReproducedReport Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<ReproducedReport>(json, Options) ?? throw new DataFormatException("The file holds null.");
        }
        catch (JsonException e)
        {
            throw new DataFormatException(e.Message, e);
        }
    }
}
