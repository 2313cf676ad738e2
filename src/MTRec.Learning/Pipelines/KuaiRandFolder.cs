using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using MTRec.Core.Sessions;
using MTRec.Data;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;
using MTRec.Data.Trajectories;

namespace MTRec.Learning.Pipelines;

/// <summary>
/// A folder in KuaiRand's format: <c>log_train</c>, <c>log_dev</c> and, where there are some, <c>log_test</c>, <c>user_features_pure</c>,
/// <c>video_features_basic_pure</c>, <c>history</c>, each <c>.csv</c> or <c>.csv.gz</c>.
/// </summary>
public sealed record KuaiRandFolder
{
    // Users of a partial read are chosen by hash, the same in every file.
    private const int Shares = 1000;

    private static readonly string[] Files = ["log_train", "log_dev", "log_test", "user_features_pure", "video_features_basic_pure", "history"];

    /// <summary>The log that is learned from.</summary>
    public required ImpressionLog Train { get; init; }

    /// <summary>The later log that decides when to stop, and between formulas.</summary>
    public required ImpressionLog Dev { get; init; }

    /// <summary>The latest log, for figures only.</summary>
    public required ImpressionLog? Test { get; init; }

    /// <summary>Descriptions of users by id.</summary>
    public required IReadOnlyDictionary<string, UserProfile> Users { get; init; }

    /// <summary>Descriptions of videos.</summary>
    public required IReadOnlyList<VideoProfile> Videos { get; init; }

    /// <summary>What users did before the training log, by id, oldest first.</summary>
    public required IReadOnlyDictionary<string, ImmutableArray<SessionEvent>> Histories { get; init; }

    /// <summary>What was wrong with each log, by file.</summary>
    public required IReadOnlyDictionary<string, LogReport> Reports { get; init; }

    /// <summary>Tells folders apart: names and SHA-256 of the files that <see cref="Read"/> reads.</summary>
    /// <param name="folder">The folder.</param>
    public static byte[] Fingerprint(string folder)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in Files.Select(name => Find(folder, name)).OfType<string>())
        {
            using var file = File.OpenRead(path);
            all.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(path)));
            all.AppendData(SHA256.HashData(file));
        }

        return all.GetHashAndReset();
    }

    /// <summary>Reads a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="userShare">Share of the users to read, in (0, 1].</param>
    /// <param name="cancellation">Ends the reading between two rows.</param>
    /// <exception cref="FileNotFoundException">A log is missing.</exception>
    /// <exception cref="DataFormatException">A file is damaged or lacks a needed column.</exception>
    public static KuaiRandFolder Read(string folder, double userShare, CancellationToken cancellation)
    {
        var folds = new UserFolds(Shares, seed: 0);
        var reports = new Dictionary<string, LogReport>(StringComparer.Ordinal);
        return new KuaiRandFolder
        {
            Train = Log("log_train") ?? throw Missing("log_train"),
            Dev = Log("log_dev") ?? throw Missing("log_dev"),
            Test = Log("log_test"),
            Users = Find(folder, "user_features_pure") is { } users
                ? UserFeatureFile.Read(users, out _).ToDictionary(user => user.UserId, StringComparer.Ordinal)
                : new Dictionary<string, UserProfile>(),
            Videos = Find(folder, "video_features_basic_pure") is { } videos ? VideoFeatureFile.Read(videos, out _) : [],
            Histories = Find(folder, "history") is { } histories
                ? HistoryFile.Read(histories, out _).ToDictionary(
                    history => history.UserId, history => history.ToSessionEvents().ToImmutableArray(), StringComparer.Ordinal)
                : new Dictionary<string, ImmutableArray<SessionEvent>>(),
            Reports = reports,
        };

        FileNotFoundException Missing(string name) => new($"{folder} has no {name}.csv or {name}.csv.gz.");

        ImpressionLog? Log(string name)
        {
            if (Find(folder, name) is not { } path)
                return null;
            using var reader = KuaiRandLogReader.Open(path);
            var log = LogCleaner.Clean(Rows(reader), out var report);
            reports.Add(Path.GetFileName(path), report);
            return log;
        }

        IEnumerable<Impression> Rows(KuaiRandLogReader reader)
        {
            foreach (var row in reader.Rows())
            {
                cancellation.ThrowIfCancellationRequested();
                if (userShare >= 1 || folds.Of(row.UserId) < userShare * Shares)
                    yield return row;
            }
        }
    }
    private static string? Find(string folder, string name) =>
        new[] { $"{name}.csv.gz", $"{name}.csv" }.Select(file => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
}
