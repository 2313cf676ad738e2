using MTRec.Core.Sessions;

namespace MTRec.Core.Features;

/// <summary>
/// Writes the graphs' inputs. Training, offline scoring and serving all call this one class, so that a model sees online what
/// it saw offline.
/// </summary>
public sealed class FeatureAssembler(FeatureSchema schema)
{
    private readonly UserActions[] _historyActions = [.. schema.History.Actions.Select(Parse)];
    private readonly float[] _context = Defaults(schema.Context);
    private readonly float[] _user = Defaults(schema.User);
    private readonly float[] _item = [0, .. Defaults(schema.Item)];

    /// <summary>The layout that is written.</summary>
    public FeatureSchema Schema { get; } = schema;

    /// <summary>The context [C] of a caller who gives none.</summary>
    public ReadOnlySpan<float> DefaultContext => _context;

    /// <summary>The user features [U] of a caller who gives none.</summary>
    public ReadOnlySpan<float> DefaultUser => _user;

    /// <summary>The row [1 + I] of an item that nothing is known about.</summary>
    public ReadOnlySpan<float> DefaultItem => _item;

    /// <summary>Writes an item's row [1 + I], defaults where it is unknown.</summary>
    /// <returns>Whether <paramref name="items"/> knows the item.</returns>
    public bool WriteItem(string itemId, IItemFeatures items, Span<float> row)
    {
        if (items.TryWrite(itemId, row))
            return true;
        _item.CopyTo(row);
        return false;
    }

    /// <summary>Writes the history tensor [length, width] of the impressions before <paramref name="nowMs"/>.</summary>
    /// <param name="events">The user's impressions, oldest first; those beyond the layout's length are passed over.</param>
    /// <param name="nowMs">The moment of the request, milliseconds since the Unix epoch; an event after it counts as now.</param>
    /// <param name="items">Where the items' features come from.</param>
    /// <param name="destination">Length x width values, overwritten.</param>
    public void WriteHistory(ReadOnlySpan<SessionEvent> events, long nowMs, IItemFeatures items, Span<float> destination)
    {
        var layout = Schema.History;
        var width = Schema.HistoryWidth;
        if (events.Length > layout.Length)
            events = events[^layout.Length..];

        var padding = (layout.Length - events.Length) * width;
        destination[..padding].Clear();
        for (var i = 0; i < events.Length; i++)
        {
            ref readonly var shown = ref events[i];
            var row = destination.Slice(padding + (i * width), width);
            row[HistoryLayout.PresentColumn] = 1;
            row[HistoryLayout.AgeColumn] = Math.Max(0, nowMs - shown.TimestampMs) / 1000f;
            row[HistoryLayout.WatchColumn] = shown.WatchSeconds;
            for (var action = 0; action < _historyActions.Length; action++)
                row[HistoryLayout.ActionStart + action] = (shown.Actions & _historyActions[action]) != 0 ? 1 : 0;
            WriteItem(shown.ItemId, items, row[(HistoryLayout.ActionStart + _historyActions.Length)..]);
        }
    }

    private static float[] Defaults(IReadOnlyList<FeatureDefinition> features) => [.. features.Select(feature => feature.Default)];

    private static UserActions Parse(string name) =>
        UserActionNames.TryParse(name, out var action) ? action : throw new ArgumentException($"Unknown action '{name}'.", nameof(name));
}
