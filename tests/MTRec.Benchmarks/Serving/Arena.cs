using System.Net.Http.Json;
using System.Text.Json;
using MTRec.Inference;
using MTRec.Testing;

namespace MTRec.Benchmarks.Serving;

/// <summary>One bundle served side by side: by the service, by the reference in Node.js and by the floor, with one Redis that holds the users' sessions.</summary>
internal sealed class Arena : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<(Form Form, int Candidates), (Bodies Bodies, int AnswerBytes)> _bodies = [];
    private readonly Bundle _bundle;
    private readonly string _bundleFolder;
    private readonly string _registry;

    private Arena(string registry, RedisServer redis)
    {
        _registry = registry;
        _bundleFolder = Path.Combine(registry, "default", "1");
        _bundle = Bundle.Load(_bundleFolder);
        Redis = redis;
    }

    /// <summary>The service.</summary>
    public Contender Ours { get; private set; } = null!;

    /// <summary>The reference in Node.js.</summary>
    public Contender Node { get; private set; } = null!;

    /// <summary>The floor.</summary>
    public Contender Floor { get; private set; } = null!;

    /// <summary>Holds the sessions.</summary>
    public RedisServer Redis { get; }

    /// <summary>K.</summary>
    public int Tasks => _bundle.Manifest.Tasks.Count;

    private string Events => Path.Combine(_folder.Path, "events");

    private string NodeEvents => Path.Combine(_folder.Path, "node-events");

    /// <summary>Starts all of them on a bundle, and gives every user a history.</summary>
    /// <param name="registry">The registry that holds default/1.</param>
    public static async Task<Arena> StartAsync(string registry)
    {
        var arena = new Arena(registry, await RedisServer.StartAsync());
        try
        {
            await arena.StartAsync();
            return arena;
        }
        catch
        {
            await arena.DisposeAsync();
            throw;
        }
    }

    private async Task StartAsync()
    {
        Ours = await Contender.StartAsync(
            "ours", "health/ready", "dotnet", Path.Combine(SharedData.RepositoryRoot, "src/MTRec.Serving/bin/Release/net10.0/MTRec.Serving.dll"),
            "--urls", "http://127.0.0.1:{port}", "--Registry:Path", _registry, "--EventLog:Folder", Events,
            "--Sessions:Store", "Redis", "--Redis:Configuration", Redis.Address);
        Node = await Contender.StartAsync(
            "node", "", "node", Path.Combine(SharedData.RepositoryRoot, "tests/NodeReference/server.js"),
            "--port", "{port}", "--bundle", _bundleFolder, "--redis", Redis.Address, "--events", Directory.CreateDirectory(NodeEvents).FullName);

        // This project's own settings are for short programs; the floor runs with the service's.
        Floor = await Contender.StartAsync(
            "floor", "1/1", "env", "DOTNET_TieredCompilation=1", "DOTNET_TieredPGO=0", "DOTNET_TC_QuickJitForLoops=0", "DOTNET_gcServer=1", "dotnet", typeof(Arena).Assembly.Location, "floor",
            "--urls", "http://127.0.0.1:{port}", "--bundle", _bundleFolder, "--redis", Redis.Address);
        foreach (var user in Enumerable.Range(0, RankRequest.Users))
            await GiveHistoryAsync(user);
    }

    /// <summary>The requests of one form and size. When they are first asked for, the service's answers are compared with the reference's.</summary>
    /// <exception cref="InvalidOperationException">The answers differ: then there is nothing to compare.</exception>
    public async Task<Bodies> BodiesAsync(Form form, int candidates)
    {
        if (_bodies.TryGetValue((form, candidates), out var known))
            return known.Bodies;
        var requests = RankRequest.Draw(_bundle, candidates);
        var bodies = new Bodies(_folder.Path, form, candidates, requests);
        var answerBytes = 0;
        for (var i = 0; i < requests.Count; i++)
        {
            var (answer, bytes) = await RankAsync(Ours, bodies, i);
            answerBytes = Math.Max(answerBytes, bytes);
            var (reference, _) = form.InNode ? await RankAsync(Node, bodies, i) : await RankAsync(Node, await BodiesAsync(Form.All[0], candidates), i);
            if (!answer.Items.SequenceEqual(reference.Items))
                throw new InvalidOperationException($"The answers to {form.Name} of {candidates} candidates differ:\n{answer}\n{reference}");
        }

        _bodies.Add((form, candidates), (bodies, answerBytes));
        return bodies;
    }

    /// <summary>The address that takes some requests at a contender.</summary>
    public Uri Target(Contender contender, Bodies bodies) => new(
        contender.Address, contender == Floor ? $"/{bodies.Candidates}/{_bodies[(bodies.Form, bodies.Candidates)].AnswerBytes}" : "/v1/rank");

    /// <summary>Deletes what the event logs have written, but for the service's file that is open.</summary>
    public void ClearEvents()
    {
        foreach (var file in Directory.EnumerateFiles(NodeEvents))
            new FileStream(file, FileMode.Truncate).Dispose();
        foreach (var file in Directory.EnumerateFiles(Events).Order(StringComparer.Ordinal).SkipLast(1))
            File.Delete(file);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Ours?.Dispose();
        Node?.Dispose();
        Floor?.Dispose();
        await Redis.DisposeAsync();
        _bundle.Dispose();
        _folder.Dispose();
    }

    private async Task GiveHistoryAsync(int user)
    {
        var random = new Random(user);
        var events = Enumerable.Range(0, 50).Select(i => new
        {
            eventId = $"{user}-{i}",
            userId = RankRequest.User(user),
            itemId = _bundle.Items.Ids[random.Next(_bundle.Items.Ids.Count)],
            timestamp = new DateTimeOffset(2026, 1, 31, 19, i, 0, TimeSpan.Zero),
            actions = new { click = random.Next(2), longView = random.Next(2), like = random.Next(10) == 0 ? 1 : 0 },
            watchSeconds = random.Next(60),
        }).ToArray();
        // Feedback that Redis is too late for on a busy machine may be sent again: it counts once.
        for (var attempt = 1; ; attempt++)
        {
            using var answer = await Ours.Http.PostAsJsonAsync("v1/feedback", new { events });
            if (answer.StatusCode != System.Net.HttpStatusCode.ServiceUnavailable || attempt == 50)
            {
                answer.EnsureSuccessStatusCode();
                return;
            }

            await Task.Delay(200);
        }
    }

    private static async Task<(Answer Answer, int Bytes)> RankAsync(Contender contender, Bodies bodies, int index, int patience = 100)
    {
        using var content = new ByteArrayContent(bodies.All[index]);
        content.Headers.ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue(bodies.MediaType);
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/rank") { Content = content };
        request.Headers.Accept.ParseAdd(bodies.MediaType);
        using var response = await contender.Http.SendAsync(request);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{contender.Name}: {(int)response.StatusCode} {System.Text.Encoding.UTF8.GetString(bytes)}");
        var answer = bodies.Form.Read(bytes);
        // A service that was just started may be late for its session.
        return answer.Degraded && patience > 0 ? await RankAsync(contender, bodies, index, patience - 1) : (answer, bytes.Length);
    }
}

/// <summary>What must be the same in every answer to a request: the order, and each item's scores.</summary>
/// <param name="Degraded">Whether it was made without a part: then it is not compared.</param>
/// <param name="Items">Best first.</param>
internal sealed record Answer(bool Degraded, IReadOnlyList<AnsweredItem> Items)
{
    /// <summary>Reads an answer in JSON.</summary>
    public static Answer FromJson(byte[] answer)
    {
        using var json = JsonDocument.Parse(answer);
        return new Answer(json.RootElement.GetProperty("degraded").GetArrayLength() > 0, [.. json.RootElement.GetProperty("items").EnumerateArray().Select(item => new AnsweredItem(
            item.GetProperty("itemId").GetString()!, item.GetProperty("score").GetDouble(), item.GetProperty("fusionScore").GetSingle(),
            item.GetProperty("mentalReward").GetProperty("mean").GetSingle(), item.GetProperty("mentalReward").GetProperty("p10").GetSingle(),
            item.GetProperty("mentalReward").GetProperty("p50").GetSingle(), item.GetProperty("mentalReward").GetProperty("p90").GetSingle()))]);
    }

    /// <summary>Reads the RankResponse of mtrec.proto.</summary>
    public static Answer FromMessage(byte[] answer)
    {
        var message = V1.RankResponse.Parser.ParseFrom(answer);
        var mental = message.MentalRewards;
        return new Answer(message.Degraded.Count > 0, [.. message.ItemIds.Select((id, i) => new AnsweredItem(
            id, message.Scores[i], message.FusionScores[i], mental.Mean[i], mental.P10[i], mental.P50[i], mental.P90[i]))]);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join('\n', Items);
}

/// <summary>An item of an answer.</summary>
internal sealed record AnsweredItem(string ItemId, double Score, float FusionScore, float Mean, float P10, float P50, float P90);
