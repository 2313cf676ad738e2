using MTRec.Core.Features;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;

namespace MTRec.Data.Features;

/// <summary>
/// Writes KuaiRand's rows and users as the features of a schema, found by their names. Features that KuaiRand does not have keep their
/// defaults, and so does what a row or a user does not tell.
/// </summary>
public sealed class KuaiRandEncoder
{
    private readonly Func<Impression, float>[] _context;
    private readonly Func<UserProfile, float>[] _user;
    private readonly float[] _defaultUser;

    /// <summary>Prepares for a schema: that of <see cref="KuaiRandFeatures.Definitions"/> in training, a bundle's later.</summary>
    public KuaiRandEncoder(FeatureSchema schema)
    {
        _context = [.. schema.Context.Select(Context)];
        _user = [.. schema.User.Select(User)];
        _defaultUser = [.. schema.User.Select(feature => feature.Default)];
    }

    /// <summary>Writes the context [C] of a row.</summary>
    public void WriteContext(in Impression row, Span<float> context)
    {
        for (var i = 0; i < _context.Length; i++)
            context[i] = _context[i](row);
    }

    /// <summary>Writes the context [C] of a log's row, the same as of the <see cref="Impression"/> that it was.</summary>
    public void WriteContext(ImpressionLog log, int row, Span<float> context) => WriteContext(
        new Impression
        {
            Row = log.Row[row],
            UserId = log.Users[log.User[row]],
            ItemId = log.Items[log.Item[row]],
            TimestampMs = log.TimestampMs[row],
            Hour = log.Hour[row] == ImpressionLog.Missing ? null : log.Hour[row],
            Date = DateOnly.FromDayNumber(log.Day[row]),
            Tab = log.Tab[row] == ImpressionLog.Missing ? null : log.Tab[row],
        },
        context);

    /// <summary>Writes the features [U] of a user; the defaults where <paramref name="profile"/> is null.</summary>
    public void WriteUser(UserProfile? profile, Span<float> user)
    {
        if (profile is null)
        {
            _defaultUser.CopyTo(user);
            return;
        }

        for (var i = 0; i < _user.Length; i++)
            user[i] = _user[i](profile);
    }

    private static Func<Impression, float> Context(FeatureDefinition feature) => feature.Name switch
    {
        KuaiRandColumns.Hour => row => FeatureValue.Of(feature, row.Hour),
        KuaiRandColumns.DayOfWeek => row => FeatureValue.Of(feature, (int?)row.Date?.DayOfWeek),
        KuaiRandColumns.Tab => row => FeatureValue.Of(feature, row.Tab),
        _ => _ => feature.Default,
    };

    private static Func<UserProfile, float> User(FeatureDefinition feature)
    {
        if (Array.Find(KuaiRandColumns.UserNumbers, column => column.Name == feature.Name) is { } number)
            return user => FeatureValue.Of(feature, number.Value(user));
        if (Array.Find(KuaiRandColumns.UserCategories, column => column.Name == feature.Name) is { } category)
            return user => FeatureValue.Of(feature, category.Text(user));
        return _ => feature.Default;
    }
}
