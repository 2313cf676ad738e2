using MTRec.Core.Sessions;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms;

/// <summary>PLE and MFH against their formulas, written out number by number.</summary>
public sealed class TaskExpertsTests
{
    private const int UserWidth = 4;
    private const int ItemWidth = 3;
    private const int Rows = 5;

    private static readonly float[] Logits = [-1, 0.5f, 2];

    public static TheoryData<string> Algorithms => [.. new[] { "ple", "mfh" }];

    [Fact]
    public void A_task_s_gate_chooses_among_its_own_and_the_shared_experts_and_the_shared_gate_among_all()
    {
        using var scope = NewDisposeScope();
        var groups = new ExpertGroups(Tasks: 2, Each: 1, Width: 1, SharedGate: true);
        using var dropout = new SliceDropout(0);
        var mask = tensor(groups.Mask(), 3, 3);
        var experts = tensor(new[] { 1f, -2, 4 }, 1, 3, 1);

        // Weights 3 : 1 for task 0, whose gate may not see expert 1; 1 : 1 for task 1, whose own expert is cut off at 0; 1 : 2 : 5 for the shared.
        var gates = tensor(new[] { MathF.Log(3), 5, 0, 7, 0, 0, 0, MathF.Log(2), MathF.Log(5) }, 1, 3, 3);

        var mixed = ExpertGroups.Mix(experts, gates, mask, dropout).Floats();

        Assert.Equal([7f / 4, 2, 21f / 8], mixed, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Ple_is_its_formula(int levels)
    {
        manual_seed(3);
        using var scope = NewDisposeScope();
        using var ple = Stirred(new Ple(UserWidth, ItemWidth, Logits, new PleOptions { Levels = levels, ExpertWidth = 4, TowerWidth = 5 }));
        var halves = Halves();

        var logits = ple.call(halves, zeros(Rows)).Floats();

        var weights = new Weights(ple);
        for (var row = 0; row < Rows; row++)
        {
            var first = weights.Split(halves, row);
            var mixed = Mix(first, tasks: 3, each: 2, width: 4, shared: levels > 1);
            for (var level = 2; level <= levels; level++)
            {
                var name = $"_levels.{level - 2}";
                var experts = Enumerable.Range(0, 4).SelectMany(group => weights.Batched($"{name}._experts", group, mixed[group]));
                var gates = Enumerable.Range(0, level < levels ? 4 : 3).SelectMany(gate => weights.Batched($"{name}._gates", gate, mixed[gate]));
                mixed = Mix([.. experts, .. gates], tasks: 3, each: 2, width: 4, shared: level < levels);
            }

            for (var task = 0; task < 3; task++)
                Assert.Equal(weights.Tower(task, mixed[task]), logits[(row * 3) + task], 1e-4);
        }
    }

    [Fact]
    public void Mfh_is_its_formula()
    {
        manual_seed(4);
        using var scope = NewDisposeScope();
        using var mfh = Stirred(new Mfh(UserWidth, ItemWidth, Logits, new MfhOptions { GroupBounds = [3], ExpertWidth = 4, TowerWidth = 5 }));
        var halves = Halves();
        int[] impressions = [0, 2, 3, 4, 50];

        var logits = mfh.call(halves, tensor(Array.ConvertAll(impressions, count => (float)count))).Floats();

        var weights = new Weights(mfh);
        const int BehaviourColumns = (8 * 4) + (3 * 8);
        for (var row = 0; row < Rows; row++)
        {
            var first = weights.Split(halves, row);
            var behaviours = Mix(first[..BehaviourColumns], tasks: 3, each: 2, width: 4, shared: false);
            var groups = Mix(first[BehaviourColumns..], tasks: 2, each: 2, width: 4, shared: false);
            var group = impressions[row] >= 3 ? 1 : 0;
            for (var behaviour = 0; behaviour < 3; behaviour++)
            {
                var oneWay = Mix(weights.Batched("_groupsOfBehaviours", behaviour, behaviours[behaviour]), tasks: 2, each: 2, width: 4, shared: false)[group];
                var other = Mix(weights.Batched("_behavioursOfGroups", group, groups[group]), tasks: 3, each: 2, width: 4, shared: false)[behaviour];
                var tower = weights.Tower((behaviour * 2) + group, [.. oneWay.Zip(other, (a, b) => a + b)]);
                Assert.Equal(tower, logits[(row * 3) + behaviour], 1e-4);
            }
        }
    }

    [Fact]
    public void A_task_s_own_experts_of_the_last_level_learn_from_no_other_task()
    {
        manual_seed(5);
        using var scope = NewDisposeScope();
        using var ple = Stirred(new Ple(UserWidth, ItemWidth, Logits, new PleOptions { ExpertWidth = 4 }));

        ple.call(Halves(), zeros(Rows)).select(1, 1).sum().backward();

        var gradients = ple.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.abs(), StringComparer.Ordinal);
        bool[] Learns(string name) => [.. gradients[name].flatten(1).sum(1L).Floats().Select(sum => sum > 0)];
        Assert.Equal([false, true, false, true], Learns("_levels.0._experts._weight"));
        Assert.Equal([false, true, false], Learns("_levels.0._gates._weight"));
        Assert.Equal([false, true, false], Learns("_towers._hidden._weight"));

        // Below, the shared gate hands every task's experts on.
        var first = gradients["_first._user.weight"].narrow(0, 0, 4 * 2 * 4).reshape(4, -1).sum(1L).Floats();
        Assert.All(first, sum => Assert.True(sum > 0));
    }

    [Fact]
    public void Of_one_level_all_of_a_task_s_own_experts_learn_from_it_alone()
    {
        manual_seed(6);
        using var scope = NewDisposeScope();
        using var cgc = Stirred(new Ple(UserWidth, ItemWidth, Logits, new PleOptions { Levels = 1, ExpertWidth = 4 }));

        cgc.call(Halves(), zeros(Rows)).select(1, 2).sum().backward();

        var first = cgc.named_parameters().Single(p => p.name == "_first._user.weight").parameter.grad!.abs();
        Assert.Equal([false, false, true, true], first.narrow(0, 0, 4 * 2 * 4).reshape(4, -1).sum(1L).Floats().Select(sum => sum > 0));
    }

    [Fact]
    public void In_mfh_a_tower_learns_from_its_behaviour_and_its_group_alone()
    {
        manual_seed(7);
        using var scope = NewDisposeScope();
        using var mfh = Stirred(new Mfh(UserWidth, ItemWidth, Logits, new MfhOptions { GroupBounds = [3, 20], ExpertWidth = 4 }));

        // All are of the middle group.
        mfh.call(Halves(), full(Rows, 5f)).select(1, 2).sum().backward();

        bool[] Learns(string name) =>
            [.. mfh.named_parameters().Single(p => p.name == name).parameter.grad!.abs().flatten(1).sum(1L).Floats().Select(sum => sum > 0)];
        Assert.Equal([false, false, false, false, false, false, false, true, false], Learns("_towers._hidden._weight"));
        Assert.Equal([false, false, true], Learns("_groupsOfBehaviours._weight"));
        Assert.Equal([false, true, false], Learns("_behavioursOfGroups._weight"));
    }

    [Fact]
    public void A_user_is_of_one_group_by_the_impressions_known()
    {
        using var scope = NewDisposeScope();
        var groups = new UserGroups([3, 20]).Of(tensor(new float[] { 0, 2, 3, 19, 20, 50 }));
        Assert.Equal([3L, 6], groups.shape);
        Assert.Equal([0L, 0, 1, 1, 2, 2], groups.argmax(0L).Longs());
        Assert.Equal([1f, 1, 1, 1, 1, 1], groups.sum(0L).Floats());
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Both_learn_taste_from_history_which_a_linear_model_cannot(string algorithm)
    {
        set_num_threads(1);
        manual_seed(1);
        var data = new SyntheticExamples(historyLength: 12, users: 700, rowsPerUser: 14);
        var clicked = data.Dev.Did(UserActions.Click);
        TaskExpertsOptions options = algorithm == "ple" ? new PleOptions { ExpertWidth = 16, Dropout = 0 } : new MfhOptions { ExpertWidth = 16, Dropout = 0, GroupBounds = [4, 8] };
        var fit = new FitOptions { Epochs = 12, BatchSize = 128, LearningRate = 1e-2, WeightDecay = 0.1, Patience = 12 };
        var learner = new MultiTaskLearner(
            BehaviourTask.Default, [1, 1, 1, 1, 1, 1], new ViewSampler(0.5, 0.5), new Fitter(fit, null, CancellationToken.None), 1);

        using var model = new UpstreamModel(
            BehaviourTask.Default, new TaskTargets(data.Train.Log, BehaviourTask.Default).Means(), data.NewBackbone(), options);
        learner.Fit(algorithm, model, data.Train, data.Dev);
        using var linear = new LogisticRegression(data.Schema, data.Statistics, BehaviourTask.Default.Count);
        learner.Fit("linear", linear, data.Train, data.Dev);

        var ours = Auc.Of(Clicks(learner.Predict(model, data.Dev, ExampleView.Cold)), clicked);
        var theirs = Auc.Of(Clicks(learner.Predict(linear, data.Dev, ExampleView.Cold)), clicked);
        Assert.True(ours > theirs + 0.02, $"{ours} against {theirs}");
    }

    private static float[] Clicks(float[] scores) => [.. scores.Where((_, i) => i % BehaviourTask.Default.Count == 0)];

    private static BackboneHalves Halves() => new(randn(Rows, UserWidth), randn(Rows, ItemWidth));

    // As trained weights are, and without dropout.
    private static TaskExperts Stirred(TaskExperts experts)
    {
        using var quiet = no_grad();
        foreach (var parameter in experts.parameters())
            parameter.add_(randn_like(parameter) * 0.3);
        experts.eval();
        return experts;
    }

    /// <summary>CGC by hand: columns are the experts' and then the gates'.</summary>
    private static double[][] Mix(double[] columns, int tasks, int each, int width, bool shared)
    {
        var experts = (tasks + 1) * each;
        return [.. Enumerable.Range(0, shared ? tasks + 1 : tasks).Select(gate =>
        {
            int[] allowed = [.. Enumerable.Range(0, experts).Where(expert => gate == tasks || expert / each == gate || expert / each == tasks)];
            double[] weights = [.. allowed.Select(expert => Math.Exp(columns[(experts * width) + (gate * experts) + expert]))];
            return Enumerable.Range(0, width)
                .Select(unit => allowed.Zip(weights, (expert, weight) => weight * Math.Max(0, columns[(expert * width) + unit])).Sum() / weights.Sum())
                .ToArray();
        })];
    }

    private sealed class Weights(nn.Module module)
    {
        private readonly Dictionary<string, (float[] Values, long[] Shape)> _values =
            module.named_parameters().ToDictionary(p => p.name, p => (p.parameter.Floats(), p.parameter.shape), StringComparer.Ordinal);

        /// <summary>W_u u + W_i i + b.</summary>
        public double[] Split(BackboneHalves halves, int row)
        {
            var user = halves.User.Floats()[(row * UserWidth)..((row + 1) * UserWidth)];
            var item = halves.Item.Floats()[(row * ItemWidth)..((row + 1) * ItemWidth)];
            var bias = _values["_first._user.bias"].Values;
            return [.. bias.Select((b, o) => b + Dot(_values["_first._user.weight"].Values, o, user) + Dot(_values["_first._item.weight"].Values, o, item))];
        }

        /// <summary>x W_p + b_p.</summary>
        public double[] Batched(string name, int place, double[] x)
        {
            var (weight, shape) = _values[$"{name}._weight"];
            var bias = _values[$"{name}._bias"].Values;
            var outputs = (int)shape[2];
            return [.. Enumerable.Range(0, outputs).Select(o =>
                bias[(place * outputs) + o] + Enumerable.Range(0, x.Length).Sum(i => x[i] * weight[(((place * x.Length) + i) * outputs) + o]))];
        }

        public double Tower(int task, double[] x)
        {
            double[] hidden = [.. Batched("_towers._hidden", task, x).Select(value => Math.Max(0, value))];
            var output = _values["_towers._output"].Values;
            return _values["_towers._outputBias"].Values[task] + Enumerable.Range(0, hidden.Length).Sum(i => hidden[i] * output[(task * hidden.Length) + i]);
        }

        private static double Dot(float[] matrix, int row, float[] x) => Enumerable.Range(0, x.Length).Sum(i => (double)matrix[(row * x.Length) + i] * x[i]);
    }
}
