using Microsoft.OpenApi;
using MTRec.Serving.Http;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace MTRec.Serving.OpenApi;

/// <summary>Describes protobuf bodies as what they are: bytes of a message of mtrec.proto, and not the schema of the JSON form.</summary>
internal sealed class ProtobufFilter : IOperationFilter
{
    /// <inheritdoc/>
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var (request, response) = operation.OperationId switch
        {
            Routes.RankOperation => (nameof(V1.RankRequest), nameof(V1.RankResponse)),
            Routes.FeedbackOperation => (nameof(V1.FeedbackRequest), nameof(V1.FeedbackResponse)),
            _ => ("", ""),
        };
        Describe(operation.RequestBody?.Content, request);
        foreach (var answer in operation.Responses ?? [])
            Describe(answer.Value.Content, response);
    }

    private static void Describe(IDictionary<string, OpenApiMediaType>? content, string message)
    {
        foreach (var name in (string[])[MessageType.ProtobufName, MessageType.OtherProtobufName])
        {
            if (content?.ContainsKey(name) == true)
                content[name] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary", Description = $"{message} of mtrec.proto." } };
        }
    }
}
