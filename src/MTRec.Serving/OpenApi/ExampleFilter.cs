using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using MTRec.Serving.Bundles;
using MTRec.Serving.Http;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace MTRec.Serving.OpenApi;

/// <summary>Gives the requests of the OpenAPI document examples that the bundle in service answers.</summary>
internal sealed class ExampleFilter(BundleHost bundles) : IOperationFilter
{
    private const int Candidates = 3;

    /// <inheritdoc/>
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (bundles.Current?.Bundle is not { } bundle || operation.RequestBody?.Content is not { } content)
            return;
        (string Name, string Summary, JsonNode Value)[] examples = operation.OperationId switch
        {
            Routes.RankOperation =>
            [
                ("rows", "Candidates as rows", Examples.RankRows(bundle, Candidates)),
                ("columns", "Candidates as columns: the fast form", Examples.RankColumns(bundle, Candidates)),
            ],
            Routes.FeedbackOperation => [("feedback", "Two responses", Examples.Feedback(bundle))],
            Routes.PutItemsOperation => [("items", "One item", Examples.PutItems(bundle))],
            _ => [],
        };
        if (content.TryGetValue(MessageType.JsonName, out var media))
            media.Examples = examples.ToDictionary(e => e.Name, e => (IOpenApiExample)new OpenApiExample { Summary = e.Summary, Value = e.Value });
    }
}
