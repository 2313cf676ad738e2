using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using MTRec.Inference;
using MTRec.Serving.Http;
using MTRec.Serving.Ranking;
using MTRec.Serving.Ranking.Requests;
using MTRec.Serving.Tests.Nonsense;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Ranking;

/// <summary>A valid body that is damaged at random is answered or refused, and never makes the service fail.</summary>
public sealed class RankFuzzTests
{
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
            var body = DamagedJson.Of(DamagedJson.RankRequest(random), random);
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
                0 => (HttpMethod.Post, "/v1/feedback", DamagedJson.Of(feedback, random)),
                1 => (HttpMethod.Put, "/v1/items", DamagedJson.Of(items, random)),
                _ => (HttpMethod.Post, "/v1/rank", DamagedJson.Of(DamagedJson.RankRequest(random), random)),
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
}
