using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MTRec.Inference;
using MTRec.Serving.Http;
using MTRec.Serving.Ranking;
using MTRec.Serving.Ranking.Requests;
using MTRec.Serving.Tests.Nonsense;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Ranking;

/// <summary>The quick reader reads what the thorough one reads, or leaves the request to it.</summary>
public sealed class PlainRankReaderTests
{
    [Theory]
    [InlineData("""{"userId":"u","candidates":[{"itemId":"v-1","scores":[0.1,2e-1,3E-01]},{"itemId":"x","scores":[1,0,0.25]}]}""")]
    [InlineData("""{"userId":"u","tasks":["like","click"],"candidates":[{"scores":[0.1,0.2],"itemId":"v-1"}]}""")]
    [InlineData("""{"userId":"u","candidates":[{"itemId":"é","features":{"duration":3,"category":2},"scores":[0.1,0.2,0.3]}],"strict":true}""")]
    [InlineData("""{"requestId":"r","userId":"u","timestamp":"2026-01-31T20:15:00Z","columns":{"itemIds":["v-1","b"],"scores":{"like":[0.5,1]},"features":{"duration":[1,600]}}}""")]
    [InlineData(""" { "userId" : "u" , "context" : { "hour" : 3 , "other" : [ { "a" : 1 } ] } , "limit" : 7 , "explain" : true , "candidates" : [ { "itemId" : "a" } , {"itemId":"b"} ] } """)]
    [InlineData("{\n\t\"userId\": \"u\",\r\n\t\"columns\": {\n\t\t\"itemIds\": [ \"a\" ]\n\t}\n}")]
    public void What_programs_write_is_read_quickly(string text)
    {
        using var folder = new TemporaryFolder();
        using var bundle = Bundle.Load(TestBundles.Publish(folder.Path));
        using var call = new RankCall(bundle.Shape);
        var reading = Reading(call, bundle);

        Assert.True(PlainRankReader.TryRead(Encoding.UTF8.GetBytes(text), reading, bundle.HasTaskScores));
        Assert.Equal(Thorough(text, bundle), Seen(call));
    }

    [Fact]
    public void It_reads_what_the_thorough_reader_reads_or_gives_up()
    {
        using var folder = new TemporaryFolder();
        using var bundle = Bundle.Load(TestBundles.Publish(folder.Path));
        using var call = new RankCall(bundle.Shape);
        var read = 0;
        for (var seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            var request = WithTasksInFront(DamagedJson.RankRequest(random), random);
            var body = random.Next(2) == 0 ? DamagedJson.Of(request, random) : Scratched(request.ToJsonString(), random);
            if (JsonText.FaultOf(body) is not null)
                continue;
            call.Reset();
            if (!PlainRankReader.TryRead(body, Reading(call, bundle), bundle.HasTaskScores))
                continue;
            read++;
            var text = Encoding.UTF8.GetString(body);
            Assert.True(Thorough(text, bundle) == Seen(call), $"Seed {seed}: {text}");
        }

        Assert.InRange(read, 500, 19_000);
    }

    [Fact]
    public void A_number_is_the_double_that_the_framework_reads()
    {
        var random = new Random(9);
        for (var i = 0; i < 200_000; i++)
        {
            var value = BitConverter.Int64BitsToDouble(random.NextInt64());
            var text = (i % 5) switch
            {
                0 => random.NextSingle().ToString("R", CultureInfo.InvariantCulture),
                1 => (random.NextDouble() * Math.Pow(10, random.Next(-30, 30))).ToString("R", CultureInfo.InvariantCulture),
                2 => "0." + string.Concat(Enumerable.Range(0, 1 + random.Next(19)).Select(_ => (char)('0' + random.Next(10)))) + (random.Next(4) == 0 ? "e-3" : ""),
                3 => Math.Round(random.NextDouble() * 1000, random.Next(9)).ToString("F8", CultureInfo.InvariantCulture),
                _ => double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "0",
            };

            // At the text's end numbers are read otherwise than where more follows.
            foreach (var more in new[] { ",", "]}", ",0.123456789012345678901234567890" })
            {
                Assert.True(DecimalNumber.TryRead(Encoding.UTF8.GetBytes(text + more), out var number, out var length), text);
                Assert.Equal(text.Length, length);
                Assert.Equal(BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)), BitConverter.DoubleToInt64Bits(number));
            }
        }
    }

    [Theory]
    [InlineData("01")]
    [InlineData("+1")]
    [InlineData(".5")]
    [InlineData("1.")]
    [InlineData("1.e5")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("-")]
    [InlineData("-.5")]
    [InlineData("NaN")]
    [InlineData("")]
    [InlineData("0.")]
    [InlineData("0.e1")]
    public void What_JSON_does_not_take_for_a_number_is_none(string text)
    {
        Assert.False(DecimalNumber.TryRead(Encoding.UTF8.GetBytes(text + ","), out _, out _));
        Assert.False(DecimalNumber.TryRead(Encoding.UTF8.GetBytes(text + ",0.123456789012345678901234567890"), out _, out _));
    }

    // Or without them, or where they stood.
    private static JsonObject WithTasksInFront(JsonObject request, Random random)
    {
        var tasks = request["tasks"];
        if (random.Next(5) > 0)
            request.Remove("tasks");
        if (random.Next(3) > 0 && !request.ContainsKey("tasks"))
            request.Insert(0, "tasks", tasks);
        return request;
    }

    // One character exchanged, doubled or left out.
    private static byte[] Scratched(string text, Random random)
    {
        var at = random.Next(text.Length);
        var other = "{}[]\",:.0159eE-+ tn"[random.Next(19)];
        return Encoding.UTF8.GetBytes(random.Next(4) switch
        {
            0 => text[..at] + other + text[(at + 1)..],
            1 => text[..at] + text[at] + text[at..],
            2 => text.Remove(at, 1),
            _ => text,
        });
    }

    private static RankReading Reading(RankCall call, Bundle bundle, RequestErrors? errors = null) => new(
        call, new RankVocabulary(bundle.Manifest, bundle.Assembler.Schema), bundle.Items, new RankOptions { MaxCandidates = 50 }, errors ?? new RequestErrors());

    private static string Thorough(string text, Bundle bundle)
    {
        using var call = new RankCall(bundle.Shape);
        var errors = new RequestErrors();
        RankRequestReader.Read(Encoding.UTF8.GetBytes(text), Reading(call, bundle, errors), bundle.HasTaskScores);
        return errors.Any ? "refused" : Seen(call);
    }

    private static string Seen(RankCall call) => string.Join(
        '|',
        call.RequestId,
        call.UserId,
        call.Timestamp,
        call.Limit,
        call.Explain,
        call.HasScores,
        string.Join(',', Enumerable.Range(0, call.Count).Select(i => Encoding.UTF8.GetString(call.ItemIds[i]))),
        string.Join(',', call.Described),
        string.Join(',', call.DefaultedTasks),
        string.Join(',', call.Inputs.Context.ToArray()),
        string.Join(',', call.Inputs.User.ToArray()),
        string.Join(',', call.Inputs.Candidates.ToArray()),
        string.Join(',', call.Inputs.Scores.ToArray()));
}
