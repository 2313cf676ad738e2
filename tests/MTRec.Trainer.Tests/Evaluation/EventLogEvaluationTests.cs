using System.Text.Json;
using MTRec.Core.Blending;
using MTRec.Core.Events;
using MTRec.Core.Sessions;
using MTRec.Data.Events;
using MTRec.Inference;
using MTRec.Learning.Evaluation;
using MTRec.Testing;
using MTRec.Trainer.Evaluation;
using MTRec.Trainer.Tests.CommandLine;
using Xunit;

namespace MTRec.Trainer.Tests.Evaluation;

public sealed class EventLogEvaluationTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("mtrec-evaluate").FullName;
    private readonly string _bundle;

    public EventLogEvaluationTests() => _bundle = TestBundles.Publish(Path.Combine(_folder, "registry"), mentalReward: false);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Shown_items_are_judged_by_the_bundles_scores_and_by_the_logged_ones()
    {
        // The bundle's order is that of the task scores; the log ranked the other way round. Watched: the first item, a minute and liked.
        var report = Evaluate(Exposure("r1", [3, 2, 1], [1, 2, 3]), Feedback("r1", 1, 60, "like"), Feedback("r1", 2, 5), Feedback("r1", 3, 0));

        Assert.Equal(1, Figure(report, "MTF-GAUC of the bundle").Value, 12);
        Assert.Equal(0, Figure(report, "MTF-GAUC of what ranked").Value, 12);
        Assert.All(report.Figures, figure => Assert.Equal(3, figure.Samples));
        Assert.Equal(2, report.Missing.Count);
        var missing = Assert.Single(report.Missing, missing => missing.Name.Contains("SNIPS", StringComparison.Ordinal));
        Assert.Contains("propensity of row 0 is missing", missing.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_the_log_tells_how_actions_were_drawn_the_bundles_own_is_estimated()
    {
        // Drawn as the bundle acts: its kernel there is the same for every row, and all weights are equal.
        var action = TestBundles.Action(TestBundles.Manifest().Fusion.Formula);
        var drawn = new ExposureExploration { Baseline = action, Lower = [-1, -1, -1], Upper = [1, 1, 1], LogDensity = [-2] };
        var first = Exposure("r1", [3, 2, 1], [1, 2, 3]) with { Action = action, Exploration = drawn };
        var second = Exposure("r2", [3, 2, 1], [1, 2, 3]) with { Action = action, Exploration = drawn, Timestamp = Start.AddMinutes(5) };
        var report = Evaluate(first, Feedback("r1", 1, 200), second, Feedback("r2", 1, 400, "like"));
        Assert.Equal((0.5 + 2) / 2, Figure(report, "reward of a request, SNIPS").Value, 5);
        Assert.Equal(2, Figure(report, "reward of a request, SNIPS").EffectiveSampleSize!.Value, 5);
        Assert.Equal(0.5 + 2, Figure(report, "reward of a session, per-decision NCIS").Value, 5);

        // One exposure of which the log does not tell is enough to refuse.
        var refused = Evaluate(first, Feedback("r1", 1, 200), second with { Exploration = null }, Feedback("r2", 1, 400, "like"));
        Assert.DoesNotContain(refused.Figures, figure => figure.Name.Contains("SNIPS", StringComparison.Ordinal));
        Assert.Contains(refused.Missing, missing => missing.Reason.Contains("propensity of row 1 is missing", StringComparison.Ordinal));
    }

    [Fact]
    public void What_cannot_be_used_is_counted_with_its_reason()
    {
        var other = Exposure("r2", [1, 2, 3], [1, 2, 3]) with { Context = [1, 2, 3, 4, 5, 6, 7, 8, 9] };
        var report = Evaluate(
            Exposure("r1", [3, 2, 1], [3, 2, 1]), other, Feedback("r1", 1, null, "like"), Feedback("r2", 1, 60), Feedback("r1", 2, 60), Feedback("r1", 2, 60) with { EventId = "again" });

        Assert.Empty(report.Figures);
        Assert.Contains(report.Missing, missing => missing.Reason.Contains("1 of 2 exposures", StringComparison.Ordinal));
        Assert.Contains(report.Missing, missing => missing.Reason.StartsWith("2 name no exposure", StringComparison.Ordinal));
        Assert.Contains(report.Missing, missing => missing.Reason.StartsWith("1 tell no watch time", StringComparison.Ordinal));
        Assert.Equal(2, report.Missing.Count(missing => missing.Name.StartsWith("MTF-GAUC", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Damaged_and_torn_lines_are_counted_in_the_report()
    {
        Write(Exposure("r1", [3, 2, 1], [3, 2, 1]), Feedback("r1", 1, 60));
        File.AppendAllText(Assert.Single(Directory.GetFiles(_folder, "events-*.jsonl")), "{\"type\":\"feed\n{\"type\":");

        var result = await Mtrec.RunAsync("evaluate", "--log", _folder, "--bundle", _bundle);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("1 lines are damaged and 1 files end in the middle", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Hate_takes_the_reward_and_reactions_add_to_it()
    {
        Assert.Equal(0.5, ShownItems.Reward(UserActions.None, 200), 6);
        Assert.Equal(1, ShownItems.Reward(UserActions.LongView, 600), 6);
        Assert.Equal(2.5, ShownItems.Reward(UserActions.Like | UserActions.Forward, 200), 6);
        Assert.Equal(0, ShownItems.Reward(UserActions.Like | UserActions.Hate, 30), 6);
    }

    [Fact]
    public async Task The_command_prints_figures_and_reasons_and_writes_json()
    {
        Write(Exposure("r1", [3, 2, 1], [1, 2, 3]), Feedback("r1", 1, 60), Feedback("r1", 2, 5));
        var json = Path.Combine(_folder, "figures.json");
        var result = await Mtrec.RunAsync("evaluate", "--log", _folder, "--bundle", _bundle, "--json", json);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("MTF-GAUC of the bundle", result.Output, StringComparison.Ordinal);
        Assert.Contains("propensity of row 0 is missing", result.Output, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(File.ReadAllText(json));
        Assert.Equal(1, document.RootElement.GetProperty("figures")[0].GetProperty("value").GetDouble());

        Assert.Equal(2, (await Mtrec.RunAsync("evaluate", "--bundle", _bundle)).ExitCode);
        Assert.Equal(2, (await Mtrec.RunAsync("evaluate", "--bundle", _bundle, "--log", _folder, "--data", _folder)).ExitCode);
    }

    private static EvaluatedFigure Figure(EvaluationReport report, string name) => Assert.Single(report.Figures, figure => figure.Name == name);

    private EvaluationReport Evaluate(params LoggedEvent[] events)
    {
        Write(events);
        using var bundle = Bundle.Load(_bundle);
        return new EventLogEvaluation(bundle, new BlendParameters(0)).Evaluate(new EventLogReader(_folder).Read(), new UserBootstrap(1, 100), CancellationToken.None);
    }

    private void Write(params LoggedEvent[] events) => File.WriteAllLines(
        Path.Combine(_folder, "events-20260131-0001.jsonl"), events.Select(entry => JsonSerializer.Serialize(entry, LoggedEventJson.Default.LoggedEvent)));

    private static ExposureEvent Exposure(string request, float[] scores, double[] finalScores)
    {
        var manifest = TestBundles.Manifest();
        return new ExposureEvent
        {
            Received = Start,
            UserId = "u1",
            RequestId = request,
            Timestamp = Start,
            Bundle = "default/1",
            Context = new float[manifest.Schema().Context.Count],
            User = new float[manifest.Schema().User.Count],
            ItemIds = [.. Enumerable.Range(0, scores.Length).Select(TestBundles.ItemId)],
            // All three tasks say the same of an item.
            Scores = [.. scores.SelectMany(score => manifest.Tasks.Select(task => task.Min + (score / 10 * (task.Max - task.Min))))],
            Order = [.. Enumerable.Range(0, scores.Length)],
            FinalScores = finalScores,
            Degraded = [],
        };
    }

    private static FeedbackEvent Feedback(string request, int item, float? seconds, params string[] actions) => new()
    {
        Received = Start.AddMinutes(1),
        UserId = "u1",
        EventId = $"{request}-{item}",
        RequestId = request,
        ItemId = TestBundles.ItemId(item - 1),
        Timestamp = Start.AddSeconds(item),
        Actions = actions,
        WatchSeconds = seconds,
    };
}
