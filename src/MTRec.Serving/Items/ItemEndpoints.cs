using MTRec.Core.Features;
using MTRec.Serving.Bundles;
using MTRec.Serving.Http;
using MTRec.Serving.OpenApi;

namespace MTRec.Serving.Items;

/// <summary><c>PUT /v1/items</c> and <c>GET /v1/items/{itemId}</c>.</summary>
internal sealed class ItemEndpoints(BundleHost bundles, ItemStore store, ItemStoreOptions options)
{
    /// <summary>Puts features of items: all of the call or nothing. Features that a call does not name stay as they are.</summary>
    public async Task<PutItemsAnswer> PutAsync(HttpContext context)
    {
        using var hold = bundles.Hold();
        using var body = await RequestBody.ReadJsonAsync(context.Request, options.MaxBodyBytes);
        var names = hold.Served.Names.Item;
        var errors = new RequestErrors();
        var items = new PutItemsReader(names, options, errors).Read(body.Bytes.Span);
        if (errors.Any)
            throw new RefusedException(errors.ToProblem());
        if (!store.TryPut(hold.Served.ItemFeatureNames, items, out var created))
        {
            throw new RefusedException(new Problem(
                StatusCodes.Status422UnprocessableEntity, $"There is no room for {created} more items: {store.Count} of {options.MaxItems} are kept. Nothing was put."));
        }

        return new PutItemsAnswer(items.Count, created, items.Count - created);
    }

    /// <summary>Shows what candidates of that id are ranked by where they bring no features themselves.</summary>
    public ItemAnswer Get(string itemId)
    {
        if (JsonText.IdFault(itemId) is { } fault)
            throw new RefusedException(Problem.Invalid("itemId", fault));
        using var hold = bundles.Hold();
        var bundle = hold.Served.Bundle;
        var schema = bundle.Assembler.Schema;
        var row = new float[schema.ItemWidth];
        if (!store.Over(bundle.Items, bundle.Assembler).TryWrite(itemId, row))
            throw new RefusedException(new Problem(StatusCodes.Status404NotFound, "Neither the bundle nor a caller has said anything of this item."));
        return new ItemAnswer(
            itemId,
            InBundle: row[0] > 0,
            schema.Item.Select((feature, index) => (feature.Name, Value: Name(feature, row[1 + index]))).ToDictionary(f => f.Name, f => f.Value));
    }

    private static object Name(FeatureDefinition feature, float value) =>
        feature.Values?.FirstOrDefault(category => category.Value == value).Key is { } name ? name : value;
}
