using System.Collections.Frozen;

namespace MTRec.Core.Features;

/// <summary>
/// The places of all features in the graphs' inputs. <c>context</c> is [1, C], <c>user</c> [1, U] in the order of the
/// definitions. <c>candidates</c> is [N, 1 + I]: column 0 is the item's row in the bundle's item table plus one (0 where the
/// table lacks it), then the item features. <c>history</c> is [1, H, 3 + actions + 1 + I], see <see cref="HistoryLayout"/>.
/// </summary>
public sealed class FeatureSchema
{
    private readonly FrozenDictionary<string, int> _context;
    private readonly FrozenDictionary<string, int> _user;
    private readonly FrozenDictionary<string, int> _item;

    /// <summary>Lays out <paramref name="features"/>.</summary>
    /// <exception cref="ArgumentException">Two features of a kind share a name.</exception>
    public FeatureSchema(IEnumerable<FeatureDefinition> features, HistoryLayout history)
    {
        var all = features.ToArray();
        History = history;
        Context = Of(FeatureKind.Context);
        User = Of(FeatureKind.User);
        Item = Of(FeatureKind.Item);
        _context = Places(Context);
        _user = Places(User);
        _item = Places(Item);

        IReadOnlyList<FeatureDefinition> Of(FeatureKind kind) => [.. all.Where(feature => feature.Kind == kind)];

        static FrozenDictionary<string, int> Places(IReadOnlyList<FeatureDefinition> features) =>
            features.Select((feature, index) => (feature.Name, index)).ToFrozenDictionary(p => p.Name, p => p.index, StringComparer.Ordinal);
    }

    /// <summary>How the user's history is laid out.</summary>
    public HistoryLayout History { get; }

    /// <summary>Context features, in tensor order.</summary>
    public IReadOnlyList<FeatureDefinition> Context { get; }

    /// <summary>User features, in tensor order.</summary>
    public IReadOnlyList<FeatureDefinition> User { get; }

    /// <summary>Item features, in tensor order; the first is column 1 of <c>candidates</c>.</summary>
    public IReadOnlyList<FeatureDefinition> Item { get; }

    /// <summary>Columns of an item's row: its index, then its features.</summary>
    public int ItemWidth => 1 + Item.Count;

    /// <summary>Columns of a history event.</summary>
    public int HistoryWidth => HistoryLayout.ActionStart + History.Actions.Count + ItemWidth;

    /// <summary>The features of one kind, in tensor order.</summary>
    public IReadOnlyList<FeatureDefinition> Of(FeatureKind kind) => kind switch
    {
        FeatureKind.Context => Context,
        FeatureKind.User => User,
        _ => Item,
    };

    /// <summary>Finds a feature's index among those of its kind.</summary>
    public bool TryFind(FeatureKind kind, string name, out int index) => Places(kind).TryGetValue(name, out index);

    /// <summary>Finds a feature's index among those of its kind without allocating the name.</summary>
    public bool TryFind(FeatureKind kind, ReadOnlySpan<char> name, out int index) =>
        Places(kind).GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out index);

    private FrozenDictionary<string, int> Places(FeatureKind kind) => kind switch
    {
        FeatureKind.Context => _context,
        FeatureKind.User => _user,
        _ => _item,
    };
}
