using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Core.Tasks;
using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Fusion;

/// <summary>
/// A small ranking world whose best policies are known. Every candidate has two qualities q in [0, 1]; the user's mood m in [-1, 1], the first
/// column of the state, decides what they are worth: v = w(m) q_1 + (1 - w(m)) q_2, w(m) = sigmoid(6 m). The task scores are the qualities, but
/// for items of kind 1 (the first item feature; -1 otherwise) the first is raised by <see cref="Bias"/>. Reward groups: watch time, the sum of v
/// shown, and behaviours, a click with chance v. A user who is shown little leaves: with chance 0.5 (1 - mean v). So the best constant weighs
/// evenly (<see cref="Even"/>), the best policy over states follows the mood (<see cref="ByMood"/>), the best over pairs sees through the bias
/// (<see cref="Oracle"/>).
/// </summary>
internal sealed class MoodyUsers(int candidates = 12, int listSize = 2) : IEnvironment
{
    public const float Bias = 0.5f;

    private int _seed;
    private int _step;
    private Tensor _mood = empty(0);
    private Tensor _active = empty(0);
    private Tensor _qualities = empty(0);

    /// <summary>Weighted sum, both weights in [0, 1].</summary>
    public static FusionActions Actions { get; } = new(
        new FusionSection(FusionFormula.WeightedSum, "test", [new ActionDimension("first.weight", 0, 1), new ActionDimension("second.weight", 0, 1)]), 2);

    public EnvironmentShape Shape { get; } = new("moody", 3, candidates, ["watchTime", "behaviours"], 20)
    {
        Tasks = [new TaskDefinition("first", 0, 1, 0.5f, "probability"), new TaskDefinition("second", 0, 1, 0.5f, "probability")],
        Candidates = candidates,
        CandidateWidth = 2,
        ListSize = listSize,
        Responses = ["click", PolicyEvaluation.WatchSeconds],
    };

    public static ConstantPolicy Even => new("even", Actions, [0, 0]);

    /// <summary>The weights that the mood asks for.</summary>
    public static IActionPolicy ByMood => new Known(perCandidate: false);

    /// <summary>The weights that the mood asks for, the first lowered where the item's kind raises its score: w (o - bias) / o.</summary>
    public static IActionPolicy Oracle => new Known(perCandidate: true);

    public Observation Reset(int sessions, int seed)
    {
        _seed = seed;
        _step = 0;
        using var scope = NewDisposeScope();
        using var chance = Chance(0);
        _mood.Dispose();
        _active.Dispose();
        _mood = ((rand([sessions], generator: chance) * 2) - 1).DetachFromDisposeScope();
        _active = ones(sessions).DetachFromDisposeScope();
        var observation = Observe();
        Move(observation);
        return observation;
    }

    public Outcome Advance(Tensor action)
    {
        using var scope = NewDisposeScope();
        var shown = action.topk(listSize, -1).Item2;
        var worth = Worth().gather(1, shown);
        using var chance = Chance((2 * _step) + 1);
        var click = rand([_mood.shape[0], candidates], generator: chance).gather(1, shown).lt(worth).to(ScalarType.Float32);
        var leaves = rand([_mood.shape[0]], generator: chance).lt((1 - worth.mean([1])) * 0.5).to(ScalarType.Float32);
        var active = _active.clone().unsqueeze(-1).unsqueeze(-1);
        var items = stack([worth, click], -1) * active;
        _step++;
        var ended = _step >= Shape.MaximumSteps ? _active.clone() : _active * leaves;
        _active.sub_(ended);
        var outcome = new Outcome(Observe(), items.sum(1L), ended)
        {
            Shown = shown,
            ItemRewards = items,
            Responses = stack([click, worth * 30], -1) * active,
        };
        Move(outcome.Next);
        foreach (var tensor in new[] { outcome.Rewards, outcome.Ended, outcome.Shown, outcome.ItemRewards, outcome.Responses })
            tensor.MoveToOuterDisposeScope();
        return outcome;
    }

    public void Dispose()
    {
        _mood.Dispose();
        _active.Dispose();
        _qualities.Dispose();
    }

    private static Tensor Weight(Tensor mood) => (mood * 6).sigmoid();

    private Tensor Worth()
    {
        var weight = Weight(_mood).unsqueeze(1);
        return (weight * _qualities.select(2, 0)) + ((1 - weight) * _qualities.select(2, 1));
    }

    private Observation Observe()
    {
        using var chance = Chance((2 * _step) + 2);
        _qualities.Dispose();
        _qualities = rand([_mood.shape[0], candidates, 2], generator: chance).DetachFromDisposeScope();
        var kind = rand([_mood.shape[0], candidates], generator: chance).lt(0.5).to(ScalarType.Float32);
        var scores = stack([((_qualities.select(2, 0) + (kind * Bias)) / (1 + Bias)), _qualities.select(2, 1) / (1 + Bias)], -1);
        var noise = randn([_mood.shape[0], candidates], generator: chance);
        var depth = full_like(_mood, _step / (float)Shape.MaximumSteps);
        return new Observation(stack([_mood, depth, ones_like(_mood)], -1), _active.clone(), scores, stack([(kind * 2) - 1, noise], -1));
    }

    private Generator Chance(int part) => new(unchecked((ulong)((_seed * 1000L) + part)));

    private static void Move(Observation observation)
    {
        foreach (var tensor in new[] { observation.State, observation.Active, observation.TaskScores!, observation.Candidates! })
            tensor.MoveToOuterDisposeScope();
    }

    private sealed class Known(bool perCandidate) : IActionPolicy
    {
        public string Algorithm => "known";

        public FusionActions Actions => MoodyUsers.Actions;

        public bool PerCandidate => perCandidate;

        public Tensor Act(Observation observation)
        {
            var weight = Weight(observation.State.select(1, 0)).unsqueeze(1);
            if (!perCandidate)
                return (stack([weight, 1 - weight], -1) * 2) - 1;
            var raised = (observation.Candidates!.select(2, 0) + 1) / 2 * Bias;
            var score = observation.TaskScores!.select(2, 0) * (1 + Bias);
            var first = weight * (score - raised) / score.clamp_min(1e-6);
            return (stack([first, (1 - weight).expand_as(first)], -1) * 2) - 1;
        }

        public Tensor Score(Observation observation) => Actions.Fuse(Act(observation), observation.TaskScores!);

        public void Dispose()
        {
        }
    }
}
