using MTRec.Core.Features;
using MTRec.Data;
using MTRec.Data.Features;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;

namespace MTRec.Trainer.Scoring;

/// <summary>A bundle's context and user features of a log's rows.</summary>
/// <param name="schema">The bundle's features.</param>
/// <param name="users">What is known of the users, by id; others have the defaults.</param>
internal sealed class RowFeatures(FeatureSchema schema, IReadOnlyDictionary<string, UserProfile> users)
{
    private readonly KuaiRandEncoder _encoder = new(schema);

    /// <summary>The layout that is written.</summary>
    public FeatureSchema Schema => schema;

    /// <summary>Reads the users' file, where there is one.</summary>
    /// <exception cref="DataFormatException">The file is damaged or lacks <c>user_id</c>.</exception>
    public static RowFeatures Read(FeatureSchema schema, FileInfo? users) => new(
        schema,
        users is null ? new Dictionary<string, UserProfile>() : UserFeatureFile.Read(users.FullName, out _).ToDictionary(user => user.UserId, StringComparer.Ordinal));

    /// <summary>Writes the context [C] of a row.</summary>
    public void WriteContext(in Impression row, Span<float> context) => _encoder.WriteContext(row, context);

    /// <summary>Writes the features [U] of a user.</summary>
    public void WriteUser(string userId, Span<float> user) => _encoder.WriteUser(users.GetValueOrDefault(userId), user);
}
