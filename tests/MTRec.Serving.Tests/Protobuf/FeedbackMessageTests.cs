using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using MTRec.Core.Events;
using MTRec.Serving.Tests.Ranking;

namespace MTRec.Serving.Tests.Protobuf;

public sealed class FeedbackMessageTests : IAsyncLifetime
{
    private RankApp _app = null!;

    public async Task InitializeAsync() => _app = await RankApp.StartAsync();

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Both_forms_of_an_event_leave_the_same_session_and_log()
    {
        var json = Requests.Event("e-1", "u-json", "v-é", 12.5, "click", "longView").Changed(e => e["requestId"] = "r-1");
        var message = Requests.Event("e-2", "u-message", "v-é", 12.5, "click", "longView").Changed(e => e["requestId"] = "r-1").ToEventMessage();

        await _app.FeedbackAsync(json);
        var answer = await _app.FeedbackAsync(message);

        Assert.Equal((1u, 0u, 0), (answer.Accepted, answer.Duplicates, answer.Rejected.Count));
        var (first, second) = (await _app.SessionAsync("u-json"), await _app.SessionAsync("u-message"));
        Assert.Equal(JsonSerializer.Serialize(first!.Events), JsonSerializer.Serialize(second!.Events));
        var logged = (await _app.StopAndReadEventsAsync()).Cast<FeedbackEvent>().ToArray();
        Assert.Equal(["u-json", "u-message"], logged.Select(e => e.UserId));
        Assert.Equal(
            JsonSerializer.Serialize(logged[0] with { UserId = "", EventId = "", Received = default }),
            JsonSerializer.Serialize(logged[1] with { UserId = "", EventId = "", Received = default }));
    }

    [Fact]
    public async Task An_event_counts_once_over_both_forms()
    {
        var message = await _app.FeedbackAsync(Requests.Event("e-1").ToEventMessage(), Requests.Event("e-1").ToEventMessage(), Requests.Event("e-2").ToEventMessage());
        var json = await _app.FeedbackAsync(Requests.Event("e-2"), Requests.Event("e-3"));
        var again = await _app.FeedbackAsync(Requests.Event("e-3").ToEventMessage());

        Assert.Equal((2u, 1u), (message.Accepted, message.Duplicates));
        Assert.Equal((1, 1), (json.Accepted, json.Duplicates));
        Assert.Equal((0u, 1u), (again.Accepted, again.Duplicates));
        Assert.Equal(3, (await _app.SessionAsync("u-1"))!.TotalEvents);
    }

    [Fact]
    public async Task A_bad_event_is_rejected_whole_and_spoils_no_other()
    {
        (string Field, Action<V1.FeedbackEvent> Change)[] faults =
        [
            ("eventId", e => e.EventId = ""),
            ("eventId", e => e.EventId = new string('e', 257)),
            ("userId", e => e.UserId = ""),
            ("itemId", e => e.ItemId = ""),
            ("requestId", e => e.RequestId = new string('r', 257)),
            ("timestamp", e => e.TimestampMs = 0),
            ("timestamp", e => e.TimestampMs = long.MinValue),
            ("watchSeconds", e => e.WatchSeconds = -0.1f),
            ("watchSeconds", e => e.WatchSeconds = 86_401),
            ("watchSeconds", e => e.WatchSeconds = float.NaN),
            ("watchSeconds", e => e.WatchSeconds = float.PositiveInfinity),
            ("actions.smile", e => e.Actions.Add("smile")),
            ("userId", _ => { }),
        ];
        var bad = faults.Select(fault =>
        {
            var e = Requests.Event("bad", "u-bad", actions: ["like"]).ToEventMessage();
            fault.Change(e);
            return e.ToByteArray();
        }).ToArray();
        // A field of the wrong type does not survive Google's own classes, so that it stands behind their bytes.
        bad[^1] = [.. bad[^1], 0x10, 0x05];

        using var answer = await _app.SendAsync(
            HttpMethod.Post, "/v1/feedback", Call([Requests.Event("e-1").ToEventMessage().ToByteArray(), .. bad, Requests.Event("e-2").ToEventMessage().ToByteArray()]), Messages.MediaType);

        var taken = V1.FeedbackResponse.Parser.ParseFrom(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(202, (int)answer.StatusCode);
        Assert.Equal(2u, taken.Accepted);
        Assert.Equal(faults.Select((fault, i) => ((uint)i + 1, fault.Field)), taken.Rejected.Select(rejection => (rejection.Index, rejection.Field)));
        Assert.All(taken.Rejected, rejection => Assert.NotEmpty(rejection.Reason));
        Assert.Null(await _app.SessionAsync("u-bad"));
        Assert.Equal(2, (await _app.SessionAsync("u-1"))!.TotalEvents);
    }

    [Fact]
    public async Task A_body_that_is_no_feedback_applies_nothing()
    {
        var good = Call([Requests.Event("e").ToEventMessage().ToByteArray()]);
        byte[][] bodies =
        [
            [],
            "{\"events\":[]}"u8.ToArray(),
            good[..^1],
            [.. good, 0x0A, 0x05, 0x0A, 0x01],
            [.. good, 0x0A, 0x04, 0x0A, 0x02, 0xC3, 0x28],
            [.. good, 0x08, 0x01],
            [.. good, 0x0F],
            Call([.. Enumerable.Range(0, 1001).Select(i => Requests.Event($"e-{i}").ToEventMessage().ToByteArray())]),
        ];

        foreach (var body in bodies)
        {
            using var answer = await _app.SendAsync(HttpMethod.Post, "/v1/feedback", body, Messages.MediaType);
            await RankRefusalTests.ProblemOf(answer, 400);
        }

        Assert.Null(await _app.SessionAsync("u-1"));
    }

    [Fact]
    public async Task Accept_decides_the_form_of_the_answer()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/feedback") { Content = new ByteArrayContent(Call([Requests.Event("e").ToEventMessage().ToByteArray()])) };
        request.Content.Headers.ContentType = new(Messages.MediaType);
        request.Headers.Accept.ParseAdd("application/json");

        using var answer = await _app.Client.SendAsync(request);

        Assert.Equal(1, (int)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["accepted"]!);
    }

    [Fact]
    public async Task Only_the_ids_are_needed_and_unknown_fields_are_passed_over()
    {
        var known = new V1.FeedbackEvent { EventId = "e", UserId = "u-1", ItemId = "v-1" }.ToByteArray();

        using var answer = await _app.SendAsync(HttpMethod.Post, "/v1/feedback", [.. Call([[.. known, 0xA0, 0x06, 0x01]]), 0xA0, 0x06, 0x01], Messages.MediaType);

        Assert.Equal(1u, V1.FeedbackResponse.Parser.ParseFrom(await answer.Content.ReadAsByteArrayAsync()).Accepted);
        Assert.Empty((await _app.SessionAsync("u-1"))!.Events.Single().Actions);
    }

    // A FeedbackRequest of events that may be no FeedbackEvent.
    private static byte[] Call(byte[][] events)
    {
        using var bytes = new MemoryStream();
        using (var wire = new CodedOutputStream(bytes, leaveOpen: true))
        {
            foreach (var e in events)
            {
                wire.WriteTag(V1.FeedbackRequest.EventsFieldNumber, WireFormat.WireType.LengthDelimited);
                wire.WriteBytes(ByteString.CopyFrom(e));
            }
        }

        return bytes.ToArray();
    }
}
