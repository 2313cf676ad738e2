using System.Globalization;
using System.Text.Json.Nodes;
using MTRec.Core.Sessions;
using MTRec.Data.Features;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;
using MTRec.Inference;
using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests;

/// <summary>The service answers online what <c>mtrec score</c> says offline: a model sees the same in both.</summary>
public sealed class SkewTests : IDisposable
{
    private const double Tolerance = 1e-5;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public Task A_small_bundle_scores_the_same_online_and_offline()
    {
        var registry = Path.Combine(_folder.Path, "registry");
        return CompareAsync(registry, TestBundles.Publish(registry));
    }

    [ShippedBundleFact]
    public Task The_shipped_bundle_scores_the_same_online_and_offline() =>
        CompareAsync(registry: null, ShippedBundle.Folder());

    public void Dispose() => _folder.Dispose();

    private async Task CompareAsync(string? registry, string bundleFolder)
    {
        using var bundle = Bundle.Load(bundleFolder);
        var log = Path.Combine(_folder.Path, "log.csv");
        var output = Path.Combine(_folder.Path, "scores.csv");
        SyntheticLog.Write(log, rows: 200, users: 5, [.. bundle.Items.Ids.Take(30), "nobody-knows-this-item"]);
        var (exitCode, said) = await Programs.MtrecAsync("score", "--bundle", bundleFolder, "--log", log, "--out", output);
        Assert.True(exitCode == 0, said);
        var header = (await File.ReadAllLinesAsync(output))[0].Split(',');
        var scores = (await File.ReadAllLinesAsync(output))[1..].Select(line => line.Split(',')).ToArray();

        using var service = await RunningService.StartAsync(registry, Path.Combine(_folder.Path, "events"));
        using var reader = KuaiRandLogReader.Open(log);
        var rows = reader.Rows().ToArray();
        Assert.Equal(rows.Length, scores.Length);
        foreach (var row in rows)
        {
            var answer = await service.PostAsync("v1/rank", Request(bundle, row));
            var item = answer["items"]!.AsArray().Single(ranked => (string)ranked!["itemId"]! == row.ItemId)!;
            Assert.Equal("[]", answer["degraded"]!.ToJsonString());
            Same("fusionScore", item["fusionScore"]);
            Same("mentalReward", item["mentalReward"]!["mean"]);
            Same("score", item["score"]);
            await service.PostAsync("v1/feedback", Feedback(row));

            void Same(string column, JsonNode? online)
            {
                var offline = double.Parse(scores[row.Row - 1][Array.IndexOf(header, column)], CultureInfo.InvariantCulture);
                Assert.True(
                    Math.Abs(offline - (double)online!) <= Tolerance * Math.Max(1, Math.Abs(offline)),
                    $"row {row.Row}, {column}: {offline} offline, {online} online");
            }
        }
    }

    // Other candidates come along: a candidate's scores do not depend on them.
    private static JsonObject Request(Bundle bundle, Impression row)
    {
        var encoder = new KuaiRandEncoder(bundle.Assembler.Schema);
        var context = new float[bundle.Shape.Context];
        var user = new float[bundle.Shape.User];
        encoder.WriteContext(row, context);
        encoder.WriteUser(null, user);
        string[] candidates = [.. bundle.Items.Ids.Take(10).Where(id => id != row.ItemId), row.ItemId, "some-other-item"];
        return new JsonObject
        {
            ["userId"] = row.UserId,
            ["timestamp"] = Timestamp(row),
            ["context"] = Named(bundle.Assembler.Schema.Context.Select(feature => feature.Name), context),
            ["userFeatures"] = Named(bundle.Assembler.Schema.User.Select(feature => feature.Name), user),
            ["candidates"] = new JsonArray([.. candidates.Select(id => new JsonObject { ["itemId"] = id })]),
        };
    }

    private static JsonObject Feedback(Impression row) => new()
    {
        ["events"] = new JsonArray(new JsonObject
        {
            ["eventId"] = $"row-{row.Row}",
            ["userId"] = row.UserId,
            ["itemId"] = row.ItemId,
            ["timestamp"] = Timestamp(row),
            ["actions"] = new JsonObject(UserActionNames.Of(row.Actions).Select(action => KeyValuePair.Create(action, (JsonNode?)1))),
            ["watchSeconds"] = row.WatchSeconds,
        }),
    };

    private static JsonObject Named(IEnumerable<string> names, float[] values) =>
        new(names.Zip(values).Select(pair => KeyValuePair.Create(pair.First, (JsonNode?)pair.Second)));

    private static string Timestamp(Impression row) =>
        DateTimeOffset.FromUnixTimeMilliseconds(row.TimestampMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
