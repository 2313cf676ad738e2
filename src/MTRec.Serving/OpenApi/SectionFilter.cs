using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace MTRec.Serving.OpenApi;

/// <summary>Puts the sections of the OpenAPI document into the order in which a newcomer needs them.</summary>
internal sealed class SectionFilter : IDocumentFilter
{
    private static readonly (string Name, string Description)[] Sections =
    [
        ("Ranking", "Orders candidates."),
        ("Feedback", "What users did with what they were shown."),
        ("Sessions", "What is remembered of a user."),
        ("Items", "What is known of the items."),
        ("Experiments", "Who gets which variant, and what came of it."),
        ("Bundles", "The models in service."),
        ("Health", "For whoever runs the service."),
    ];

    /// <inheritdoc/>
    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context) =>
        swaggerDoc.Tags = Sections.Select(section => new OpenApiTag { Name = section.Name, Description = section.Description }).ToHashSet();
}
