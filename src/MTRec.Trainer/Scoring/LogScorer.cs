using System.Collections.Immutable;
using MTRec.Core.Blending;
using MTRec.Core.Sessions;
using MTRec.Data.Logs;
using MTRec.Inference;

namespace MTRec.Trainer.Scoring;

/// <summary>
/// Scores a log's rows as the service would have when they were shown: each with the user's session of that moment, through the
/// same <see cref="Core.Features.FeatureAssembler"/>, <see cref="BundleScorer"/> and <see cref="Blend"/>.
/// </summary>
/// <param name="bundle">The bundle; it has a task scorer.</param>
/// <param name="blendParameters">How the mental reward enters the final score.</param>
/// <param name="features">Context and user features.</param>
/// <param name="histories">What users did before all logs, by id, oldest first.</param>
internal sealed class LogScorer(
    Bundle bundle, BlendParameters blendParameters, RowFeatures features, IReadOnlyDictionary<string, ImmutableArray<SessionEvent>> histories)
{
    /// <summary>What leaves no ids to trust, so that the row has no scores.</summary>
    public const RowFlaws Unscorable = RowFlaws.Unidentified | RowFlaws.WrongColumnCount | RowFlaws.BrokenQuotes;

    private readonly Blend _blend = new(
        blendParameters, bundle.Manifest.Blending.FusionScore, bundle.Manifest.Blending.MentalReward ?? new Standardiser(0, 1));

    private readonly GivenReward? _givenReward = bundle.Manifest.MentalReward is { } section ? new GivenReward(section) : null;

    /// <summary>Scores every row.</summary>
    /// <param name="rows">The log, in any order.</param>
    /// <param name="earlier">Rows of other logs that stand in the users' histories and are not scored themselves.</param>
    /// <param name="threads">Users scored at once; the scores do not depend on it.</param>
    /// <param name="progress">Receives the share done.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>One place a row, in the order of <paramref name="rows"/>; null where the row has no scores.</returns>
    /// <exception cref="GraphFailedException">A graph failed on a row.</exception>
    public RowScores?[] Score(
        IReadOnlyList<Impression> rows, IReadOnlyList<Impression> earlier, int threads, IProgress<double> progress, CancellationToken cancellation)
    {
        var scores = new RowScores?[rows.Count];
        var done = 0;
        Parallel.ForEach(
            Timelines(rows, earlier),
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
            () => new Workspace(bundle),
            (timeline, _, workspace) =>
            {
                Walk(timeline, scores, workspace);
                progress.Report((double)Interlocked.Add(ref done, timeline.Length) / (rows.Count + earlier.Count));
                return workspace;
            },
            workspace => workspace.Dispose());
        return scores;
    }

    /// <summary>Each user's rows in the order of time; rows of equal time stay in the order of the files, earlier logs first.</summary>
    private static IEnumerable<Step[]> Timelines(IReadOnlyList<Impression> rows, IReadOnlyList<Impression> earlier) =>
        earlier.Select(row => new Step(row, Step.NotScored)).Concat(rows.Select((row, place) => new Step(row, place)))
            .Where(step => (step.Row.Flaws & Unscorable) == 0)
            .GroupBy(step => step.Row.UserId, StringComparer.Ordinal)
            .Select(user => user.OrderBy(step => step.Row.TimestampMs).ToArray());

    private void Walk(Step[] timeline, RowScores?[] scores, Workspace workspace)
    {
        var session = SessionBefore(timeline[0].Row.UserId);
        var seen = new Dictionary<(string Item, long Time), Step>();
        var repetitions = new List<(Step Step, Step First)>();
        Step? previous = null;
        foreach (var step in timeline)
        {
            var row = step.Row;
            var repeats = seen.TryGetValue((row.ItemId, row.TimestampMs), out var first);
            if (repeats && step.IsScored && first.IsScored)
            {
                repetitions.Add((step, first));
                continue;
            }

            if (step.IsScored)
                scores[step.Place] = Score(row, session, workspace);

            // What is repeated happened once, what is impossible not at all.
            if (repeats || (row.Flaws & RowFlaws.Impossible) != 0)
                continue;
            seen.Add((row.ItemId, row.TimestampMs), step);
            if (step.IsScored)
            {
                if (previous is { } before)
                    scores[before.Place] = WithGivenReward(before.Row, scores[before.Place]!, scores[step.Place]!);
                previous = step;
            }

            (session, _) = session.Apply($"{seen.Count}", row.ToSessionEvent(), SessionLimits.Default);
        }

        // The same impression has the same scores; another response to it has a reward that nobody knows.
        foreach (var (step, first) in repetitions)
        {
            var same = _givenReward?.IsPositive(step.Row) == _givenReward?.IsPositive(first.Row);
            scores[step.Place] = same ? scores[first.Place] : scores[first.Place]! with { MentalRewardGiven = null };
        }
    }

    private UserSession SessionBefore(string userId)
    {
        var events = histories.GetValueOrDefault(userId, []);
        var forgotten = Math.Max(0, events.Length - SessionLimits.Default.Events);
        return UserSession.Empty with { Events = events[forgotten..], TotalEvents = events.Length };
    }

    private RowScores WithGivenReward(in Impression row, RowScores scores, RowScores next) =>
        _givenReward?.IsPositive(row) is { } positive && scores.SoftQ is { } q && next.SoftQ is { } nextQ
            ? scores with { MentalRewardGiven = _givenReward.Of(q, positive, nextQ) }
            : scores;

    private RowScores Score(in Impression row, UserSession session, Workspace workspace)
    {
        var (inputs, outputs) = (workspace.Inputs, workspace.Outputs);
        inputs.Reset(1);
        outputs.Reset(1);
        features.WriteContext(row, inputs.Context);
        features.WriteUser(row.UserId, inputs.User);
        bundle.Assembler.WriteItem(row.ItemId, bundle.Items, inputs.Candidate(0));
        bundle.Assembler.WriteHistory(session.Events.AsSpan(), row.TimestampMs, bundle.Items, inputs.History);

        bundle.Scorer.ScoreTasks(inputs);
        bundle.Scorer.Fuse(inputs, outputs, explain: false);
        var scores = new RowScores
        {
            Tasks = inputs.ScoresOf(0).ToArray(),
            FusionScore = outputs.FusionScores[0],
            Score = _blend.Score(outputs.FusionScores[0]),
        };
        if (!bundle.HasMentalReward)
            return scores;

        bundle.Scorer.EstimateMentalReward(inputs, outputs, softQ: true);
        return scores with
        {
            MentalReward = outputs.MentalMean[0],
            SoftQ = new SoftQ(outputs.SoftQ[0], outputs.SoftQ[1]),
            Score = _blend.Score(outputs.FusionScores[0], outputs.MentalMean[0], outputs.MentalQuantilesOf(0)),
        };
    }

    /// <summary>One row of a user's timeline.</summary>
    /// <param name="Row">The row.</param>
    /// <param name="Place">Its place in the log that is scored, or <see cref="NotScored"/>.</param>
    private readonly record struct Step(Impression Row, int Place)
    {
        public const int NotScored = -1;

        public bool IsScored => Place != NotScored;
    }

    /// <summary>One thread's tensors.</summary>
    private sealed class Workspace(Bundle bundle) : IDisposable
    {
        public RankingInputs Inputs { get; } = new(bundle.Shape, 1);

        public RankingOutputs Outputs { get; } = new(bundle.Shape, 1);

        public void Dispose()
        {
            Inputs.Dispose();
            Outputs.Dispose();
        }
    }
}
