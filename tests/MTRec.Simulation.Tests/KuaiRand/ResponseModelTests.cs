using MTRec.Core.Sessions;
using MTRec.Data.Logs;
using MTRec.Simulation.KuaiRand;
using MTRec.Testing;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Simulation.Tests.KuaiRand;

public sealed class ResponseModelTests(SyntheticSimulator simulator) : IClassFixture<SyntheticSimulator>
{
    private const UserActions Long = UserActions.Click | UserActions.LongView;

    [Fact]
    public void Loss_is_the_likelihood_by_hand()
    {
        using var scope = NewDisposeScope();
        var layout = new ResponseLayout(Log((UserActions.None, 0), (UserActions.None, 4), (Long, 10), (Long, 90)), 2);
        var batch = new ResponseTargets(Log((UserActions.None, 3), (Long | UserActions.Like, float.NaN)), layout).All();
        var logits = zeros(2, layout.Width);

        // One engagement of three; the first's watch time in one bin of two, the second's unknown; three reactions of even chance each.
        Assert.Equal(((2 * Math.Log(3)) + Math.Log(2) + (6 * Math.Log(2))) / 2, batch.Loss(logits).item<float>(), 1e-5);
        logits[0, (int)Engagement.Pass] = 2;
        logits[1, layout.ReactionStart + ((int)Engagement.LongView * 3)] = 5;
        var expected = Math.Log(Math.Exp(2) + 2) - 2 + Math.Log(3) + Math.Log(2) + (5 * Math.Log(2)) + Math.Log(1 + Math.Exp(-5));
        Assert.Equal(expected / 2, batch.Loss(logits).item<float>(), 1e-5);
    }

    [Fact]
    public void Bins_hold_alike_many_rows_of_their_engagement()
    {
        var random = new Random(1);
        var log = Log([.. Enumerable.Range(0, 600).Select(i => (i % 2 == 0 ? UserActions.None : Long, (float)(i % 2 == 0 ? random.NextDouble() : 20 + (100 * random.NextDouble()))))]);
        var layout = new ResponseLayout(log, 4);
        foreach (var engagement in new[] { Engagement.Pass, Engagement.LongView })
        {
            var counts = Enumerable.Range(0, log.Count).Where(row => ResponseLayout.Of(log, row) == engagement)
                .CountBy(row => layout.Bin(engagement, log.WatchSeconds[row])).ToDictionary();
            Assert.All(Enumerable.Range(0, 4), bin => Assert.InRange(counts[bin], 73, 77));
        }
    }

    [Fact]
    public void Calibration_takes_overconfidence_back()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var random = new Random(2);

        // Truth: log odds x of a long view against a pass; the logits claim 3 x - 1.
        var x = Enumerable.Range(0, 6000).Select(_ => (4 * random.NextDouble()) - 2).ToArray();
        var log = Log([.. x.Select(odds => (random.NextDouble() < 1 / (1 + Math.Exp(-odds)) ? Long : UserActions.None, 1f))]);
        var layout = new ResponseLayout(log, 1);
        var logits = zeros(x.Length, layout.Width);
        logits.select(1, (int)Engagement.Click).fill_(-20);
        logits.select(1, (int)Engagement.LongView).copy_(tensor([.. x.Select(odds => (float)((3 * odds) - 1))]));
        using var calibration = ResponseCalibration.Fit(logits, new ResponseTargets(log, layout).All());
        var two = zeros(2, layout.Width);
        two[0, (int)Engagement.LongView] = -1;
        two[1, (int)Engagement.LongView] = 5;
        var calibrated = calibration.Apply(two);
        var odds = (calibrated.select(1, (int)Engagement.LongView) - calibrated.select(1, (int)Engagement.Pass)).data<float>().ToArray();
        Assert.Equal(0, odds[0], 0.2);
        Assert.Equal(2, odds[1], 0.3);
    }

    [Fact]
    public void Fitted_responses_know_more_than_the_rates()
    {
        foreach (var report in new[] { simulator.Fitted.Report.Training, simulator.Fitted.Report.Evaluation })
        {
            var click = report.Responses.Single(response => response.Name == "click");
            Assert.True(click.Auc > 0.62, $"{report}");
            Assert.True(click.LogLoss < click.BaseLogLoss, $"{report}");
            Assert.InRange(report.Coverage[0.5], 0.4, 0.6);
            Assert.InRange(report.PredictedSeconds / report.WatchSeconds, 0.8, 1.25);
        }
    }

    [Fact]
    public void One_seed_is_one_fit()
    {
        using var again = simulator.Fit(SyntheticSimulator.Options);
        Assert.Equal(simulator.Fitted.Report.ToString(), again.Report.ToString());
        Assert.Equal(simulator.Fitted.TaskScoreSample, again.TaskScoreSample);
    }

    [Fact]
    public void Sessions_of_random_order_are_as_long_as_trajectories()
    {
        var options = SyntheticSimulator.Options with { Sessions = new KuaiRandSessionOptions { Candidates = 8, MaximumViews = 50 } };
        using var fitted = simulator.Fit(options);
        using var scope = NewDisposeScope();
        var environment = fitted.Training;
        var views = environment.Reset(1000, 77).Active.sum().item<float>();
        for (var step = 1; step < 50; step++)
            views += environment.Advance(rand(1000, 8)).Next.Active.sum().item<float>();
        Assert.Equal(fitted.Report.MeanTrajectory, views / 1000, 0.15 * fitted.Report.MeanTrajectory);
    }

    [Fact]
    public void Candidates_come_by_popularity_and_hardly_ever_twice()
    {
        using var scope = NewDisposeScope();
        var environment = simulator.Fitted.Training;
        environment.Reset(4000, 1);
        var ids = environment.CandidateIds();
        var repeated = ids.Sum(row => row.Length - row.Distinct().Count());
        Assert.True(repeated < 0.05 * ids.Length * ids[0].Length);
        var counts = ids.SelectMany(row => row).CountBy(id => id).ToDictionary();
        var items = simulator.Fitted.Items;
        var half = items.Ids.Count / 2;

        // The table's order is by popularity: its first half comes more often, and its last half at least by the uniform share.
        var last = items.Ids.Skip(half).Average(id => (double)counts.GetValueOrDefault(id)) / (ids.Length * ids[0].Length);
        var first = items.Ids.Take(half).Average(id => (double)counts.GetValueOrDefault(id)) / (ids.Length * ids[0].Length);
        Assert.True(first > last);
        Assert.True(last > 0.5 / items.Ids.Count);
    }

    [KuaiRandFact]
    public void Real_responses_are_fitted_above_their_rates()
    {
        set_num_threads(1);
        using var fitted = KuaiRandSimulator.Fit(SharedData.KuaiRand, new KuaiRandSimulatorOptions { UserShare = 0.1 });
        foreach (var report in new[] { fitted.Report.Training, fitted.Report.Evaluation })
        {
            Assert.All(report.Responses.Take(2), response => Assert.True(response.Auc > 0.64 && response.LogLoss < response.BaseLogLoss, $"{report}"));
            Assert.InRange(report.Coverage[0.5], 0.44, 0.56);
        }
    }

    private static ImpressionLog Log(params (UserActions Actions, float Seconds)[] rows)
    {
        var all = rows.Select((row, i) => new Impression
        {
            Row = i + 1,
            UserId = "u",
            ItemId = $"{i}",
            TimestampMs = 1_650_000_000_000 + (i * 1000),
            Hour = 0,
            Date = new DateOnly(2022, 4, 15),
            Tab = 1,
            Actions = row.Actions,
            Recorded = Long | UserActions.Like | UserActions.Hate | UserActionNames.StrongPositive,
            WatchSeconds = row.Seconds,
            DurationSeconds = 30,
        });
        return LogCleaner.Clean(all, out _);
    }
}
