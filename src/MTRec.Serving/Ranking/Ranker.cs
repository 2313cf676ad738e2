using System.Collections.Concurrent;
using MTRec.Core.Blending;
using MTRec.Core.Sessions;
using MTRec.Inference;
using MTRec.Serving.Bundles;
using MTRec.Serving.Exploration;
using MTRec.Serving.Items;
using MTRec.Serving.Operations;
using MTRec.Serving.Sessions;

namespace MTRec.Serving.Ranking;

/// <summary>From a request in tensors to an ordered answer: session, task scores, policy, mental reward, blend, order.</summary>
internal sealed partial class Ranker(ISessionStore sessions, ItemStore items, LiveBlending blending, RankGate gate, TimeProvider time, ILogger<Ranker> logger)
{
    private const string SessionStorePart = "sessionStore";
    private const string TaskScoresPart = "taskScores";
    private const string PolicyPart = "policy";
    private const string MentalRewardPart = "mentalReward";
    private const string VariantPart = "variant";

    private readonly ConcurrentDictionary<string, OnceASecond> _lines = new();

    /// <summary>Asks for a user's session. A store that fails fails the task: whoever does not need the session any more may let go of it.</summary>
    public async Task<UserSession?> FindSessionAsync(string userId, CancellationToken cancellation) => await sessions.FindAsync(userId, cancellation);

    /// <summary>Answers <paramref name="call"/>, without those parts that fail.</summary>
    /// <param name="call">A request that was read without a fault; its clock runs.</param>
    /// <param name="served">The bundle that the call is bound to.</param>
    /// <param name="session">The user's session, on its way.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async ValueTask RankAsync(RankCall call, ServedBundle served, Task<UserSession?> session, CancellationToken cancellation)
    {
        // Who waits for the store keeps no processor busy.
        gate.Leave();
        try
        {
            call.Session = await session ?? UserSession.Empty;
        }
        catch (SessionStoreException)
        {
            // The store has said why, once for many calls.
            call.Degraded.Add(SessionStorePart);
        }
#pragma warning disable CA1031 // Whatever the store suffers from, ranking goes on without it.
        catch (Exception e) when (!cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            call.Degraded.Add(SessionStorePart);
            if (IsTimeToSay(SessionStorePart))
                LogPartFailed(e, SessionStorePart);
        }
        finally
        {
            gate.Return();
        }

        using var turn = await gate.TurnAsync(cancellation);
        Score(call, served.Bundle);
        foreach (var (part, exception) in call.Failures)
        {
            if (IsTimeToSay(part))
                LogPartFailed(exception, part);
        }
    }

    /// <summary>Scores and orders the candidates of <paramref name="call"/> by its session. Graphs that fail are noted in the call and not logged: not every call has a caller.</summary>
    public void Score(RankCall call, Bundle bundle)
    {
        bundle.Assembler.WriteHistory(
            call.Session.Events.AsSpan(),
            (call.Timestamp ?? time.GetUtcNow()).ToUnixTimeMilliseconds(),
            items.Over(bundle.Items, bundle.Assembler),
            call.Inputs.History);
        call.Clock.End(Stage.Session);

        call.BeginScoring();
        if (!call.HasScores)
        {
            ScoreTasks(call, bundle);
            call.Clock.End(Stage.Tasks);
        }

        Fuse(call, bundle);
        call.Clock.End(Stage.Policy);
        if (bundle.HasMentalReward)
        {
            EstimateMentalReward(call, bundle);
            call.Clock.End(Stage.Mental);
        }

        Blend(call, bundle);
        call.Clock.End(Stage.Blend);
    }

    // A part that fails may fail in every call.
    private bool IsTimeToSay(string part) => _lines.GetOrAdd(part, static (_, time) => new OnceASecond(time), time).IsTime();

    private static void ScoreTasks(RankCall call, Bundle bundle)
    {
        try
        {
            bundle.Scorer.ScoreTasks(call.Inputs);
        }
        catch (GraphFailedException e)
        {
            Fail(call, TaskScoresPart, e);
            for (var i = 0; i < call.Count; i++)
                bundle.Shape.DefaultScores.CopyTo(call.Inputs.ScoresOf(i));
        }
    }

    private void Fuse(RankCall call, Bundle bundle)
    {
        if (call.Plan.Fusion is { } fixedFusion)
        {
            if (fixedFusion.For(bundle.Manifest) is { } weights)
            {
                call.FixedWeights = weights;
                bundle.Scorer.FuseByWeights(call.Inputs, call.Outputs, weights);
                return;
            }

            if (IsTimeToSay(VariantPart))
                LogOtherTasks(bundle.Manifest.Name, bundle.Manifest.Version, string.Join(", ", fixedFusion.Weights.Keys));
            call.Degraded.Add(VariantPart);
        }

        try
        {
            bundle.Scorer.Fuse(call.Inputs, call.Outputs, call.Explain);
            if (call.Plan.Explores(call.UserId))
                call.Exploration = Explorer.Explore(call, bundle);
        }
        catch (GraphFailedException e)
        {
            Fail(call, PolicyPart, e);
            bundle.Scorer.FuseByFallback(call.Inputs, call.Outputs);
        }
    }

    private static void EstimateMentalReward(RankCall call, Bundle bundle)
    {
        try
        {
            bundle.Scorer.EstimateMentalReward(call.Inputs, call.Outputs);
        }
        catch (GraphFailedException e)
        {
            Fail(call, MentalRewardPart, e);
        }
    }

    private static void Fail(RankCall call, string part, GraphFailedException exception)
    {
        call.Degraded.Add(part);
        call.Failures.Add((part, exception));
    }

    private void Blend(RankCall call, Bundle bundle)
    {
        var parameters = call.Plan.Blend(blending.Current);
        call.BlendForm = parameters.Form;
        var manifest = bundle.Manifest;
        var blend = new Blend(
            parameters,
            call.FusedByPolicy ? manifest.Blending.FusionScore : call.FixedWeights is null ? manifest.Fallback.Standardiser : call.Plan.Fusion!.Standardiser(manifest),
            manifest.Blending.MentalReward ?? new Standardiser(0, 1));
        var scores = call.Scores.AsSpan(0, call.Count);
        var order = call.Order.AsSpan(0, call.AnsweredCount);
        if (parameters.Weight == 0 || call.Outputs.MentalMean.IsEmpty)
            BlendNothing(call, blend, scores, order);
        else
            BlendReward(call, blend, scores, order);
    }

    // Ordered by the fusion scores themselves: two that differ by little may have one and the same z.
    private static void BlendNothing(RankCall call, Blend blend, Span<double> scores, Span<int> order)
    {
        var fusion = call.Outputs.FusionScores;
        for (var i = 0; i < scores.Length; i++)
            scores[i] = fusion[i];
        RankOrder.Sort(scores, order);
        for (var i = 0; i < scores.Length; i++)
            scores[i] = blend.Score(fusion[i]);
    }

    private static void BlendReward(RankCall call, Blend blend, Span<double> scores, Span<int> order)
    {
        var fusion = call.Outputs.FusionScores;
        var mean = call.Outputs.MentalMean;
        for (var i = 0; i < scores.Length; i++)
            scores[i] = blend.Score(fusion[i], mean[i], call.Outputs.MentalQuantilesOf(i));
        RankOrder.Sort(scores, order);
    }

    [LoggerMessage(1002, LogLevel.Warning, "The bundle {Name}/{Version} lacks a task of a variant's weights ({Tasks}); its policy ranks")]
    private partial void LogOtherTasks(string name, string version, string tasks);

    [LoggerMessage(1001, LogLevel.Warning, "Ranked without {Part}; said once a second, mtrec.rank.degraded counts the answers")]
    private partial void LogPartFailed(Exception exception, string part);
}
