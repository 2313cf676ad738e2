using MTRec.Core.Sessions;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms;

public sealed class MultiTaskTests
{
    private static readonly FitOptions Fit = new() { Epochs = 12, BatchSize = 128, LearningRate = 1e-2, WeightDecay = 0.1, Patience = 12 };

    [Fact]
    public void Targets_are_the_log_s_answers_and_seconds_come_back()
    {
        var data = new SyntheticExamples(users: 20);
        var log = data.Train.Log;
        var targets = new TaskTargets(log, BehaviourTask.Default);
        for (var row = 0; row < log.Count; row++)
        {
            var (values, known) = targets.Of([row]);
            Assert.Equal(log.Actions[row].HasFlag(UserActions.Click) ? 1 : 0, values[0]);
            Assert.Equal(log.Actions[row].HasFlag(UserActions.ProfileEnter) ? 1 : 0, values[3]);
            Assert.Equal(Math.Min(log.WatchSeconds[row], 400), Math.Exp(values[5] * TaskTargets.SecondsScale) - 1, 0.01);
            Assert.All(known, value => Assert.Equal(1, value));
        }

        Assert.Equal(1, TaskTargets.FromSeconds(1e6f));
        Assert.Equal(0, TaskTargets.FromSeconds(-1));
    }

    [Fact]
    public void Scores_lie_in_their_tasks_ranges()
    {
        using var scope = NewDisposeScope();
        var scores = TaskScores.Of(tensor(new[] { -100f, 0, 100, 3, -3, 100, 100, -100, 0, 0, 0, -100 }, 2, 6), BehaviourTask.Default).Floats();
        for (var i = 0; i < scores.Length; i++)
        {
            var task = BehaviourTask.Default[i % 6].Definition(0.1f);
            Assert.InRange(scores[i], task.Min, task.Max * 1.00001f);
        }

        Assert.Equal(400, scores[5], 0.1);
    }

    [Fact]
    public void Mmoe_learns_taste_from_history_which_a_linear_model_cannot()
    {
        set_num_threads(1);
        manual_seed(1);
        var data = new SyntheticExamples(historyLength: 12, users: 700, rowsPerUser: 14);
        var clicked = data.Dev.Did(UserActions.Click);
        var learner = new MultiTaskLearner(
            BehaviourTask.Default, [1, 1, 1, 1, 1, 1], new ViewSampler(0.5, 0.5), new Fitter(Fit, null, CancellationToken.None), 1);

        using var mmoe = new UpstreamModel(
            BehaviourTask.Default, new TaskTargets(data.Train.Log, BehaviourTask.Default).Means(), data.NewBackbone(), new MmoeOptions { ExpertWidth = 32, Dropout = 0 });
        var losses = learner.Fit("mmoe", mmoe, data.Train, data.Dev);
        using var linear = new LogisticRegression(data.Schema, data.Statistics, BehaviourTask.Default.Count);
        learner.Fit("linear", linear, data.Train, data.Dev);

        var ours = Auc.Of(Clicks(learner.Predict(mmoe, data.Dev, ExampleView.Cold)), clicked);
        var theirs = Auc.Of(Clicks(learner.Predict(linear, data.Dev, ExampleView.Cold)), clicked);
        Assert.True(losses.Min() < losses[0]);
        Assert.True(ours > theirs + 0.02, $"{ours} against {theirs}");
        Assert.True(theirs > 0.55, $"{theirs}");
    }

    [Fact]
    public void Fitting_stops_at_once_when_cancelled_and_refuses_a_loss_that_is_not_finite()
    {
        var data = new SyntheticExamples(users: 10);
        using var linear = new LogisticRegression(data.Schema, data.Statistics, BehaviourTask.Default.Count);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => Learner(1, cancelled.Token).Fit("linear", linear, data.Train, data.Dev));
        Assert.Throws<ArithmeticException>(() => Learner(float.NaN, CancellationToken.None).Fit("linear", linear, data.Train, data.Dev));

        static MultiTaskLearner Learner(float weight, CancellationToken cancellation) => new(
            BehaviourTask.Default, [weight, 1, 1, 1, 1, 1], new ViewSampler(0, 0), new Fitter(Fit, null, cancellation), 1);
    }

    private static float[] Clicks(float[] scores) => [.. scores.Where((_, i) => i % BehaviourTask.Default.Count == 0)];
}
