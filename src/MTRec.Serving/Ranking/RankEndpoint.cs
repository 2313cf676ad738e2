using MTRec.Serving.Bundles;
using MTRec.Serving.Bundles.Shadow;
using MTRec.Serving.Experiments;
using MTRec.Serving.Http;
using MTRec.Serving.Items;
using MTRec.Serving.Ranking.Requests;

namespace MTRec.Serving.Ranking;

/// <summary><c>POST /v1/rank</c>.</summary>
internal sealed class RankEndpoint(
    BundleHost bundles, LiveExperiments experiments, Ranker ranker, ItemStore items, ExposureLog exposures, RankMeters meters, RankGate gate,
    ShadowScorer shadow, RankOptions options)
{
    private const string VariantPart = "variant";

    /// <summary>Answers one rank call.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadAsync(context.Request, options.MaxBodyBytes);
        // Only now: whoever sends slowly keeps nobody else out.
        if (!gate.TryEnter())
        {
            await RankGate.Full.WriteAsync(context.Response);
            return;
        }

        try
        {
            await HandleAsync(context, body);
        }
        finally
        {
            gate.Leave();
        }
    }

    private async Task HandleAsync(HttpContext context, RequestBody body)
    {
        var current = experiments.Current;
        var forced = ForcedVariants.Read(context.Request, current);
        var answerType = MessageType.OfAnswer(context.Request, body.Type);
        // The user decides the bundle, and the bundle how the rest is read: only where variants differ by it is the user looked for first.
        var early = current.Bundles.Count > 0 && FindUser(body) is { } user ? current.Plan(user, forced) : null;
        using var hold = early?.Bundle is { } version ? bundles.Hold(version) : bundles.Hold();
        var served = hold.Served;
        var call = served.RentCall();
        try
        {
            call.Clock.Start();
            // The store looks for the session while the candidates are read.
            var near = FindUserNear(body);
            var session = near is null ? null : ranker.FindSessionAsync(near, context.RequestAborted);
            var errors = Read(body, call, served);
            if (errors.Any)
            {
                await errors.ToProblem().WriteAsync(context.Response);
                return;
            }

            call.Plan = early ?? current.Plan(call.UserId, forced);
            if (hold.FellBack)
                call.Degraded.Add(VariantPart);
            call.RequestId ??= Guid.CreateVersion7().ToString();
            call.Clock.End(Stage.Parse);
            if (session is null || call.UserId != near)
                session = ranker.FindSessionAsync(call.UserId, context.RequestAborted);
            await ranker.RankAsync(call, served, session, context.RequestAborted);
            await exposures.AddAsync(call, served);
            await AnswerAsync(context, answerType, call, served);
            shadow.Offer(body, call, served);
        }
        finally
        {
            served.ReturnCall(call);
        }
    }

    private static string? FindUser(RequestBody body) =>
        body.Type.IsProtobuf ? RankMessageReader.FindUser(body.Bytes.Span) : UserIdScan.Find(body.Bytes.Span);

    private static string? FindUserNear(RequestBody body) =>
        body.Type.IsProtobuf ? RankMessageReader.FindUser(body.Bytes.Span) : UserIdScan.FindNear(body.Bytes.Span);

    private RequestErrors Read(RequestBody body, RankCall call, ServedBundle served)
    {
        var errors = new RequestErrors();
        var known = items.Over(served.Bundle.Items, served.Bundle.Assembler);
        var reading = new RankReading(call, served.Names, known, options, errors);
        if (body.Type.IsProtobuf)
            RankMessageReader.Read(body.Bytes.Span, reading, served.Bundle.HasTaskScores);
        else
            RankText.Read(body.Bytes.Span, reading, served.Bundle.HasTaskScores);
        return errors;
    }

    private async Task AnswerAsync(HttpContext context, MessageType type, RankCall call, ServedBundle served)
    {
        using var answer = new PooledBuffer(256 * (1 + call.AnsweredCount));
        if (type.IsProtobuf)
            RankMessageWriter.Write(answer, call, served);
        else
            RankAnswerWriter.Write(answer, call, served);
        call.Clock.Stop();
        meters.Answered(call);
        context.Response.Headers["Server-Timing"] = call.Clock.ToHeader();
        await type.WriteAsync(context.Response, StatusCodes.Status200OK, answer);
    }
}
