using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;
using MTRec.Serving.Access;
using MTRec.Serving.Http;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace MTRec.Serving.OpenApi;

/// <summary>Says in the OpenAPI document what callers of a path need, and how they are refused without it.</summary>
internal sealed class AccessFilter : IOperationFilter
{
    /// <summary>The key as <c>Authorization: Bearer KEY</c>.</summary>
    public const string Bearer = "bearer";

    /// <summary>The key as <c>X-API-Key: KEY</c>.</summary>
    public const string Header = "apiKey";

    private static readonly int[] Refusals = [StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, StatusCodes.Status429TooManyRequests];

    /// <summary>Describes the ways to send a key.</summary>
    public static void Describe(SwaggerGenOptions options)
    {
        options.AddSecurityDefinition(Bearer, new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" });
        options.AddSecurityDefinition(Header, new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = AccessMiddleware.KeyHeader });
        options.OperationFilter<AccessFilter>();
    }

    /// <inheritdoc/>
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<ScopeMetadata>().LastOrDefault()?.Scope is not { } scope)
            return;
        operation.Security = [Requirement(Bearer), Requirement(Header)];
        operation.Responses ??= [];
        var schema = context.SchemaGenerator.GenerateSchema(typeof(ProblemAnswer), context.SchemaRepository);
        foreach (var status in Refusals)
        {
            operation.Responses[$"{status}"] = new OpenApiResponse
            {
                Description = status == StatusCodes.Status403Forbidden ? $"{ReasonPhrases.GetReasonPhrase(status)}: the key lacks the scope {scope}" : ReasonPhrases.GetReasonPhrase(status),
                Content = new Dictionary<string, OpenApiMediaType> { [Problem.MediaType] = new OpenApiMediaType { Schema = schema } },
            };
        }

        OpenApiSecurityRequirement Requirement(string scheme) => new() { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] };
    }
}
