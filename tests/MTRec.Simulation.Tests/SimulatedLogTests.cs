using System.Text.Json;
using MTRec.Core.Bundles;
using MTRec.Core.Events;
using MTRec.Core.Fusion;
using MTRec.Learning.Fusion;
using MTRec.Simulation.Tests.KuaiRand;
using Xunit;

namespace MTRec.Simulation.Tests;

public sealed class SimulatedLogTests(SyntheticSimulator simulator) : IClassFixture<SyntheticSimulator>
{
    private const int Sessions = 30;

    [Fact]
    public void Events_tell_all_that_happened()
    {
        var (sessions, events) = Run(new Exploration.None());
        var exposures = events.OfType<ExposureEvent>().ToArray();
        var feedback = events.OfType<FeedbackEvent>().ToLookup(e => e.RequestId!);
        Assert.Equal(sessions.Sum(session => session.Views), feedback.Sum(list => list.Count()));
        Assert.Equal(2 * exposures.Length, feedback.Sum(list => list.Count()));
        Assert.Equal(exposures.Length, exposures.Select(e => e.RequestId).Distinct().Count());

        var rewards = simulator.Fitted.Rewards;
        var total = 0.0;
        foreach (var exposure in exposures)
        {
            Assert.Null(exposure.Exploration);
            Assert.Equal(exposure.FinalScores.Index().OrderByDescending(pair => pair.Item).Select(pair => pair.Index), exposure.Order);
            Assert.Equal(exposure.Order.Take(2).Select(place => exposure.ItemIds[place]), feedback[exposure.RequestId].Select(e => e.ItemId));

            // The formula gives the final scores of the logged action and task scores.
            for (var i = 0; i < exposure.ItemIds.Length; i++)
            {
                float[] scores = [.. simulator.Fitted.Tasks.Select((task, k) => task.Normalise(exposure.Scores[(i * simulator.Fitted.Tasks.Count) + k]))];
                Assert.Equal(Fuser.Fuse(FusionFormula.WeightedSum, scores, exposure.Action, [], new float[scores.Length]), exposure.FinalScores[i], 1e-5);
            }

            foreach (var response in feedback[exposure.RequestId])
            {
                Assert.Equal(exposure.Timestamp, response.Timestamp);
                total += response.WatchSeconds!.Value / rewards.WatchScale;
                total += Earned("click", 0) + Earned("longView", 1) + Earned("like", 2) + Earned("hate", 4);
                total += response.Actions.Any(name => name is "follow" or "comment" or "forward" or "profileEnter") ? rewards.Behaviours[3] : 0;

                double Earned(string name, int place) => response.Actions.Contains(name) ? rewards.Behaviours[place] : 0;
            }
        }

        Assert.Equal(sessions.Sum(session => session.Rewards.Sum()), total, 1e-3 * total);
    }

    [Fact]
    public void Explored_actions_come_with_their_bounds_and_density()
    {
        var (_, events) = Run(new Exploration.Bounded());
        var exposures = events.OfType<ExposureEvent>().ToArray();
        Assert.NotEmpty(exposures);
        var distinct = new HashSet<float>();
        foreach (var exposure in exposures)
        {
            var exploration = exposure.Exploration!;
            Assert.All(exploration.Lower, bound => Assert.Equal(-0.15f, bound));
            Assert.All(exploration.Upper, bound => Assert.Equal(0.15f, bound));
            Assert.All(exploration.Baseline, value => Assert.Equal(1, value, 1e-5));

            // Ranges are [0, 2], so that 0.15 of [-1, 1] is 0.15 in real units.
            Assert.All(exposure.Action!, value => Assert.InRange(value, 0.85f - 1e-5f, 1.15f + 1e-5f));
            Assert.Equal(-simulator.Fitted.Tasks.Count * Math.Log(0.3), Assert.Single(exploration.LogDensity), 1e-4);
            distinct.Add(exposure.Action![0]);
        }

        Assert.True(distinct.Count > exposures.Length / 2);
    }

    private (IReadOnlyList<SimulatedSession> Sessions, LoggedEvent[] Events) Run(Exploration exploration)
    {
        var fitted = simulator.Fitted;
        var fusion = new FusionSection(FusionFormula.WeightedSum, "test", [.. fitted.Tasks.Select(task => new ActionDimension($"{task.Name}.weight", 0, 2))], null);
        using var policy = new ConstantPolicy("test", new FusionActions(fusion, fitted.Tasks.Count), new float[fitted.Tasks.Count]);
        using var text = new StringWriter();
        var sessions = new SimulatedLog(fitted.Training).Run(policy, exploration, "test/1", Sessions, 3, text, CancellationToken.None);
        var events = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize(line, LoggedEventJson.Default.LoggedEvent)!).ToArray();
        return (sessions, events);
    }
}
