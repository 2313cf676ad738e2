using System.Globalization;
using System.Text;
using Google.Protobuf;
using MTRec.Inference;

namespace MTRec.Benchmarks.Serving;

/// <summary>One form of the rank request.</summary>
/// <param name="Name">Its name in tables.</param>
/// <param name="MediaType">Its Content-Type and Accept.</param>
/// <param name="Write">Makes the body.</param>
/// <param name="Read">Reads the answer.</param>
/// <param name="InNode">Whether the reference in Node.js reads it too; it is compared by its answer to the first form otherwise.</param>
internal sealed record Form(string Name, string MediaType, Func<RankRequest, byte[]> Write, Func<byte[], Answer> Read, bool InNode)
{
    /// <summary>Every form.</summary>
    public static IReadOnlyList<Form> All { get; } =
    [
        new("rows", "application/json", RankRequest.Rows, Answer.FromJson, InNode: true),
        new("columns", "application/json", RankRequest.Columns, Answer.FromJson, InNode: true),
        new("protobuf", "application/x-protobuf", RankRequest.Message, Answer.FromMessage, InNode: false),
    ];
}

/// <summary>A rank call as a feed backend makes it: known items with all task scores, a page of 20 asked for.</summary>
/// <param name="UserId">The user.</param>
/// <param name="TaskNames">K.</param>
/// <param name="ItemIds">N.</param>
/// <param name="Scores">[N, K], row by row.</param>
internal sealed record RankRequest(string UserId, IReadOnlyList<string> TaskNames, IReadOnlyList<string> ItemIds, float[] Scores)
{
    /// <summary>Users that call in turn.</summary>
    public const int Users = 32;

    private const int Page = 20;
    private static readonly DateTimeOffset Moment = new(2026, 1, 31, 20, 15, 0, TimeSpan.Zero);

    /// <summary>Calls of all users, of <paramref name="count"/> candidates each; the same at every run.</summary>
    public static IReadOnlyList<RankRequest> Draw(Bundle bundle, int count) => [.. Enumerable.Range(0, Users).Select(user => Draw(bundle, count, user))];

    /// <summary>The id of a user.</summary>
    public static string User(int index) => $"bench-user-{index:D4}";

    /// <summary>One object a candidate.</summary>
    public static byte[] Rows(RankRequest request)
    {
        var json = Head(request).Append("\"candidates\":[");
        for (var i = 0; i < request.ItemIds.Count; i++)
        {
            json.Append(i > 0 ? "," : "").Append("{\"itemId\":\"").Append(request.ItemIds[i]).Append("\",\"scores\":[")
                .AppendJoin(',', Numbers(request.Scores.Skip(i * request.TaskNames.Count).Take(request.TaskNames.Count))).Append("]}");
        }

        return End(json.Append(']'));
    }

    /// <summary>One array a task.</summary>
    public static byte[] Columns(RankRequest request)
    {
        var json = Head(request).Append("\"columns\":{\"itemIds\":[\"").AppendJoin("\",\"", request.ItemIds).Append("\"],\"scores\":{");
        for (var task = 0; task < request.TaskNames.Count; task++)
        {
            json.Append(task > 0 ? "," : "").Append('"').Append(request.TaskNames[task]).Append("\":[")
                .AppendJoin(',', Numbers(request.Scores.Where((_, i) => i % request.TaskNames.Count == task))).Append(']');
        }

        return End(json.Append("}}"));
    }

    /// <summary>The columns as the RankRequest of mtrec.proto.</summary>
    public static byte[] Message(RankRequest request) => new V1.RankRequest
    {
        UserId = request.UserId,
        TimestampMs = Moment.ToUnixTimeMilliseconds(),
        Context = { new V1.Feature { Name = "hour", Number = 20 }, new V1.Feature { Name = "tab", Number = 1 } },
        Limit = Page,
        Columns = new V1.Columns
        {
            ItemIds = { request.ItemIds },
            Scores = { request.TaskNames.Select((task, k) => new V1.ScoreColumn { Task = task, Values = { request.Scores.Where((_, i) => i % request.TaskNames.Count == k) } }) },
        },
    }.ToByteArray();

    private static RankRequest Draw(Bundle bundle, int count, int user)
    {
        var random = new Random(1000 + user);
        var tasks = bundle.Manifest.Tasks;
        var ids = bundle.Items.Ids.ToArray();
        random.Shuffle(ids);
        return new RankRequest(
            User(user),
            [.. tasks.Select(task => task.Name)],
            ids[..count],
            [.. Enumerable.Range(0, count * tasks.Count).Select(i => Score(random, tasks[i % tasks.Count].Max))]);
    }

    // Most scores are small, as the probabilities of clicks and likes are.
    private static float Score(Random random, float max) => max * MathF.Pow(random.NextSingle(), 3);

    private static StringBuilder Head(RankRequest request) => new StringBuilder()
        .Append("{\"userId\":\"").Append(request.UserId).Append("\",\"timestamp\":\"2026-01-31T20:15:00Z\",\"context\":{\"hour\":20,\"tab\":1},\"limit\":")
        .Append(Page).Append(',');

    private static byte[] End(StringBuilder json) => Encoding.UTF8.GetBytes(json.Append('}').ToString());

    private static IEnumerable<string> Numbers(IEnumerable<float> values) => values.Select(value => value.ToString(CultureInfo.InvariantCulture));
}
