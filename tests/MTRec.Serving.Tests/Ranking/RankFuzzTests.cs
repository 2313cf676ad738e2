using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using MTRec.Inference;
using MTRec.Serving.Http;
using MTRec.Serving.Ranking;
using MTRec.Serving.Ranking.Requests;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Ranking;

/// <summary>A valid body that is damaged at random is answered or refused, and never makes the service fail.</summary>
public sealed class RankFuzzTests
{
    private static readonly string[] Fragments =
        ["{", "}", "[", "]", ",", ":", "\"", "null", "true", "-1", "1e309", "0.5", "\"x\"", "\\u0000", "\\ud800", "NaN", "\"tasks\"", "\"scores\"", "\"itemId\"", "/*", "é", "\t"];

    [Fact]
    public void The_reader_survives_any_damage()
    {
        using var folder = new TemporaryFolder();
        using var bundle = Bundle.Load(TestBundles.Publish(folder.Path));
        var names = new RankVocabulary(bundle.Manifest, bundle.Assembler.Schema);
        using var call = new RankCall(bundle.Shape);
        var answered = 0;

        bool Survives(int seed)
        {
            var errors = new RequestErrors();
            call.Reset();
            var random = new Random(seed);
            var body = Damaged(RankRequest(random), random);
            if (JsonText.FaultOf(body) is not null)
                return true;
            RankRequestReader.Read(body, new RankReading(call, names, bundle.Items, new RankOptions { MaxCandidates = 50 }, errors), bundle.HasTaskScores);
            if (errors.Any)
                return errors.ByPath().Count is > 0 and <= RequestErrors.Limit;
            answered++;
            return call.Inputs.Count == call.Count && Finite(call.Inputs.Scores) && Finite(call.Inputs.Candidates);
        }

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(20_000), Prop.ForAll(ArbMap.Default.ArbFor<int>(), Survives));

        // Light damage is often harmless: if none were, the mutations would test the JSON parser only.
        Assert.InRange(answered, 100, 19_000);
    }

    [Fact]
    public async Task The_service_never_fails()
    {
        await using var app = await RankApp.StartAsync();
        var feedback = new JsonObject { ["events"] = new JsonArray(Requests.Event("e-1", actions: ["click"]), Requests.Event("e-2")) };
        var items = JsonNode.Parse("""{"items":[{"itemId":"a","features":{"duration":0.5,"category":2}},{"itemId":"b","features":{"duration":7}}]}""")!.AsObject();
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var (method, path, body) = random.Next(3) switch
            {
                0 => (HttpMethod.Post, "/v1/feedback", Damaged(feedback, random)),
                1 => (HttpMethod.Put, "/v1/items", Damaged(items, random)),
                _ => (HttpMethod.Post, "/v1/rank", Damaged(RankRequest(random), random)),
            };
            using var answer = await app.SendAsync(method, path, body, "application/json");
            Assert.True((int)answer.StatusCode < 500, $"Seed {seed}: {(int)answer.StatusCode}");
        }
    }

    private static bool Finite(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
        {
            if (!float.IsFinite(value))
                return false;
        }

        return true;
    }

    private static JsonObject RankRequest(Random random)
    {
        var request = Requests.Rows(4).Changed(r => r["tasks"] = new JsonArray("click", "like", "longView"));
        return random.Next(2) == 0 ? request : request.ToColumns();
    }

    private static byte[] Damaged(JsonObject request, Random random)
    {
        var text = request.ToJsonString();
        var damages = random.Next(1, 4);
        for (var i = 0; i < damages; i++)
            text = Damage(text, random);
        var bytes = Encoding.UTF8.GetBytes(text);
        if (random.Next(4) == 0)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return bytes;
    }

    private static string Damage(string text, Random random)
    {
        var at = random.Next(text.Length);
        var length = Math.Min(random.Next(1, 12), text.Length - at);
        return random.Next(5) switch
        {
            0 => text.Remove(at, length),
            1 => text.Insert(at, Fragments[random.Next(Fragments.Length)]),
            2 => text.Remove(at, length).Insert(at, Fragments[random.Next(Fragments.Length)]),
            3 => text.Insert(random.Next(text.Length), text.Substring(at, length)),
            _ => ReplaceValue(text, random),
        };
    }

    // Puts another value in the place of a number, so that the JSON stays whole.
    private static string ReplaceValue(string text, Random random)
    {
        var at = text.IndexOf("0.", random.Next(text.Length), StringComparison.Ordinal);
        if (at < 0)
            return text;
        var end = at;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.'))
            end++;
        string[] values = ["0.5", "1", "0", "null", "\"NaN\"", "1e309", "-0.1", "[]", "{\"a\":1,\"a\":2}", "0.7"];
        return string.Concat(text.AsSpan(0, at), values[random.Next(values.Length)], text.AsSpan(end));
    }
}
