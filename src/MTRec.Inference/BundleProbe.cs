using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Core.Fusion;
using MTRec.Core.Tasks;

namespace MTRec.Inference;

/// <summary>
/// Runs a bundle's graphs on made-up requests, ordinary and extreme, before any user's request: the answers must be finite, agree
/// with the manifest and the fusion formula, repeat, and not depend on a candidate's neighbours.
/// </summary>
internal sealed class BundleProbe
{
    private const float FormulaTolerance = 1e-4f;
    private const float IsolationTolerance = 1e-5f;

    // Alone the same sums are made in another order, and made-up values far from any user's make what that rounds off large.
    private const float AloneTolerance = 1e-2f;
    private const int Neighbours = 3;
    private const int Seed = 20260131;

    // A century, and a week of watching: nothing that a session holds is beyond.
    private const float LongestAge = 3e9f;
    private const float LongestWatch = 6e5f;

    private readonly Bundle _bundle;
    private readonly BundleManifest _manifest;
    private readonly TaskDefinition[] _tasks;

    private readonly Action _afterStep;

    private BundleProbe(Bundle bundle, Action afterStep)
    {
        _afterStep = afterStep;
        _bundle = bundle;
        _manifest = bundle.Manifest;
        _tasks = [.. bundle.Manifest.Tasks];
    }

    private delegate float[][] Graph(RankingInputs inputs);

    /// <summary>Reasons why the answers cannot be trusted, one a graph at most, each naming its file; none where they can.</summary>
    public static IReadOnlyList<string> Run(Bundle bundle, Action afterStep)
    {
        var probe = new BundleProbe(bundle, afterStep);
        string?[] reasons =
        [
            probe.Check(BundleLayout.Policy, probe.Fuse, probe.PolicyFault),
            bundle.HasMentalReward ? probe.Check(BundleLayout.MentalReward, probe.EstimateMentalReward, probe.MentalRewardFault) : null,
            bundle.HasTaskScores ? probe.Check(BundleLayout.TaskScores, probe.ScoreTasks, probe.TaskScoresFault) : null,
        ];
        return [.. reasons.OfType<string>()];
    }

    private string? Check(string file, Graph graph, Func<float[], float[], string?> fault)
    {
        try
        {
            foreach (var (name, fill) in Requests())
            {
                if (Check(graph, fault, fill) is { } reason)
                    return $"{file}: on {name}, {reason}";
                _afterStep();
            }

            return null;
        }
        catch (GraphFailedException e)
        {
            return e.Message;
        }
    }

    private string? Check(Graph graph, Func<float[], float[], string?> fault, Action<RankingInputs> fill)
    {
        using var together = new RankingInputs(_bundle.Shape, Neighbours);
        fill(together);
        var scores = Enumerable.Range(0, Neighbours).Select(i => together.ScoresOf(i).ToArray()).ToArray();
        using var again = Copy(together, [.. Enumerable.Range(0, Neighbours)]);
        var answers = graph(together);
        var repeated = graph(again);
        for (var i = 0; i < Neighbours; i++)
        {
            if (fault(answers[i], scores[i]) is { } reason)
                return reason;
            if (!answers[i].AsSpan().SequenceEqual(repeated[i]))
                return "the same input gave two answers.";
            using var amongItself = Copy(together, [.. Enumerable.Repeat(i, Neighbours)]);
            using var alone = Copy(together, [i]);
            if (!Close(answers[i], graph(amongItself)[i], IsolationTolerance) || !Close(answers[i], graph(alone)[0], AloneTolerance))
                return "a candidate's answer depends on its neighbours.";
        }

        return null;
    }

    private IEnumerable<(string Name, Action<RankingInputs> Fill)> Requests()
    {
        yield return ("defaults", _ => { });
        yield return ("the lowest values", inputs => FillExtreme(inputs, highest: false));
        yield return ("the highest values", inputs => FillExtreme(inputs, highest: true));
        for (var i = 0; i < 4; i++)
        {
            var seed = Seed + i;
            yield return ($"random values (seed {seed})", inputs => FillAtRandom(inputs, new Random(seed)));
        }
    }

    // Scores may lie beyond their range: the graph clips them, as the formula does.
    private void FillExtreme(RankingInputs inputs, bool highest)
    {
        Fill(
            inputs,
            feature => highest ? feature.Max : feature.Min,
            task => highest ? task.Max + (task.Max - task.Min) : task.Min - (task.Max - task.Min),
            () => highest ? _bundle.Items.Ids.Count : 0,
            () => highest,
            most => highest ? most : 0);
    }

    private void FillAtRandom(RankingInputs inputs, Random random)
    {
        Fill(
            inputs,
            feature => feature.Type == FeatureType.Categorical
                ? random.Next(feature.Size)
                : Math.Clamp((float)(feature.Min + (random.NextDouble() * ((double)feature.Max - feature.Min))), feature.Min, feature.Max),
            task => task.Min + ((task.Max - task.Min) * random.NextSingle()),
            () => random.Next(_bundle.Items.Ids.Count + 1),
            () => random.Next(2) == 1,
            most => MathF.Pow(most, random.NextSingle()));
    }

    private void Fill(
        RankingInputs inputs,
        Func<FeatureDefinition, float> feature,
        Func<TaskDefinition, float> task,
        Func<int> itemIndex,
        Func<bool> holds,
        Func<float, float> duration)
    {
        var schema = _bundle.Assembler.Schema;
        FillFeatures(inputs.Context, schema.Context);
        FillFeatures(inputs.User, schema.User);
        for (var i = 0; i < inputs.Count; i++)
        {
            FillItem(inputs.Candidate(i));
            for (var k = 0; k < _tasks.Length; k++)
                inputs.ScoresOf(i)[k] = task(_tasks[k]);
        }

        // Impressions stand at the end; the rows before the first are zero.
        var padding = holds() ? 0 : _bundle.Shape.HistoryLength / 2;
        for (var i = padding; i < _bundle.Shape.HistoryLength; i++)
        {
            var row = inputs.History.Slice(i * _bundle.Shape.HistoryWidth, _bundle.Shape.HistoryWidth);
            row[HistoryLayout.PresentColumn] = 1;
            row[HistoryLayout.AgeColumn] = duration(LongestAge);
            row[HistoryLayout.WatchColumn] = duration(LongestWatch);
            var item = row.Length - schema.ItemWidth;
            for (var action = HistoryLayout.ActionStart; action < item; action++)
                row[action] = holds() ? 1 : 0;
            FillItem(row[item..]);
        }

        void FillFeatures(Span<float> values, IReadOnlyList<FeatureDefinition> features)
        {
            for (var i = 0; i < features.Count; i++)
                values[i] = feature(features[i]);
        }

        void FillItem(Span<float> row)
        {
            row[0] = itemIndex();
            FillFeatures(row[1..], schema.Item);
        }
    }

    private RankingInputs Copy(RankingInputs from, int[] rows)
    {
        var copy = new RankingInputs(_bundle.Shape, rows.Length);
        from.Context.CopyTo(copy.Context);
        from.User.CopyTo(copy.User);
        from.History.CopyTo(copy.History);
        for (var i = 0; i < rows.Length; i++)
        {
            from.Candidate(rows[i]).CopyTo(copy.Candidate(i));
            from.ScoresOf(rows[i]).CopyTo(copy.ScoresOf(i));
        }

        return copy;
    }

    // One row a candidate: fusion score, contributions, action.
    private float[][] Fuse(RankingInputs inputs)
    {
        using var outputs = new RankingOutputs(_bundle.Shape, inputs.Count);
        _bundle.Scorer.Fuse(inputs, outputs, explain: true);
        return Rows(inputs.Count, i => [outputs.FusionScores[i], .. outputs.ContributionsOf(i), .. outputs.ActionOf(i)]);
    }

    private string? PolicyFault(float[] answer, float[] scores)
    {
        var contributions = answer.AsSpan(1, _tasks.Length);
        var action = answer.AsSpan(1 + _tasks.Length);
        for (var i = 0; i < action.Length; i++)
        {
            var dimension = _manifest.Fusion.Action[i];
            if (!InRange(action[i], dimension.Min, dimension.Max))
                return $"the action's '{dimension.Name}' is {action[i]}, outside [{dimension.Min}, {dimension.Max}].";
        }

        // What cells make of a score is known to their graph alone: the contributions must sum up to the score.
        if (_manifest.Fusion.Formula == FusionFormula.Cells)
        {
            var sum = 0f;
            var size = 1f;
            foreach (var contribution in contributions)
            {
                sum += contribution;
                size = Math.Max(size, Math.Abs(contribution));
            }

            return Math.Abs(answer[0] - sum) <= FormulaTolerance * size ? null : $"the fusion score is {answer[0]}; its contributions sum up to {sum}.";
        }

        var expected = new float[_tasks.Length];
        var normalised = scores.Select((score, k) => _tasks[k].Normalise(score)).ToArray();
        var fused = Fuser.Fuse(_manifest.Fusion.Formula, normalised, action, [.. _manifest.Fusion.Priors ?? []], expected);

        // Contributions of both signs cancel, so their size is the sum's scale.
        var scale = Math.Max(1, expected.Sum(Math.Abs));
        if (!(Math.Abs(answer[0] - fused) <= FormulaTolerance * scale))
            return $"the fusion score is {answer[0]}; the formula gives {fused} for its action.";
        for (var k = 0; k < expected.Length; k++)
        {
            if (!(Math.Abs(contributions[k] - expected[k]) <= FormulaTolerance * scale))
                return $"the contribution of '{_tasks[k].Name}' is {contributions[k]}; the formula gives {expected[k]}.";
        }

        return null;
    }

    // One row a candidate: mean, quantiles, Q(s, a).
    private float[][] EstimateMentalReward(RankingInputs inputs)
    {
        using var outputs = new RankingOutputs(_bundle.Shape, inputs.Count);
        _bundle.Scorer.EstimateMentalReward(inputs, outputs, softQ: true);
        return Rows(inputs.Count, i => [outputs.MentalMean[i], .. outputs.MentalQuantilesOf(i), outputs.SoftQ[2 * i], outputs.SoftQ[(2 * i) + 1]]);
    }

    private string? MentalRewardFault(float[] answer, float[] scores)
    {
        var quantiles = answer.AsSpan(1, _bundle.Shape.Quantiles);
        for (var i = 1; i < quantiles.Length; i++)
        {
            if (quantiles[i] < quantiles[i - 1])
                return $"the quantiles fall from {quantiles[i - 1]} to {quantiles[i]}.";
        }

        return null;
    }

    private float[][] ScoreTasks(RankingInputs inputs)
    {
        _bundle.Scorer.ScoreTasks(inputs);
        return Rows(inputs.Count, i => inputs.ScoresOf(i).ToArray());
    }

    private string? TaskScoresFault(float[] answer, float[] scores)
    {
        for (var k = 0; k < answer.Length; k++)
        {
            if (!InRange(answer[k], _tasks[k].Min, _tasks[k].Max))
                return $"the score of '{_tasks[k].Name}' is {answer[k]}, outside [{_tasks[k].Min}, {_tasks[k].Max}].";
        }

        return null;
    }

    private static float[][] Rows(int count, Func<int, float[]> row) => [.. Enumerable.Range(0, count).Select(row)];

    private static bool InRange(float value, float min, float max)
    {
        var slack = FormulaTolerance * (max - min);
        return value >= min - slack && value <= max + slack;
    }

    private static bool Close(float[] one, float[] other, float tolerance) => one.Zip(other).All(pair => Close(pair.First, pair.Second, tolerance));

    private static bool Close(float a, float b, float tolerance) => Math.Abs(a - b) <= tolerance * Math.Max(1, Math.Max(Math.Abs(a), Math.Abs(b)));
}
