using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using MTRec.Inference;
using MTRec.Serving.Http;
using MTRec.Serving.Ranking;
using MTRec.Serving.Ranking.Requests;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Protobuf;

/// <summary>What the service reads in a message is what Google's parser reads in it, however the message is written.</summary>
public sealed class RankWireTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Bundle _bundle;
    private readonly RankVocabulary _names;
    private readonly RankCall _call;

    public RankWireTests()
    {
        _bundle = Bundle.Load(TestBundles.Publish(_folder.Path));
        _names = new RankVocabulary(_bundle.Manifest, _bundle.Assembler.Schema);
        _call = new RankCall(_bundle.Shape);
    }

    public void Dispose()
    {
        _call.Dispose();
        _bundle.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_order_of_fields_does_not_matter()
    {
        var request = RankFormsTests.RandomRequest(new Random(3)).ToMessage();
        var expected = Read(request.ToByteArray());
        var columns = request.Columns;

        Assert.Equal(expected, Read(
        [
            .. Part(r => r.Columns = new V1.Columns { Features = { columns.Features } }),
            .. Part(r => r.Columns = new V1.Columns { Scores = { columns.Scores } }),
            .. Part(r => r.Columns = new V1.Columns { ItemIds = { columns.ItemIds } }),
            .. Part(r => r.Tasks.Add(request.Tasks)),
            .. Part(r => r.UserFeatures.Add(request.UserFeatures)),
            .. Part(r => r.Context.Add(request.Context)),
            .. request.Changed(r => { r.Columns = null; r.Tasks.Clear(); r.Context.Clear(); r.UserFeatures.Clear(); }).ToByteArray(),
        ]));
    }

    [Fact]
    public void Of_fields_that_stand_twice_the_last_holds_and_repeated_ones_are_joined()
    {
        var request = Requests.Rows(4).ToMessage();
        var columns = request.Columns;
        var halves = new[] { 0, 2 }.Select(from => Part(r => r.Columns = new V1.Columns { ItemIds = { columns.ItemIds.Skip(from).Take(2) } }));

        Assert.Equal(Read(request.ToByteArray()), Read(
        [
            .. Part(r => { r.UserId = "another"; r.RequestId = "r"; r.TimestampMs = request.TimestampMs + 1; r.Limit = 1; r.Explain = true; }),
            .. Part(r => r.Limit = int.MaxValue),
            .. halves.SelectMany(half => half),
            .. request.Changed(r => r.Columns.ItemIds.Clear()).ToByteArray(),
            // Empty text and false stand on the wire here, as no writer of proto3 puts them.
            0x0A, 0x00,
            0x48, 0x00,
        ], unlimited: true));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Floats_may_be_packed_apart_or_in_pieces(int piece)
    {
        var request = Requests.Rows(4).ToMessage();
        var columns = request.Columns.Changed(c => c.Scores.Clear()).ToByteArray().ToList();
        foreach (var score in request.Columns.Scores)
        {
            List<byte> column = [0x0A, (byte)score.Task.Length, .. System.Text.Encoding.ASCII.GetBytes(score.Task)];
            foreach (var part in score.Values.Chunk(piece))
            {
                column.AddRange(part.Length == 1 ? [0x15] : [0x12, (byte)(part.Length * sizeof(float))]);
                column.AddRange(part.SelectMany(BitConverter.GetBytes));
            }

            columns.AddRange([0x12, (byte)column.Count, .. column]);
        }

        byte[] message = [.. request.Changed(r => r.Columns = null).ToByteArray(), .. Field(V1.RankRequest.ColumnsFieldNumber, [.. columns])];

        Assert.Equal(request, V1.RankRequest.Parser.ParseFrom(message));
        Assert.Equal(Read(request.ToByteArray()), Read(message));
    }

    [Fact]
    public void Fields_that_are_not_known_are_passed_over()
    {
        var request = Requests.Rows(4).ToMessage();
        byte[] unknown =
        [
            0xA0, 0x06, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01,
            0xA1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8,
            0xA2, 0x06, 0x02, 0xFF, 0xFE,
            0xA3, 0x06, 0x0B, 0x10, 0x01, 0x0C, 0xA4, 0x06,
            0xA5, 0x06, 1, 2, 3, 4,
        ];
        var columns = request.Columns.Changed(c => c.Scores.Clear()).ToByteArray().Concat(unknown);
        foreach (var score in request.Columns.Scores)
            columns = columns.Concat(Field(V1.Columns.ScoresFieldNumber, [.. unknown, .. score.ToByteArray(), .. unknown]));

        Assert.Equal(
            Read(request.ToByteArray()),
            Read([.. unknown, .. request.Changed(r => r.Columns = null).ToByteArray(), .. Field(V1.RankRequest.ColumnsFieldNumber, [.. columns]), .. unknown]));
    }

    [Fact]
    public void A_million_names_and_fields_that_are_not_known_cost_no_memory()
    {
        byte[] nonsense = [0x22, 0x03, 0x0A, 0x01, (byte)'x', 0xA0, 0x06, 0x01, 0x3A, 0x04, 0x1A, 0x02, 0x0A, 0x00];
        var body = new List<byte>(Requests.Rows().ToMessage().ToByteArray());
        for (var i = 0; i < 1_000_000; i++)
            body.AddRange(nonsense);
        var message = body.ToArray();
        Assert.False(ReadInto(_call, message).Any);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var errors = ReadInto(_call, message);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        Assert.False(errors.Any);
    }

    [Fact]
    public void Names_go_over_numbers_and_each_may_say_nothing()
    {
        var request = new V1.RankRequest { UserId = "u", Columns = new V1.Columns { ItemIds = { "a", "b", "c", "d" } } };
        request.Columns.Features.Add(new V1.FeatureColumn { Name = "colour", Numbers = { 3, 3, float.NaN, float.NaN }, Categories = { "blue", "", "green", "" } });
        using var folder = new TemporaryFolder();
        var manifest = TestBundles.Manifest() with
        {
            Features = [.. TestBundles.Manifest().Features.Select(feature => feature.Name == "category" ? feature with { Name = "colour", Values = new Dictionary<string, int> { ["blue"] = 1, ["green"] = 2 } } : feature)],
        };
        using var bundle = Bundle.Load(MTRec.Export.BundleWriter.Write(folder.Path, manifest, TestBundles.Parts(manifest)));
        using var call = new RankCall(bundle.Shape);
        var errors = new RequestErrors();

        RankMessageReader.Read(
            request.ToByteArray(), new RankReading(call, new RankVocabulary(bundle.Manifest, bundle.Assembler.Schema), bundle.Items, new RankOptions(), errors), bundle.HasTaskScores);

        Assert.False(errors.Any);
        Assert.Equal([1, 3, 2, 0], Enumerable.Range(0, 4).Select(i => call.Inputs.Candidate(i)[2]));
        Assert.Equal([true, true, true, false], call.Described);
    }

    [Fact]
    public void Whatever_is_read_of_damaged_bytes_is_what_Google_reads()
    {
        var (read, refused) = (0, 0);

        bool Agrees(int seed)
        {
            var random = new Random(seed);
            var message = Damaged(RankFormsTests.RandomRequest(random).ToMessage().ToByteArray(), random);
            var errors = ReadInto(_call, message);
            if (errors.Any)
            {
                refused++;
                return errors.ByPath().Count is > 0 and <= RequestErrors.Limit;
            }

            read++;
            var google = V1.RankRequest.Parser.ParseFrom(message);
            Assert.Equal((google.RequestId, google.UserId), (_call.RequestId ?? "", _call.UserId));
            Assert.Equal((google.HasLimit ? google.Limit : null, google.Explain), (_call.Limit, _call.Explain));
            Assert.Equal(google.HasTimestampMs ? google.TimestampMs : null, _call.Timestamp?.ToUnixTimeMilliseconds());
            Assert.Equal(google.Columns.ItemIds, Enumerable.Range(0, _call.Count).Select(i => System.Text.Encoding.UTF8.GetString(_call.ItemIds[i])));
            foreach (var column in google.Columns.Scores)
            {
                var task = Array.IndexOf(Requests.Tasks, column.Task);
                Assert.Equal(column.Values, Enumerable.Range(0, _call.Count).Select(i => _call.Inputs.ScoresOf(i)[task]));
            }

            foreach (var column in google.Columns.Features.Where(column => column.Name == "duration"))
                Assert.All(column.Numbers.Select((number, i) => (number, i)), value => Assert.True(float.IsNaN(value.number) || value.number == _call.Inputs.Candidate(value.i)[1]));
            foreach (var feature in google.Context.Where(feature => feature is { Name: "hour", HasNumber: true }))
                Assert.Equal(feature.Number, _call.Inputs.Context[0]);
            return true;
        }

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(20_000), Prop.ForAll(ArbMap.Default.ArbFor<int>(), Agrees));
        Assert.InRange(read, 1000, 19_000);
        Assert.InRange(refused, 1000, 19_000);
    }

    [Fact]
    public async Task The_service_never_fails()
    {
        await using var app = await RankApp.StartAsync();
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var feedback = new V1.FeedbackRequest { Events = { Requests.Event("e-1", actions: ["click"]).ToEventMessage(), Requests.Event("e-2").ToEventMessage() } };
            var (path, body) = random.Next(3) == 0
                ? ("/v1/feedback", Damaged(feedback.ToByteArray(), random))
                : ("/v1/rank", Damaged(RankFormsTests.RandomRequest(random).ToMessage().ToByteArray(), random));
            using var answer = await app.SendAsync(HttpMethod.Post, path, body, Messages.MediaType);
            Assert.True((int)answer.StatusCode < 500, $"Seed {seed}: {(int)answer.StatusCode}");
        }
    }

    private static byte[] Damaged(byte[] message, Random random)
    {
        var bytes = message.ToList();
        for (var damages = random.Next(0, 4); damages > 0 && bytes.Count > 0; damages--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 9), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes.Insert(at, (byte)(0x80 | random.Next(128)));
                    break;
                default:
                    bytes.AddRange(bytes.GetRange(at, length));
                    break;
            }
        }

        return [.. bytes];
    }

    private static byte[] Part(Action<V1.RankRequest> change) => new V1.RankRequest().Changed(change).ToByteArray();

    private static byte[] Field(int number, byte[] content)
    {
        using var bytes = new MemoryStream();
        using (var wire = new CodedOutputStream(bytes, leaveOpen: true))
        {
            wire.WriteTag(number, WireFormat.WireType.LengthDelimited);
            wire.WriteBytes(ByteString.CopyFrom(content));
        }

        return bytes.ToArray();
    }

    private RequestErrors ReadInto(RankCall call, byte[] message)
    {
        call.Reset();
        var errors = new RequestErrors();
        RankMessageReader.Read(message, new RankReading(call, _names, _bundle.Items, new RankOptions { MaxCandidates = 50 }, errors), _bundle.HasTaskScores);
        return errors;
    }

    // Everything that was read, as text that shows a difference.
    private string Read(byte[] message, bool unlimited = false)
    {
        var errors = ReadInto(_call, message);
        Assert.False(errors.Any, string.Join(", ", errors.ByPath().Select(error => $"{error.Key}: {error.Value[0]}")));
        Assert.True(!unlimited || _call.Limit == int.MaxValue);
        return string.Join(
            '\n',
            _call.RequestId,
            _call.UserId,
            $"{_call.Timestamp:O}",
            _call.Explain,
            unlimited ? null : _call.Limit,
            string.Join(',', _call.ItemIds),
            string.Join(',', _call.Described),
            string.Join(',', _call.DefaultedTasks),
            string.Join(',', _call.Inputs.Context.ToArray()),
            string.Join(',', _call.Inputs.User.ToArray()),
            string.Join(',', _call.Inputs.Candidates.ToArray()),
            string.Join(',', _call.Inputs.Scores.ToArray()));
    }
}
