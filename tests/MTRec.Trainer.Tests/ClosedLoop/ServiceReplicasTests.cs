using System.Net;
using Google.Protobuf;
using MTRec.Testing;
using MTRec.Trainer.ClosedLoop;
using MTRec.V1;
using Xunit;

namespace MTRec.Trainer.Tests.ClosedLoop;

public sealed class ServiceReplicasTests
{
    private static readonly FeedbackRequest Sent = new() { Events = { new FeedbackEvent { EventId = "e-1", UserId = "u", ItemId = "v" } } };

    [Fact]
    public async Task What_is_busy_or_gone_is_asked_again_with_the_same_bytes_on_the_next_replica()
    {
        using var busy = new Replica(503, 503, 200);
        using var replicas = Replicas(20, busy.Address, new Uri($"http://127.0.0.1:{FreePort.Find()}"));
        var answer = await replicas.PostAsync("v1/feedback", Sent, FeedbackResponse.Parser, turn: 0, CancellationToken.None);

        Assert.Equal(1u, answer.Accepted);
        Assert.Equal(4, replicas.Retries);
        Assert.Equal(3, busy.Bodies.Count);
        Assert.All(busy.Bodies, body => Assert.Equal(Sent.ToByteArray(), body));
    }

    [Fact]
    public async Task A_refusal_is_final_and_its_reason_is_kept_without_what_differs_from_call_to_call()
    {
        using var refusing = new Replica(422, 200);
        using var replicas = Replicas(20, refusing.Address);
        var refused = await Assert.ThrowsAsync<ServiceCallException>(() => replicas.PostAsync("v1/feedback", Sent, FeedbackResponse.Parser, 0, CancellationToken.None));

        Assert.Equal("v1/feedback: 422 It cannot be. {\"$.a\":[\"wrong\"]}", refused.Message);
        Assert.Single(refusing.Bodies);
    }

    [Fact]
    public async Task The_patience_ends()
    {
        using var busy = new Replica(503);
        using var replicas = Replicas(3, busy.Address);
        var refused = await Assert.ThrowsAsync<ServiceCallException>(() => replicas.PostAsync("v1/feedback", Sent, FeedbackResponse.Parser, 0, CancellationToken.None));

        Assert.StartsWith("v1/feedback: 503", refused.Message, StringComparison.Ordinal);
        Assert.InRange(busy.Bodies.Count, 2, 12);
    }

    private static ServiceReplicas Replicas(double patience, params Uri[] addresses) => new(
        new LoopOptions
        {
            Replicas = addresses,
            Days = 1,
            DaySeconds = 0,
            Concurrency = 1,
            Patience = patience,
            Experiment = null,
            BundlePredicts = false,
            Run = "r",
            Worker = null,
            JoinWindow = 0,
            Seed = 1,
        },
        key: null);

    /// <summary>Answers with one status after the other, and with the last one from then on.</summary>
    private sealed class Replica : IDisposable
    {
        private readonly HttpListener _listener = new();

        public Replica(params int[] statuses)
        {
            Address = new Uri($"http://127.0.0.1:{FreePort.Find()}/");
            _listener.Prefixes.Add(Address.AbsoluteUri);
            _listener.Start();
            _ = Task.Run(async () =>
            {
                while (_listener.IsListening)
                {
                    var call = await _listener.GetContextAsync();
                    using var body = new MemoryStream();
                    await call.Request.InputStream.CopyToAsync(body);
                    call.Response.StatusCode = statuses[Math.Min(Bodies.Count, statuses.Length - 1)];
                    Bodies.Add(body.ToArray());
                    call.Response.OutputStream.Write(call.Response.StatusCode == 200
                        ? new FeedbackResponse { Accepted = 1 }.ToByteArray()
                        : "{\"title\":\"It cannot be.\",\"errors\":{\"$.a\":[\"wrong\"]},\"traceId\":\"123\"}"u8);
                    call.Response.Close();
                }
            });
        }

        public Uri Address { get; }

        public List<byte[]> Bodies { get; } = [];

        public void Dispose() => _listener.Close();
    }
}
