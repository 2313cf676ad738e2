using System.Globalization;
using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Algorithms.CrossEntropy;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MentalReward.Choices;
using MTRec.Learning.Algorithms.Ppo;
using MTRec.Learning.Algorithms.Sac;
using MTRec.Learning.Environments;
using MTRec.Learning.Fitting;
using MTRec.Simulation.VirtualTaobao;
using static TorchSharp.torch;

namespace MTRec.Trainer.Reproduction;

/// <summary>
/// Guidance of online learners on Virtual Taobao: eCTR of PPO and SAC with r_env and with r_env + 0.2 r_mental (MTRec, arXiv 2509.22807), beside
/// random actions, the zero action and the best constant action.
/// </summary>
/// <remarks>
/// r_env is the clicks on a page. r_mental (ours, where the paper is silent): the user is the agent, a state is (user, page, action shown), a
/// page with a click is a positive response; QR-IQL learns on sessions that an unshaped PPO showed while it trained, with other seeds than those
/// compared, and r_mental is the expectation of r(s, positive), which does not ask what follows.
/// </remarks>
/// <param name="options">Data, seeds and budget.</param>
/// <param name="progress">Told of every iteration.</param>
/// <param name="cancellation">Ends the comparison between two iterations.</param>
internal sealed class TaobaoComparison(ReproductionOptions options, IProgress<FitProgress> progress, CancellationToken cancellation)
{
    /// <summary>The folder of the data that holds the weights.</summary>
    public const string Folder = "virtual-taobao";

    private const double MentalWeight = 0.2;
    private const int LoggedSessions = 64;

    // Seeds of sessions that no learner plays, and of learners whose sessions are only logged.
    private const int TestUsers = 1_900_000_000;
    private const int LoggedUsers = 1_800_000_000;
    private const int LoggersSeed = 1_000;

    private readonly PpoOptions _ppo = new() { BatchSize = 256 };
    private readonly SacOptions _sac = new() { Width = 128, LearningRate = 1e-3, InitialTemperature = 0.1, UpdatesPerStep = 0.25, Replay = 100_000 };
    private readonly int _seeds = Math.Min(options.Seeds, 3);

    /// <summary>How much is played; by default what the options' budget allows.</summary>
    public TaobaoBudget Budget { get; init; } = options.Full ? new TaobaoBudget(100_000, 8_000, 30, 2_000) : new TaobaoBudget(30_000, 3_000, 30, 500);

    /// <summary>The figures: one row a way to act; eCTR with a 95 % interval over seeds.</summary>
    /// <exception cref="Core.Safetensors.SafetensorsException">The weights are not those of Virtual Taobao.</exception>
    public ReportTable Run()
    {
        using var environment = new VirtualTaobaoEnvironment(options.Folder(Folder));
        var mental = Enumerable.Range(1, _seeds).Select(seed => MentalReward(environment, seed)).ToArray();
        var rows = new List<(string Label, Func<int, double> Of)>
        {
            ("random actions", seed => Uniform(environment, seed)),
            ("zero action", seed => Ectr(environment, state => zeros(state.shape[0], VirtualTaobaoEnvironment.ActionWidth), seed)),
            ("best constant action (CEM)", seed => BestConstant(environment, seed)),
            ("PPO", seed => Ppo(environment, Clicks, seed)),
            ("PPO + mental reward", seed => Ppo(environment, Guided(mental[seed - 1]), seed)),
            ("SAC", seed => Sac(environment, Clicks, seed)),
            ("SAC + mental reward", seed => Sac(environment, Guided(mental[seed - 1]), seed)),
        };
        var reported = new List<ReportRow>();
        for (var row = 0; row < rows.Count; row++)
        {
            var bySeed = new double[_seeds];
            for (var seed = 1; seed <= _seeds; seed++)
            {
                cancellation.ThrowIfCancellationRequested();
                bySeed[seed - 1] = rows[row].Of(seed);
                progress.Report(new FitProgress(
                    "Virtual Taobao",
                    ((row * _seeds) + seed) / (double)(rows.Count * _seeds),
                    string.Create(CultureInfo.InvariantCulture, $"{rows[row].Label}: eCTR {bySeed[seed - 1]:F3}")));
            }

            reported.Add(new ReportRow(rows[row].Label, [ReportCell.OverSeeds(bySeed)]));
        }

        foreach (var network in mental)
            network.Dispose();
        return new ReportTable("virtual-taobao", "Virtual Taobao: clicks over items shown", "actions by", ["eCTR"], reported);
    }

    private static Tensor Clicks(Tensor state, Tensor action, Outcome outcome) => outcome.Rewards.sum(1);

    private static double Ectr(VirtualTaobaoEnvironment environment, Func<Tensor, Tensor> policy, int users, int sessions, int pages)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        double clicks = 0, shown = 0;
        var now = environment.Reset(sessions, users);
        for (var page = 0; page < pages && now.Active.sum().item<float>() is > 0 and var active; page++)
        {
            using var step = NewDisposeScope();
            shown += active;
            var outcome = environment.Advance(policy(now.State));
            clicks += outcome.Rewards.sum().item<float>();
            now = outcome.Next;
            step.MoveToOuter(now.State, now.Active);
        }

        return VirtualTaobaoEnvironment.Ectr(clicks, shown);
    }

    private double Uniform(VirtualTaobaoEnvironment environment, int seed)
    {
        manual_seed(seed);
        return Ectr(environment, state => (rand(state.shape[0], VirtualTaobaoEnvironment.ActionWidth) * 2) - 1, seed);
    }

    private double Ectr(VirtualTaobaoEnvironment environment, Func<Tensor, Tensor> policy, int seed) =>
        Ectr(environment, policy, TestUsers + seed, Budget.TestSessions, VirtualTaobaoEnvironment.MaximumPages);

    // What an action does depends on the page little: three pages judge a candidate.
    private double BestConstant(VirtualTaobaoEnvironment environment, int seed)
    {
        var options = new CrossEntropyOptions { Rounds = Budget.SearchRounds, Population = 128, EliteShare = 0.1, ExtraDeviation = 0.1 };
        var best = new CrossEntropy(options).Search(
            VirtualTaobaoEnvironment.ActionWidth, start: null, users => action => Ectr(environment, Constant(action), users, sessions: 100, pages: 3), seed, cancellation);
        return Ectr(environment, Constant(best), seed);
    }

    private static Func<Tensor, Tensor> Constant(float[] action) => state => tensor(action).expand(state.shape[0], action.Length);

    private double Ppo(VirtualTaobaoEnvironment environment, StepReward reward, int seed)
    {
        using var learner = new Ppo(_ppo, environment, reward, seed);
        for (var played = 0L; played < Budget.PpoSteps; played += learner.Iterate())
            cancellation.ThrowIfCancellationRequested();
        return Ectr(environment, learner.Policy.call, seed);
    }

    private double Sac(VirtualTaobaoEnvironment environment, StepReward reward, int seed)
    {
        using var learner = new Sac(_sac, environment, reward, seed);
        for (var played = 0L; played < Budget.SacSteps; played += learner.Iterate())
            cancellation.ThrowIfCancellationRequested();
        return Ectr(environment, learner.Policy.call, seed);
    }

    // r(s, positive) of (state, action).
    private nn.Module<Tensor, Tensor> MentalReward(VirtualTaobaoEnvironment environment, int seed)
    {
        using var log = Log(environment, seed);
        var iql = new ChoiceIql(new QrIqlOptions(), new ChoiceFit { Steps = 1_000, LearningRate = 2e-3 }, seed);
        using var model = iql.Fit(log);
        return iql.Regress(model, log, response: 1);
    }

    private static StepReward Guided(nn.Module<Tensor, Tensor> mental) => (state, action, outcome) =>
        Clicks(state, action, outcome) + (MentalWeight * mental.call(Shown(state, action)).squeeze(-1));

    private static Tensor Shown(Tensor state, Tensor action) => cat([state, action.clamp(-1, 1)], 1);

    private ChoiceLog Log(VirtualTaobaoEnvironment environment, int seed)
    {
        using var learner = new Ppo(_ppo, environment, Clicks, LoggersSeed + seed);
        using var scope = NewDisposeScope();
        var states = new List<Tensor>();
        var positive = new List<Tensor>();
        var next = new List<long>();
        var iteration = 0;
        for (var played = 0L; played < Budget.PpoSteps; played += learner.Iterate(), iteration++)
        {
            cancellation.ThrowIfCancellationRequested();
            Show(environment, learner.Policy, LoggedUsers + (seed * 1_000) + iteration, states, positive, next);
        }

        return new ChoiceLog
        {
            State = cat(states).MoveToOuterDisposeScope(),
            Action = cat(positive).MoveToOuterDisposeScope(),
            Next = tensor(next.ToArray()).MoveToOuterDisposeScope(),
            Hidden = new Dictionary<string, float[]>(),
        };
    }

    // Adds sessions, one after the other.
    private static void Show(VirtualTaobaoEnvironment environment, PpoPolicy policy, int users, List<Tensor> states, List<Tensor> positive, List<long> next)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var shown = new List<Tensor>();
        var clicked = new List<Tensor>();
        var active = new List<Tensor>();
        var now = environment.Reset(LoggedSessions, users);
        while (now.Active.sum().item<float>() > 0)
        {
            var action = policy.Draw(now.State);
            var outcome = environment.Advance(action);
            shown.Add(Shown(now.State, action));
            clicked.Add(outcome.Rewards.sum(1).gt(0).to_type(ScalarType.Int64));
            active.Add(now.Active);
            now = outcome.Next;
        }

        var rows = stack(active, 1).reshape(-1).nonzero().squeeze(-1);
        var places = rows.data<long>().ToArray();
        var before = next.Count;
        for (var i = 0; i < places.Length; i++)
            next.Add(i + 1 < places.Length && places[i + 1] / shown.Count == places[i] / shown.Count ? before + i + 1 : -1);
        states.Add(stack(shown, 1).flatten(0, 1).index_select(0, rows).MoveToOuterDisposeScope());
        positive.Add(stack(clicked, 1).reshape(-1).index_select(0, rows).MoveToOuterDisposeScope());
    }
}

/// <summary>How much a comparison on Virtual Taobao plays, for each seed.</summary>
/// <param name="PpoSteps">Steps that PPO learns from, in sessions of about eight; as many are logged around.</param>
/// <param name="SacSteps">Steps that SAC learns from.</param>
/// <param name="SearchRounds">Rounds of the search for the best constant action.</param>
/// <param name="TestSessions">Sessions that a policy is judged on.</param>
internal sealed record TaobaoBudget(long PpoSteps, long SacSteps, int SearchRounds, int TestSessions);
